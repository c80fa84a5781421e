"""Disputes, further attempts, withdrawal, and what becomes of the listing."""

from dataclasses import replace

import pytest

from services.complaints.cases import model as m
from tests.support.case_story import (
    FILE,
    FIRST,
    MERCHANT,
    OPERATOR,
    OWNER,
    RULES,
    SECOND,
    Story,
    accept,
    counter,
    counter_served,
    dispute,
    lapse,
    shanghai,
    takedown_served,
)

WITHDRAW = m.Withdraw(by=OWNER, reason="settled")
LOST = m.DecideDispute(by=SECOND, determination="upheld")
WON = m.DecideDispute(by=SECOND, determination="overturned")
TWO = replace(RULES, attempts=2)


def disputed(rules: m.Rules = RULES) -> Story:
    """Served on Monday, 2 March 2026, countered and disputed on the 3rd."""
    story = Story(rules=rules, now="2026-03-02 09:00").taken_down(served="2026-03-02 10:00")
    story.countered("2026-03-03 10:00", served="2026-03-03 10:05")
    story.then(dispute("2026-03-03 11:00"), at="2026-03-03 11:00")
    return story


def test_who_decided_first_does_not_decide_the_dispute() -> None:
    story = disputed()
    assert story.refused(m.DecideDispute(by=FIRST, determination="upheld")) == "decided-first-by-same-reviewer"


def test_a_dispute_overturned_ends_the_case_and_lets_the_listing_go() -> None:
    story = disputed()
    story.then(WON)
    assert (story.state, story.known.ended_because, story.known.holds) == ("final", "overturned", False)
    story.then(m.RecordReinstatementDue(held_by_others=False))
    story.then(m.RecordReinstated())
    assert story.known.reinstatement == "done"
    assert story.refused(WITHDRAW) == "no-removal-stands"


def test_a_lost_dispute_without_a_further_attempt_is_final_at_once() -> None:
    story = disputed()
    (decided,) = story.then(LOST)
    assert isinstance(decided, m.DisputeDecided)
    assert decided.further_attempt is None
    assert (story.state, story.known.ended_because, story.known.holds) == ("final", "upheld", True)
    assert story.refused(counter("2026-03-03 12:00")) == "finally-decided"


def test_a_lost_dispute_with_an_attempt_left_waits_for_it_three_business_days_from_the_decision() -> None:
    story = disputed(TWO)
    story.then(LOST, at="2026-03-06 10:00")  # a Friday: 9, 10 and 11 March
    assert story.state == "taken_down"
    assert [deadline.id for deadline in story.known.deadlines] == ["counter-notification:2"]
    assert story.due == shanghai("2026-03-12 00:00")


def test_the_further_attempt_may_use_the_first_window_where_that_is_longer() -> None:
    story = Story(rules=replace(TWO, counter_days=15), now="2026-03-02 09:00").taken_down(served="2026-03-02 10:00")
    story.countered("2026-03-03 10:00").then(dispute("2026-03-03 11:00"), at="2026-03-03 11:00")
    story.then(LOST, at="2026-03-04 10:00")
    # 15 business days after 2 March end with Monday, 23 March; three after the decision with the 9th.
    assert story.due == shanghai("2026-03-24 00:00")
    assert story.known.deadlines[0].id == "counter-notification:2"


def test_silence_after_a_lost_dispute_closes_the_case_and_a_late_receipt_in_time_reopens_it() -> None:
    story = disputed(TWO)
    story.then(LOST, at="2026-03-06 10:00")
    (closed,) = story.then(lapse("counter-notification:2"), at="2026-03-12 00:01:01")
    assert isinstance(closed, m.CaseClosed)
    assert closed.why == "last_attempt_lost"
    story.then(counter("2026-03-11 23:00"), at="2026-03-12 08:00")
    assert (story.state, story.known.attempts) == ("countered", 2)


def test_the_second_attempt_has_its_own_clock_and_its_loss_is_final() -> None:
    story = disputed(TWO)
    story.then(LOST, at="2026-03-06 10:00")
    story.then(counter("2026-03-09 09:00"), at="2026-03-09 09:00")
    assert story.refused(counter("2026-03-09 10:00"), at="2026-03-09 10:00") == "counter-pending"
    assert story.refused(counter_served("2026-03-03 10:05"), obsolete=True) == "service-superseded"
    story.then(counter_served("2026-03-09 10:30"), at="2026-03-09 10:30")
    assert story.known.deadlines[0].id == "owner-response:2"
    assert story.refused(lapse("owner-response:1"), at="2026-04-09 10:00", obsolete=True) == "deadline-not-current"
    story.then(dispute("2026-03-10 09:00"), at="2026-04-09 10:01")
    story.then(LOST)
    assert story.state == "final"


