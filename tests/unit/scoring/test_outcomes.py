"""Outcomes: what came of a case, told under three keys, the same whatever is repeated."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.streams.outcomes import OutcomeProcessor, shape
from shared.contracts.complaints import cases
from shared.contracts.envelope import read_data
from shared.contracts.scoring.outcomes import CaseOutcome
from tests.support.case_events import FILED, CaseTale
from tests.support.streams import Bench

_LATEST, _BY_ACCOUNT, _BY_MERCHANT = shape().outputs


def _bench() -> Bench:
    return Bench(lambda: OutcomeProcessor(shape()))


def _outcome(tale: CaseTale) -> CaseOutcome:
    bench = _bench()
    bench.feed(tale.records)
    return read_data(bench.latest(_LATEST)[tale.case_id], CaseOutcome)


def test_an_upheld_case_says_when_it_was_decided_and_taken_down() -> None:
    outcome = _outcome(CaseTale().upheld().down().served().closed())

    assert outcome.case_sequence == 5
    assert (outcome.first_decision, outcome.decided_at) == ("upheld", FILED + timedelta(hours=1))
    assert outcome.taken_down_at == FILED + timedelta(hours=2)
    assert (outcome.state, outcome.ended_at) == ("closed", FILED + timedelta(hours=4))
    assert (outcome.countered, outcome.counter_success, outcome.withdrawn) == (False, False, False)
    assert (outcome.merchant_id, outcome.points_stand) == ("m-17", True)


@pytest.mark.parametrize(
    ("tale", "counter_success", "points_stand"),
    [
        (CaseTale().upheld().down().countered().accepted("by_owner"), True, False),
        (CaseTale().upheld().down().countered().accepted("deemed_by_silence"), True, False),
        (CaseTale().upheld().down().countered().accepted("by_withdrawal"), True, False),
        (CaseTale().upheld().down().countered().disputed("overturned"), True, False),
        (CaseTale().upheld().down().countered().disputed("upheld"), False, True),
        # An operator decides about the points of an uncountered withdrawal; a lost counter is a counter all the same.
        (CaseTale().upheld().down().withdrawn(after_takedown=True).due_back(), False, True),
        (CaseTale().upheld().down().countered().disputed("upheld").withdrawn(after_takedown=True), False, False),
        # Reinstatement at the platform's discretion returns points and is no counter-success.
        (CaseTale().upheld().down().ordered_back(), False, False),
        (CaseTale().upheld(), False, False),
        (CaseTale().rejected(), False, False),
    ],
)
def test_counter_success_and_points(tale: CaseTale, counter_success: bool, points_stand: bool) -> None:
    outcome = _outcome(tale)

    assert (outcome.counter_success, outcome.points_stand) == (counter_success, points_stand)


def test_withdrawn_undecided_is_filed_and_not_decided() -> None:
    outcome = _outcome(CaseTale().withdrawn(after_takedown=False))

    assert (outcome.first_decision, outcome.withdrawn, outcome.state) == (None, True, "withdrawn")


def test_a_lapsed_supplement_is_a_decision_against_the_complaint() -> None:
    tale = CaseTale().tell(cases.SupplementRequested, "awaiting_supplement", missing=("photo",))

    assert _outcome(tale.rejected("supplement_lapsed")).first_decision == "rejected"


def test_the_first_decision_stays_when_the_platform_decides_otherwise_later() -> None:
    outcome = _outcome(CaseTale().upheld().down().countered().disputed("overturned"))

    assert outcome.first_decision == "upheld"


def test_an_answer_in_time_undoes_a_lapsed_supplement() -> None:
    tale = CaseTale().tell(cases.SupplementRequested, "awaiting_supplement", missing=("photo",))
    tale.rejected("supplement_lapsed").tell(cases.SupplementReceived, "under_review")

    outcome = _outcome(tale)
    assert (outcome.first_decision, outcome.decided_at, outcome.ended_at) == (None, None, None)
    assert _outcome(tale.upheld()).first_decision == "upheld"


@pytest.mark.parametrize(("determination", "won"), [("upheld", False), ("overturned", True)])
def test_a_rejection_in_time_undoes_a_deemed_acceptance(determination: str, won: bool) -> None:
    tale = CaseTale().upheld().down().countered().accepted("deemed_by_silence").due_back()

    outcome = _outcome(tale.disputed(determination))

    assert (outcome.counter_success, outcome.points_stand, outcome.reinstatement_due) == (won, not won, False)


def test_it_is_told_by_case_by_account_and_once_known_by_merchant() -> None:
    bench = _bench()
    tale = CaseTale().upheld().down()

    per_event = [[(send.topic, send.key) for send in bench.feed([one])] for one in tale.records]

    known = [(_LATEST, tale.case_id), (_BY_ACCOUNT, "acc-intl-1")]
    assert per_event == [known, known, [*known, (_BY_MERCHANT, "tao:m-17")]]


@pytest.mark.parametrize(("platform", "key"), [("tmall", "tao:m-17"), ("lazada", "lazada:m-17"), ("1688", "1688:m-17")])
def test_merchants_of_the_tao_marketplaces_are_told_under_one_key(platform: str, key: str) -> None:
    bench = _bench()
    bench.feed(CaseTale(platform=platform).upheld().down().records)

    assert list(bench.latest(_BY_MERCHANT)) == [key]


def test_an_event_that_changes_nothing_about_the_outcome_is_not_told() -> None:
    bench = _bench()
    tale = CaseTale().upheld().down()
    bench.feed(tale.records)

    assert bench.feed(tale.served().records[-1:]) == []


def test_what_was_lost_between_table_and_send_is_told_when_the_record_comes_again() -> None:
    bench = _bench()
    tale = CaseTale().upheld().down()
    bench.feed(tale.records[:2])
    bench.feed(tale.records[2:], lost=True)
    bench.crash()

    bench.feed(tale.records[2:])

    assert read_data(bench.latest(_LATEST)[tale.case_id], CaseOutcome).taken_down_at is not None
    assert list(bench.latest(_BY_MERCHANT)) == ["tao:m-17"]


@given(st.data())
def test_crashes_and_repeats_lead_to_the_same_outcome(data: st.DataObject) -> None:
    tale = CaseTale().upheld().down().served().countered().disputed("overturned").due_back()
    expected = _outcome(tale)
    bench = _bench()
    done = 0
    while done < len(tale.records):
        upto = data.draw(st.integers(done + 1, len(tale.records)))
        back = data.draw(st.integers(0, done))
        bench.feed(tale.records[back:upto], lost=(lost := data.draw(st.booleans())))
        if lost:
            bench.crash()
            bench.feed(tale.records[back:upto])
        done = upto

    assert read_data(bench.latest(_LATEST)[tale.case_id], CaseOutcome) == expected
