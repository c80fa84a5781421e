"""Who answers in time is heard, whatever came first; who answers late has lost, everywhere the same.

Dates by hand: the Spring Festival of 2026 takes 15 to 23 February off; Saturday, 14 February is a working day for it.
Served on Friday, 13 February, three business days are the 14th, 24th and 25th, so the 26th begins too late. A second
period from Friday, 6 March runs over the 9th, 10th and 11th.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.complaints.cases import model as m
from shared.policies.calendars import Undated
from tests.support.case_story import (
    BEFORE_2026,
    FILE,
    FIRST,
    PRC,
    RULES,
    Story,
    accept,
    counter,
    counter_served,
    dispute,
    lapse,
    shanghai,
    supplement,
    supplement_served,
    takedown_served,
)

SERVED = "2026-02-13 14:00"
LAST_MOMENT = "2026-02-25 23:59:59"
TOO_LATE = "2026-02-26 00:00"
AFTER_GRACE = "2026-02-26 00:01:01"
COUNTERED = "2026-02-14 09:00"
OWNER_SERVED = "2026-03-06 09:00"
OWNER_LAST_MOMENT = "2026-03-11 23:59:59"
OWNER_TOO_LATE = "2026-03-12 00:00"
OWNER_AFTER_GRACE = "2026-03-12 00:01:01"


def test_the_merchants_period_starts_with_the_service_and_runs_over_the_festival() -> None:
    story = Story().taken_down(served=SERVED)
    running = story.known.running
    assert running is not None
    assert running.id == "counter-notification:1"
    assert story.due == shanghai("2026-02-26 00:00")
    assert running.policy_version == "2026-01"


def test_a_counter_notification_at_the_last_moment_counts() -> None:
    story = Story().taken_down(served=SERVED)
    story.then(counter(LAST_MOMENT), at=LAST_MOMENT)
    assert story.state == "countered"
    assert story.known.deadlines == ()


def test_a_counter_notification_at_midnight_is_too_late_before_the_expiry_and_after_it() -> None:
    story = Story().taken_down(served=SERVED)
    assert story.refused(counter(TOO_LATE), at=TOO_LATE) == "too-late"
    story.then(lapse("counter-notification:1"), at=AFTER_GRACE)
    assert story.state == "closed"
    assert story.refused(counter(TOO_LATE), at="2026-02-26 08:00") == "too-late"


def test_a_counter_received_in_time_and_handled_after_the_expiry_reopens_the_case() -> None:
    story = Story().taken_down(served=SERVED)
    story.then(lapse("counter-notification:1"), at=AFTER_GRACE)
    assert story.known.ended_because == "merchant_silent"
    story.then(counter(LAST_MOMENT), at="2026-02-26 08:00")
    assert story.state == "countered"
    assert story.known.attempts == 1
    assert story.known.holds, "the listing stays down while the counter-notification is pending"


def test_a_counter_received_in_time_and_handled_late_but_before_the_expiry_counts() -> None:
    story = Story().taken_down(served=SERVED)
    story.then(counter(LAST_MOMENT), at="2026-02-26 00:00:30")
    assert story.refused(lapse("counter-notification:1"), at=AFTER_GRACE, obsolete=True) == "deadline-not-current"


def test_a_counter_before_the_notice_was_served_counts_and_its_late_service_starts_nothing() -> None:
    story = Story().taken_down()
    story.then(counter(COUNTERED), at=COUNTERED)
    assert story.refused(takedown_served(COUNTERED), obsolete=True) == "service-superseded"


@pytest.mark.parametrize("early", ["2026-02-20 00:00", "2026-02-26 00:00", "2026-02-26 00:01:00"])
def test_an_expiry_never_takes_effect_before_the_grace_has_passed(early: str) -> None:
    story = Story().taken_down(served=SERVED)
    assert story.refused(lapse("counter-notification:1"), at=early, obsolete=True) == "deadline-not-due"


def test_an_expiry_takes_effect_once() -> None:
    story = Story().taken_down(served=SERVED)
    (closed,) = story.then(lapse("counter-notification:1"), at=AFTER_GRACE)
    assert closed == m.CaseClosed(
        at=shanghai(AFTER_GRACE),
        by="deadline:counter-notification:1",
        policy_version="2026-01",
        why="merchant_silent",
    )
    assert story.refused(lapse("counter-notification:1"), obsolete=True) == "deadline-not-current"


def test_the_first_channel_that_succeeds_starts_the_owners_clock() -> None:
    story = Story().taken_down(served=SERVED).countered(COUNTERED, served=OWNER_SERVED)
    assert story.known.deadlines[0].id == "owner-response:1"
    assert story.due == shanghai("2026-03-12 00:00")
    assert story.refused(counter_served("2026-03-06 10:00"), obsolete=True) == "already-served"


def test_the_owner_disputes_at_the_last_moment() -> None:
    story = Story().taken_down(served=SERVED).countered(COUNTERED, served=OWNER_SERVED)
    story.then(dispute(OWNER_LAST_MOMENT), at=OWNER_LAST_MOMENT)
    assert story.state == "disputed"


def test_the_owner_who_answers_late_has_lost() -> None:
    story = Story().taken_down(served=SERVED).countered(COUNTERED, served=OWNER_SERVED)
    assert story.refused(dispute(OWNER_TOO_LATE), at=OWNER_TOO_LATE) == "too-late"
    assert story.refused(accept(OWNER_TOO_LATE)) == "too-late"
    (accepted,) = story.then(lapse("owner-response:1"), at=OWNER_AFTER_GRACE)
    assert isinstance(accepted, m.CounterAccepted)
    assert accepted.how == "deemed_by_silence"
    assert (story.state, story.known.holds) == ("accepted", False)
    assert story.refused(dispute(OWNER_TOO_LATE)) == "too-late"


def test_an_owners_answer_in_time_counts_after_silence_was_taken_for_acceptance() -> None:
    story = Story().taken_down(served=SERVED).countered(COUNTERED, served=OWNER_SERVED)
    story.then(lapse("owner-response:1"), at=OWNER_AFTER_GRACE)
    story.then(m.RecordReinstatementDue(held_by_others=False))
    story.then(dispute(OWNER_LAST_MOMENT))
    assert story.state == "disputed"
    assert (story.known.holds, story.known.reinstatement) == (True, "none"), "it comes down again for the dispute"
    story.then(m.DecideDispute(by="staff-2", determination="overturned"))
    story.then(m.RecordReinstatementDue(held_by_others=True))
    assert story.known.reinstatement == "held_by_others"


def test_an_acceptance_in_time_after_the_deemed_one_changes_nothing() -> None:
    story = Story().taken_down(served=SERVED).countered(COUNTERED, served=OWNER_SERVED)
    story.then(lapse("owner-response:1"), at=OWNER_AFTER_GRACE)
    assert story.refused(accept(OWNER_LAST_MOMENT), obsolete=True) == "counter-already-accepted"


def test_a_supplement_has_three_business_days_from_service_and_its_lapse_rejects() -> None:
    story = Story().steps((FILE, m.BeginReview(by=FIRST), m.RequestSupplement(by=FIRST, missing=("photo",))))
    assert story.known.deadlines == (), "no clock before service"
    story.then(supplement_served(SERVED), at=SERVED)
    assert story.due == shanghai("2026-02-26 00:00")
    assert story.refused(supplement(TOO_LATE), at=TOO_LATE) == "too-late"
    (rejected,) = story.then(lapse("supplement:1"), at=AFTER_GRACE)
    assert isinstance(rejected, m.ComplaintRejected)
    assert (rejected.reason_code, rejected.by) == ("supplement_lapsed", "deadline:supplement:1")


def test_a_supplement_received_in_time_counts_after_its_lapse_was_computed() -> None:
    story = Story().steps((FILE, m.BeginReview(by=FIRST), m.RequestSupplement(by=FIRST, missing=("photo",))))
    story.then(supplement_served(SERVED), at=SERVED)
    story.then(lapse("supplement:1"), at=AFTER_GRACE)
    story.then(supplement(LAST_MOMENT))
    assert (story.state, story.known.evidence) == ("under_review", ("vault-1", "vault-4"))


def test_a_second_request_for_a_supplement_has_a_deadline_of_its_own() -> None:
    story = Story().steps((FILE, m.BeginReview(by=FIRST), m.RequestSupplement(by=FIRST, missing=("photo",))))
    story.then(supplement_served(SERVED), at=SERVED)
    story.then(supplement("2026-02-14 09:00"), at="2026-02-14 09:00")
    story.then(m.RequestSupplement(by=FIRST, missing=("certificate",)), at="2026-03-02 09:00")
    assert story.refused(supplement_served(SERVED), obsolete=True) == "service-superseded"
    story.then(supplement_served("2026-03-02 09:05"), at="2026-03-02 09:05")
    assert story.known.deadlines[0].id == "supplement:2"
    assert story.refused(lapse("supplement:1"), at="2026-04-01 09:00", obsolete=True) == "deadline-not-current"


def test_an_undated_deadline_never_expires_and_every_answer_counts() -> None:
    story = Story(rules=replace(RULES, calendar=BEFORE_2026), now="2025-12-30 10:00").taken_down("2025-12-30 14:00")
    assert isinstance(story.known.running, Undated)
    expiry = lapse("counter-notification:1")
    assert story.refused(expiry, at="2026-06-01 10:00", obsolete=True) == "deadline-undated"
    story.then(counter("2026-06-01 10:00"))
    assert story.state == "countered"


def test_a_calendar_that_is_loaded_dates_the_deadline_but_not_before_the_end_of_the_next_business_day() -> None:
    story = Story(rules=replace(RULES, calendar=BEFORE_2026), now="2025-12-30 10:00").taken_down("2025-12-30 14:00")
    story.rules = RULES
    # 31 December, 4 (a Sunday that works) and 5 January would have been the days; told on Friday, 9 January.
    (amended,) = story.then(m.AmendDeadline(), at="2026-01-09 10:00")
    assert isinstance(amended, m.DeadlineAmended)
    assert amended.calendar_before == "2025.1"
    assert story.due == shanghai("2026-01-13 00:00")
    assert story.refused(m.AmendDeadline(), obsolete=True) == "deadline-unchanged"


def test_an_amended_calendar_lengthens_a_running_deadline_and_never_shortens_it() -> None:
    added = replace(PRC, version="2026.2", days_off={**PRC.days_off, shanghai("2026-02-24 12:00").date(): "added"})
    removed = replace(PRC, version="2026.3", days_off={}, working_dates={})
    story = Story().taken_down(served=SERVED)
    story.rules = replace(RULES, calendar=added)
    story.then(m.AmendDeadline())
    assert story.due == shanghai("2026-02-27 00:00")
    story.rules = replace(RULES, calendar=removed)
    assert story.refused(m.AmendDeadline(), obsolete=True) == "deadline-unchanged"
    assert story.due - shanghai("2026-02-26 00:00") == timedelta(days=1)
