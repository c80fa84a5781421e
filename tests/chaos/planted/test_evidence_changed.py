"""Sound evidence with one thing changed: what was lost, turned round or edited is told; what only came twice is not."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chaos.checker import Evidence, Mail, check
from tests.chaos.checker.catalogue import of_an_aggregate
from tests.chaos.checker.evidence import ParkedRecord, Seen, Stored
from tests.chaos.planted.looking import look_at
from tests.chaos.planted.people import People
from tests.chaos.planted.scenarios import an_ordinary_week
from tests.chaos.planted.world import World

Entries = list[dict[str, Any]]
FEW = settings(max_examples=20, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """The evidence of an ordinary week."""
    people = People(World(), tmp_path_factory.mktemp("week") / "ledger.jsonl")
    asyncio.run(an_ordinary_week(people))
    evidence = look_at(people.world, people.promises())
    assert check(evidence) == []
    yield evidence


def _broken(evidence: Evidence) -> set[str]:
    return {breach.invariant for breach in check(evidence)}


def _events(evidence: Evidence) -> list[int]:
    """Positions of the records that came from outboxes."""
    return [place for place, record in enumerate(evidence.records) if of_an_aggregate(record.topic)]


@FEW
@given(data=st.data())
def test_a_record_that_is_missing_is_told(sound: Evidence, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(_events(sound)))
    left = [record for place, record in enumerate(sound.records) if place != gone]
    assert "I7" in _broken(replace(sound, records=left))


@FEW
@given(data=st.data())
def test_two_records_of_one_subject_that_changed_places_are_told(sound: Evidence, data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(_events(sound)))
    records = list(sound.records)
    later = [
        place
        for place in range(first + 1, len(records))
        if (records[place].topic, records[place].subject) == (records[first].topic, records[first].subject)
    ]
    if later:
        records[first], records[later[0]] = records[later[0]], records[first]
        assert "I7" in _broken(replace(sound, records=records))


@FEW
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 1.0))
def test_records_that_come_again_are_no_breach(sound: Evidence, seed: int, share: float) -> None:
    """Any of them, in their order, at the end of their partitions: what a producer or a replay may do."""
    chosen = random.Random(seed)
    ends: dict[tuple[str, int], int] = {}
    for record in sound.records:
        ends[record.topic, record.partition] = record.offset + 1
    again = []
    for record in sound.records:
        if chosen.random() < share and not record.topic.endswith(".dlq.v1"):
            place = (record.topic, record.partition)
            again.append(replace(record, offset=ends[place]))
            ends[place] += 1
    commits = {group: {place: ends.get(place, 0) for place in places} for group, places in sound.commits.items()}
    assert check(replace(sound, records=[*sound.records, *again], commits=commits)) == []


def _reversed(entries: Entries) -> Entries:
    return entries[::-1]


def _without_last(entries: Entries) -> Entries:
    return entries[:-1]


def _first_twice(entries: Entries) -> Entries:
    return [entries[0], *entries]


def _other_actor(entries: Entries) -> Entries:
    last = entries[-1]
    return [*entries[:-1], {**last, "cause": {**last["cause"], "actor": "somebody-else"}}]


def _other_instant(entries: Entries) -> Entries:
    return [{**entries[0], "at": "2020-01-01T00:00:00+00:00"}, *entries[1:]]


@pytest.mark.parametrize("change", [_reversed, _without_last, _first_twice, _other_actor, _other_instant])
@FEW
@given(data=st.data())
def test_a_history_that_was_changed_is_told(
    sound: Evidence, change: Callable[[Entries], Entries], data: st.DataObject
) -> None:
    collection = data.draw(st.sampled_from(sorted(sound.documents)))
    document = data.draw(st.sampled_from(sorted(sound.stored(collection))))
    body = sound.stored(collection)[document].body
    changed = change(body["history"])
    if changed != body["history"]:
        assert "I10" in _broken(_with(sound, collection, {**body, "history": changed}))


@FEW
@given(data=st.data())
def test_a_document_that_is_gone_is_told(sound: Evidence, data: st.DataObject) -> None:
    collection = data.draw(st.sampled_from(sorted(sound.documents)))
    document = data.draw(st.sampled_from(sorted(sound.stored(collection))))
    left = {name: stored for name, stored in sound.stored(collection).items() if name != document}
    assert _broken(replace(sound, documents={**sound.documents, collection: left})) >= {"I7", "I10"}


@FEW
@given(data=st.data())
def test_a_case_in_another_state_than_was_told_is_told(sound: Evidence, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(sorted(sound.stored("complaints.cases"))))
    body = sound.stored("complaints.cases")[case].body
    state = data.draw(st.sampled_from(["received", "upheld", "closed", "withdrawn", "final"]))
    if state != body["state"]["state"]:
        changed = _with(sound, "complaints.cases", {**body, "state": {**body["state"], "state": state}})
        assert "I6" in _broken(changed)


@FEW
@given(data=st.data())
def test_a_promise_that_the_stores_do_not_know_is_told(sound: Evidence, data: st.DataObject) -> None:
    kept = [place for place, promise in enumerate(sound.promises) if promise.kept_to]
    place = data.draw(st.sampled_from(kept))
    promises = list(sound.promises)
    nowhere = "IPP-NOWHERE000-001"
    promises.append(replace(promises[place], attempt="x", key="key-x", case_id=nowhere, case_ids=(nowhere,)))
    assert "I1" in _broken(replace(sound, promises=promises))


@FEW
@given(data=st.data())
def test_a_key_that_was_answered_with_other_cases_is_told(sound: Evidence, data: st.DataObject) -> None:
    filed = [promise for promise in sound.promises if promise.kind == "submission" and promise.kept_to]
    first = data.draw(st.sampled_from(filed))
    other = data.draw(st.sampled_from([promise for promise in filed if promise.case_ids != first.case_ids]))
    again = replace(first, attempt="again", case_ids=other.case_ids)
    assert "I2" in _broken(replace(sound, promises=[*sound.promises, again]))


@FEW
@given(data=st.data())
def test_a_listing_that_is_up_or_down_for_nothing_is_told(sound: Evidence, data: st.DataObject) -> None:
    [shelf] = sound.shelves
    listing = data.draw(st.sampled_from(sorted({listing for listing, _ in shelf.commands})))
    turned = replace(shelf, down=shelf.down ^ {listing})
    assert "I4" in _broken(replace(sound, shelves=[turned]))


@FEW
@given(data=st.data())
def test_a_group_that_stands_still_is_told(sound: Evidence, data: st.DataObject) -> None:
    group = data.draw(st.sampled_from(sorted(name for name, places in sound.commits.items() if any(places.values()))))
    place = data.draw(st.sampled_from(sorted(place for place, offset in sound.commits[group].items() if offset)))
    commits = {**sound.commits, group: {**sound.commits[group], place: sound.commits[group][place] - 1}}
    assert "I9" in _broken(replace(sound, commits=commits))


@FEW
@given(data=st.data())
def test_a_history_in_segments_is_one_history(sound: Evidence, data: st.DataObject) -> None:
    """What was moved may still stand in both places; what was edited on the way is told."""
    case = data.draw(st.sampled_from(sorted(sound.stored("complaints.cases"))))
    body = sound.stored("complaints.cases")[case].body
    moved = data.draw(st.integers(1, len(body["history"]) - 1))
    kept_too = data.draw(st.integers(0, moved))
    left = _with(sound, "complaints.cases", {**body, "history": body["history"][moved - kept_too :]})
    segment = {"_id": f"{case}#1", "aggregate": case, "first": 1, "events": body["history"][:moved]}
    assert check(_with(left, "complaints.cases.segments", segment)) == []
    edited = {**segment, "events": _other_instant(segment["events"])}
    assert "I10" in _broken(_with(left, "complaints.cases.segments", edited))
    assert "I10" in _broken(left) or kept_too == moved


def test_a_record_that_waits_behind_nothing_is_told(sound: Evidence) -> None:
    case = next(iter(sound.stored("complaints.cases")))
    behind = ParkedRecord("complaints.holds", "complaints.cases.v1", 0, 3, case, "behind")
    assert "I9" in _broken(replace(sound, parked=[behind]))
    head = replace(behind, offset=2, reason="failed")
    assert check(replace(sound, parked=[head, behind])) == []


def test_a_letter_without_its_notice_is_told(sound: Evidence) -> None:
    letter = Mail("<ntc-00000000000000000000.contact@ipp.example>", "contact")
    assert "I7" in _broken(replace(sound, mails=[*sound.mails, letter]))


@FEW
@given(data=st.data())
def test_what_has_not_come_yet_is_no_breach_of_a_busy_platform(sound: Evidence, data: st.DataObject) -> None:
    """Topics are read before the stores: whatever the topics were at some instant, the stores know it already."""
    cut = data.draw(st.integers(0, len(_history(sound))))
    earlier = _history(sound)[:cut]
    assert check(replace(sound, records=earlier, busy="records came")) == []
    if cut < len(_history(sound)) and any(of_an_aggregate(record.topic) for record in _history(sound)[cut:]):
        assert check(replace(sound, records=earlier)) != []


def _history(evidence: Evidence) -> list[Seen]:
    """All records in an order in which they may have come: by business time, and each partition in its own order."""
    latest: dict[tuple[str, int], Any] = {}
    timed = []
    for place, record in enumerate(evidence.records):
        at = max(record.at, latest.get((record.topic, record.partition), record.at))
        latest[record.topic, record.partition] = at
        timed.append((at, place, record))
    return [record for _, _, record in sorted(timed, key=lambda each: each[:2])]


def _with(evidence: Evidence, collection: str, body: Mapping[str, Any]) -> Evidence:
    stored = Stored.of(body)
    documents = {**evidence.documents, collection: {**evidence.stored(collection), stored.id: stored}}
    return replace(evidence, documents=documents)


OUTCOMES = "complaints.outcomes.v1"


def test_a_topic_that_was_read_and_is_empty_is_told(sound: Evidence) -> None:
    """Nobody computed an outcome, and nobody says how far they came: it is not as if there were nothing to compute."""
    read = replace(sound, looked_at=frozenset(sound.by_topic))
    assert check(read) == []
    left = [record for record in read.records if record.topic != OUTCOMES]
    assert {breach.invariant for breach in check(replace(read, records=left))} == {"I6"}


@pytest.mark.parametrize("key", ["account", "merchant"])
def test_an_outcome_that_is_missing_under_one_of_its_keys_is_told(sound: Evidence, key: str) -> None:
    read = replace(sound, looked_at=frozenset(sound.by_topic))
    topic = f"complaints.outcomes-by-{key}.v1"
    case = read.by_topic[topic][0].subject
    left = [each for each in read.records if (each.topic, each.subject) != (topic, case)]
    assert {(breach.invariant, breach.subject) for breach in check(replace(read, records=left))} == {("I6", case)}


@pytest.mark.parametrize("group", ["complaints.holds", "notifications.cases"])
def test_a_group_that_never_committed_is_told(sound: Evidence, group: str) -> None:
    read = replace(sound, looked_at=frozenset(sound.by_topic))
    commits = {name: ({} if name == group else places) for name, places in read.commits.items()}
    assert "I9" in _broken(replace(read, commits=commits))


def test_a_client_that_is_refused_in_the_end_though_it_was_taken_is_told(sound: Evidence) -> None:
    taken = next(each for each in sound.promises if each.kind == "submission" and each.kept_to)
    others = [each for each in sound.promises if each.key != taken.key]

    def last_word(status: int) -> set[str]:
        return _broken(replace(sound, promises=[*others, replace(taken, status=status, case_ids=(), problem="x")]))

    assert last_word(422) == {"I1"}
    assert last_word(401) == set()
    assert last_word(503) == set()
