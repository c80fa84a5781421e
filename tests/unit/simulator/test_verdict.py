"""The verdict is right where everything is as planned, and names whatever is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from deploy.simulator import evidence as topics
from deploy.simulator.drawing import make_plan
from deploy.simulator.fates import Fate
from deploy.simulator.plan import Case
from deploy.simulator.telling import tell
from deploy.simulator.verdict import Findings, Verdict, judge, told_in_part
from deploy.simulator.world import World
from tests.support.planned_events import case_events, case_id, findings_of, world_of

PLAN = make_plan(11, 210)


def _one(fate: Fate) -> Case:
    return next(case for case in PLAN.cases.values() if case.fate == fate and case.platform == "taobao")


def _judged(change: Callable[[World, Findings], Findings | None]) -> Verdict:
    world, found = world_of(PLAN), findings_of(PLAN)
    return judge(PLAN, world, change(world, found) or found)


def _last(found: Findings, case: Case) -> dict[str, Any]:
    event = found.evidence.of(topics.CASES)[case_id(case)][-1]
    data: dict[str, Any] = event["data"]
    return data


def test_a_run_that_went_as_planned_is_right() -> None:
    verdict = _judged(lambda world, found: None)

    assert verdict.mismatched == []
    assert verdict.lost == []
    assert verdict.right


def test_a_complaint_without_a_number_or_without_events_is_lost() -> None:
    silent, rejected = _one(Fate.SILENT), _one(Fate.REJECTED)

    def change(world: World, found: Findings) -> None:
        del world.case_ids[silent.key]
        found.evidence.streams[topics.CASES].pop(case_id(rejected))

    verdict = _judged(change)

    assert len(verdict.lost) == 2
    assert not verdict.right


@pytest.mark.parametrize(
    ("fate", "field", "value"),
    [
        (Fate.SILENT, "state", "taken_down"),
        (Fate.SILENT, "why", "last_attempt_lost"),
        (Fate.REJECTED, "reason_code", "malicious"),
        (Fate.SILENT, "holds_listing", False),
        (Fate.SILENT, "merchant_id", "m-taobao-999"),
    ],
)
def test_another_end_is_named(fate: Fate, field: str, value: object) -> None:
    case = _one(fate)

    verdict = _judged(lambda world, found: _last(found, case).update({field: value}))

    assert any(case_id(case) in sentence for sentence in verdict.mismatched)


def test_a_deadline_that_is_not_the_one_counted_by_hand_is_named() -> None:
    case = _one(Fate.COUNTER_ACCEPTED)

    def change(world: World, found: Findings) -> None:
        for event in found.evidence.of(topics.CASES)[case_id(case)]:
            for deadline in event["data"]["deadlines"]:
                deadline["due"] = "2026-02-07T16:00:00+00:00"

    assert any("by hand" in sentence for sentence in _judged(change).mismatched)


def test_silence_that_ends_a_case_before_its_deadline_is_named() -> None:
    case = next(case for case in PLAN.cases.values() if case.platform == "lazada" and case.fate == Fate.SILENT)

    def change(world: World, found: Findings) -> None:
        closing: Any = found.evidence.of(topics.CASES)[case_id(case)][-1]
        closing["time"] = "2026-02-05T00:00:00+00:00"

    assert any("though due" in sentence for sentence in _judged(change).mismatched)


def test_a_listing_in_another_place_than_planned_is_named() -> None:
    down, up = _one(Fate.SILENT).listing.id, _one(Fate.DISPUTE_OVERTURNED).listing.id

    verdict = _judged(lambda world, found: replace(found, down=(found.down - {down}) | {up}))

    assert f"{down} is up by its marketplaces, planned down" in verdict.mismatched
    assert f"{up} is down by its marketplaces, planned up" in verdict.mismatched


def test_a_case_that_nobody_filed_a_gap_a_dead_letter_and_a_parked_key_are_named() -> None:
    stranger = next(case_events(PLAN, _one(Fate.SILENT))) | {"subject": "IPP-STRANGER00-001"}

    def change(world: World, found: Findings) -> Findings:
        found.evidence.take(topics.CASES, stranger)
        found.evidence.take(topics.CASES, stranger | {"sequence": "3"})
        found.evidence.dead["complaints.rights.dlq.v1"] = 1
        return replace(found, parked={"complaints parked:complaints.holds": 2})

    said = " / ".join(_judged(change).mismatched)

    assert "nobody filed it" in said
    assert "3 came after 1" in said
    assert "1 dead letters" in said
    assert "2 parked keys" in said


def test_a_takedown_served_twice_or_without_a_link_is_named() -> None:
    case = _one(Fate.SILENT)

    def change(world: World, found: Findings) -> Findings:
        data = {"about": case_id(case), "template": "takedown", "party": "merchant"}
        again = {"subject": "ntc-again", "sequence": "1", "type": "x.notice-served", "time": "", "data": data}
        found.evidence.take(topics.DELIVERIES, again)
        return replace(found, linked=found.linked - {case_id(case)})

    said = " / ".join(_judged(change).mismatched)

    assert "served 2 times" in said
    assert "got no link" in said


def test_a_submission_that_was_not_told_or_told_otherwise_is_named() -> None:
    first, second = PLAN.submissions[:2]

    def change(world: World, found: Findings) -> None:
        told: Any = found.evidence.streams[topics.SUBMISSIONS]
        del told[world.submission_ids[first.key]]
        told[world.submission_ids[second.key]][0]["data"]["refused_rows"] += 1

    named = [sentence for sentence in _judged(change).mismatched if sentence.startswith("submission-")]

    assert len(named) == 2


def test_surprises_of_the_actors_and_missing_refusals_count() -> None:
    def change(world: World, found: Findings) -> None:
        world.surprise("the owner was told no")
        world.refused_rows -= 1

    verdict = _judged(change)

    assert "the owner was told no" in verdict.mismatched
    assert any("rows were refused" in sentence for sentence in verdict.mismatched)


def test_repeats_are_dropped_and_counted() -> None:
    found = findings_of(PLAN)
    case = _one(Fate.SILENT)
    for event in case_events(PLAN, case):
        found.evidence.take(topics.CASES, event)

    assert found.evidence.repeats[topics.CASES] == len(list(case_events(PLAN, case)))
    assert judge(PLAN, world_of(PLAN), found).right


def test_many_differences_are_told_in_part() -> None:
    assert told_in_part(map(str, range(3)), most=2) == ["0", "1", "… and 1 more"]
    assert told_in_part(["a"], most=2) == ["a"]


def test_a_case_is_told_in_sentences_with_its_deadline() -> None:
    told = tell(case_events(PLAN, _one(Fate.COUNTER_UNANSWERED)))

    assert any("the owner's time to respond ends before" in sentence for sentence in told)
    assert told[-2:][0].endswith("to be reinstated.") or told[-1].endswith("The listing is up again.")
    assert any("deemed accepted" in sentence for sentence in told)