def test_a_notice_of_the_removal_that_is_served_after_a_lost_dispute_starts_no_clock() -> None:
    story = Story(rules=TWO).taken_down()
    story.then(counter("2026-02-13 10:00"))
    story.then(dispute("2026-02-13 10:00"))
    story.then(LOST)
    assert story.refused(takedown_served("2026-02-13 10:00"), obsolete=True) == "service-superseded"


def test_the_owner_accepts() -> None:
    story = Story().taken_down(served="2026-03-02 10:00").countered("2026-03-03 10:00", served="2026-03-03 10:05")
    story.then(accept("2026-03-03 11:00"))
    assert (story.state, story.known.ended_because, story.known.holds) == ("accepted", "by_owner", False)
    assert story.refused(dispute("2026-03-03 11:30")) == "counter-already-accepted"


def test_withdrawing_a_countered_complaint_accepts_the_counter_notification() -> None:
    for story in (Story().taken_down().countered("2026-03-03 10:00"), disputed()):
        (accepted,) = story.then(WITHDRAW)
        assert isinstance(accepted, m.CounterAccepted)
        assert (accepted.how, accepted.reason) == ("by_withdrawal", "settled")
        assert (story.state, story.known.holds) == ("accepted", False)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_withdrawal_before_the_removal(steps: int) -> None:
    story = Story().steps((FILE, m.BeginReview(by=FIRST), m.Uphold(by=FIRST))[: steps + 1])
    (withdrawn,) = story.then(WITHDRAW)
    assert isinstance(withdrawn, m.ComplaintWithdrawn)
    assert not withdrawn.after_takedown
    assert story.known.uniqueness_key is None


def test_a_removal_acknowledged_after_the_withdrawal_is_passed_over() -> None:
    story = Story().upheld()
    story.then(WITHDRAW)
    assert story.refused(m.RecordTakedown(merchant_id=MERCHANT), obsolete=True) == "case-withdrawn"
    story.then(m.RecordReinstatementDue(held_by_others=False))
    assert story.known.reinstatement == "due"


@pytest.mark.parametrize("end", ["closed", "final"])
def test_withdrawal_while_a_removal_stands(end: str) -> None:
    if end == "closed":
        story = Story().taken_down(served="2026-03-02 10:00")
        story.then(lapse("counter-notification:1"), at="2026-03-06 00:01:01")
    else:
        story = disputed()
        story.then(LOST)
    (withdrawn,) = story.then(WITHDRAW)
    assert isinstance(withdrawn, m.ComplaintWithdrawn)
    assert withdrawn.after_takedown
    assert (story.state, story.known.holds) == ("withdrawn", False)


def test_withdrawal_with_an_unknown_reason_or_a_text_is_refused() -> None:
    story = Story().upheld()
    assert story.refused(m.Withdraw(by=OWNER, reason="we settled with Mr Li")) == "reason-unknown"


def test_a_discretionary_reinstatement_lets_the_listing_go_and_no_later_step_takes_it_down_again() -> None:
    story = Story().taken_down(served="2026-03-02 10:00")
    story.then(m.Reinstate(by=OPERATOR, reason="public-interest"), at="2026-03-02 11:00")
    assert (story.state, story.known.holds) == ("taken_down", False)
    story.countered("2026-03-03 10:00", served="2026-03-03 10:05")
    story.then(lapse("owner-response:1"), at="2026-03-07 10:00")
    story.then(dispute("2026-03-06 10:00"))
    assert (story.state, story.known.holds) == ("disputed", False)
    story.then(LOST)
    assert (story.state, story.known.holds, story.known.uniqueness_key) == ("final", False, None)


def test_reasons_and_missing_things_are_codes() -> None:
    story = Story().steps((FILE, m.BeginReview(by=FIRST)))
    assert story.refused(m.RequestSupplement(by=FIRST, missing=("Call me!",))) == "not-a-code"
    assert story.refused(m.RequestSupplement(by=FIRST, missing=())) == "nothing-missing"
    assert story.refused(m.Reject(by=FIRST, reason_code="supplement_lapsed")) == "reason-unknown"
    story = Story().taken_down()
    assert story.refused(m.Reinstate(by=OPERATOR, reason="Mr Li asked")) == "not-a-code"


def test_right_and_listing_are_claimed_while_the_case_is_open_or_holds_the_listing() -> None:
    claim = "trademark|CN|123456|taobao:item:520813250866"
    story = Story().taken_down(served="2026-03-02 10:00")
    assert story.known.uniqueness_key == claim
    story.then(lapse("counter-notification:1"), at="2026-03-06 00:01:01")
    assert story.known.uniqueness_key == claim, "closed, but the removal stands"
    story.then(WITHDRAW)
    assert story.known.uniqueness_key is None


def test_every_event_says_when_who_and_under_which_policy() -> None:
    story = disputed()
    story.then(LOST)
    assert all(event.by and event.policy_version == "2026-01" for event in story.told)
    assert [event.at for event in story.told] == sorted(event.at for event in story.told)
