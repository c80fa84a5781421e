"""What leaves the case: contract events, with all current deadlines and without references into the vault."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from services.complaints.cases import model as m
from services.complaints.cases.publishing import publish, published
from services.complaints.cases.state_table.situations import cases
from shared.contracts.complaints import cases as contract
from tests.support.case_story import (
    BEFORE_2026,
    CASE_ID,
    FILE,
    FIRST,
    OPERATOR,
    OWNER,
    RULES,
    SECOND,
    Story,
    accept,
    counter,
    dispute,
    lapse,
    shanghai,
    supplement,
    supplement_served,
)


def _told() -> list[tuple[m.Case, m.Event]]:
    """Events of every kind, each with the case after it."""
    stories = (_countered_twice(), _supplemented(), _withdrawn(), _closed(), _undated(), _accepted())
    told: list[tuple[m.Case, m.Event]] = []
    for story in stories:
        case: m.Case | None = None
        for event in story.told:
            case = m.evolve(case, event)
            told.append((case, event))
    return told


def _countered_twice() -> Story:
    story = Story(now="2026-03-02 09:00").taken_down(served="2026-03-02 10:00")
    story.countered("2026-03-03 10:00", served="2026-03-03 10:05")
    story.then(dispute("2026-03-03 11:00"), at="2026-03-03 11:00")
    story.then(m.DecideDispute(by=SECOND, determination="overturned"))
    return story.steps((m.RecordReinstatementDue(held_by_others=True), m.RecordReinstated()))


def _supplemented() -> Story:
    story = Story(now="2026-03-02 09:00")
    story.steps((FILE, m.BeginReview(by=FIRST), m.RequestSupplement(by=FIRST, missing=("photo",))))
    story.then(supplement_served("2026-03-02 09:00"))
    story.then(supplement("2026-03-02 09:00"))
    story.then(m.Reject(by=FIRST, reason_code="malicious"))
    return story


def _withdrawn() -> Story:
    return Story().taken_down().steps((m.Withdraw(by=OWNER, reason="settled"),))


def _closed() -> Story:
    story = Story(now="2026-03-02 09:00").taken_down(served="2026-03-02 10:00")
    story.then(lapse("counter-notification:1"), at="2026-03-06 00:01:01")
    story.then(m.Reinstate(by=OPERATOR, reason="public-interest"))
    return story


def _undated() -> Story:
    story = Story(rules=replace(RULES, calendar=BEFORE_2026), now="2025-12-30 10:00").taken_down(
        served="2025-12-30 14:00"
    )
    story.rules = RULES
    story.then(m.AmendDeadline(), at="2026-01-09 10:00")
    return story


def _accepted() -> Story:
    return Story().taken_down().steps((counter("2026-02-13 10:00"), accept("2026-02-13 10:00")))


def test_every_kind_of_event_is_published_as_its_contract() -> None:
    told = _told()
    assert {type(event) for _, event in told} == set(m.EVENTS)
    for case, event in told:
        (record,) = publish(case, event, 1)
        assert (record.topic, record.key) == ("complaints.cases.v1", CASE_ID)
        assert type(record.data).__name__ == type(event).__name__
        assert isinstance(record.data, contract.CaseEvent)
        assert record.data.state == case.state
        assert record.data.reason == "counterfeit", "the complaint's reason, also in a withdrawal"
        assert "vault-" not in record.data.model_dump_json()


def test_every_contract_event_has_its_domain_event() -> None:
    assert {event.__name__ for event in contract.EVENTS} == {event.__name__ for event in m.EVENTS}


def test_the_served_notice_carries_the_deadline_and_the_next_step_clears_it() -> None:
    story = Story().taken_down(served="2026-02-13 14:00")
    served = published(story.known, story.told[-1])
    (deadline,) = served.deadlines
    assert deadline.id == "counter-notification:1"
    assert deadline.kind == "counter-notification"
    assert deadline.due == shanghai("2026-02-26 00:00")
    assert len(deadline.skipped) == 9, "15 to 23 February"
    story.then(counter("2026-02-14 09:00"), at="2026-02-14 09:00")
    assert published(story.known, story.told[-1]).deadlines == ()


def test_an_undated_deadline_travels_without_a_date() -> None:
    story = _undated()
    case = m.evolve(None, story.told[0])
    for event in story.told[1:-1]:
        case = m.evolve(case, event)
    (deadline,) = published(case, story.told[-2]).deadlines
    assert (deadline.due, deadline.business_days) == (None, 3)


def test_holding_says_whether_the_listing_is_wanted_down() -> None:
    story = _countered_twice()
    holding = {}
    case: m.Case | None = None
    for event in story.told:
        case = m.evolve(case, event)
        holding[type(event).__name__] = published(case, event).holds_listing
    assert not holding["ReviewBegun"]
    assert holding["ComplaintUpheld"]
    assert holding["DisputeOpened"]
    assert not holding["DisputeDecided"]


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.state)
def test_a_case_survives_the_store(case: m.Case) -> None:
    adapter = TypeAdapter(m.Case)
    assert adapter.validate_json(adapter.dump_json(case)) == case


def test_every_event_survives_the_store() -> None:
    for _, event in _told():
        adapter: TypeAdapter[m.Event] = TypeAdapter(type(event))
        assert adapter.validate_json(adapter.dump_json(event)) == event
