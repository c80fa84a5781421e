"""Load, decide, commit, on the store in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

import pytest

from shared.contracts.envelope import decode
from shared.eventstore import AggregateType, Answer, KeyReused, Receipt, Repository, UniqueConflict
from shared.eventstore.aggregate import Contended
from shared.eventstore.documents import Change, Codec, Head
from shared.eventstore.store import Conflict, Outcome
from shared.kernel.clock import SteppedClock
from shared.kernel.decider import Refusal
from shared.kernel.failures import Transient
from tests.support.jars import CAUSE, NOW, ONE_LABEL, CoinsPut, Jar, JarChange, Made, jar_type, make, put
from tests.support.memory_store import MemoryAggregateStore

JARS = jar_type()
Jars = Repository[Jar, JarChange]


def repository(store: MemoryAggregateStore | None = None, woken: list[str] | None = None) -> Jars:
    store = store or MemoryAggregateStore(JARS.indexes)
    told = woken if woken is not None else []
    return Repository(JARS, store, SteppedClock(NOW), "test", lambda aggregate_id, _: told.append(aggregate_id))


def receipt(key: str = "key-1", body: str = "body") -> Receipt[Jar]:
    return Receipt(key, body, lambda jar: Answer(201, b"%d coins" % jar.coins))


async def test_a_command_is_decided_on_the_present_state() -> None:
    jars = repository()
    await jars.execute("a", put(2), CAUSE)
    done = await jars.execute("a", put(3), CAUSE)

    loaded = await jars.load("a")
    assert loaded is not None
    # Made, 2 and 3 coins: three events, five coins.
    assert (loaded.version, loaded.state.coins) == (3, 5)
    assert (done.version, done.state, done.events, done.repeated) == (3, loaded.state, (CoinsPut(3),), False)
    assert await jars.load("nobody") is None


async def test_a_refusal_changes_nothing() -> None:
    jars = repository()
    await jars.execute("a", make(), CAUSE)

    with pytest.raises(Refusal, match="jar-exists"):
        await jars.execute("a", make(), CAUSE)
    assert len(await jars.history("a")) == 1


async def test_no_events_change_nothing_but_answer() -> None:
    woken: list[str] = []
    jars = repository(woken=woken)
    await jars.execute("a", put(2), CAUSE)
    woken.clear()

    done = await jars.execute("a", lambda _: (), CAUSE, receipt())

    assert (done.version, done.events, done.answer) == (2, (), Answer(201, b"2 coins"))
    assert woken == []
    with pytest.raises(ValueError, match="at least one event"):
        await jars.execute("b", lambda _: (), CAUSE)


async def test_a_hundred_commands_at_once_on_one_aggregate_all_count() -> None:
    jars = repository()

    done = await asyncio.gather(*(jars.execute("a", put(1), CAUSE) for _ in range(100)))

    loaded = await jars.load("a")
    assert loaded is not None
    assert loaded.state.coins == 100
    # The first makes the jar too: versions 2 to 101.
    assert sorted(one.version for one in done) == list(range(2, 102))


async def test_writers_of_two_processes_on_one_aggregate_all_count() -> None:
    store = MemoryAggregateStore(JARS.indexes)
    one, other = repository(store), repository(store)

    await asyncio.gather(*(jars.execute("a", put(1), CAUSE) for jars in (one, other) for _ in range(30)))

    loaded = await one.load("a")
    assert loaded is not None
    assert loaded.state.coins == 60
    numbers = [event.number for event in await one.history("a")]
    assert numbers == list(range(1, 62))


async def test_who_is_never_first_is_told_that_it_may_succeed_later() -> None:
    class AlwaysLate(MemoryAggregateStore):
        async def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
            return [Conflict() for _ in changes]

    with pytest.raises(Contended) as refused:
        await repository(AlwaysLate()).execute("a", put(1), CAUSE)
    assert isinstance(refused.value, Transient)


async def test_create_tells_that_the_aggregate_exists() -> None:
    jars = repository()

    first = await jars.create("a", [Made("red")], CAUSE, receipt())
    second = await jars.create("a", [Made("blue")], CAUSE)

    assert first is not None
    assert (first.version, first.answer) == (1, Answer(201, b"0 coins"))
    assert second is None
    loaded = await jars.load("a")
    assert loaded is not None
    assert loaded.state.label == "red"


async def test_a_value_of_a_unique_index_that_another_holds_is_refused_by_name() -> None:
    jars = repository()
    await jars.execute("a", make("red"), CAUSE)

    with pytest.raises(UniqueConflict, match=ONE_LABEL):
        await jars.execute("b", make("red"), CAUSE)
    with pytest.raises(UniqueConflict, match=ONE_LABEL):
        await jars.create("b", [Made("red")], CAUSE)
    assert await jars.load("b") is None


async def test_the_same_key_is_told_the_same_answer_and_done_once() -> None:
    jars = repository()
    first = await jars.execute("a", put(2), CAUSE, receipt())
    await jars.execute("a", put(5), CAUSE)

    again = await jars.execute("a", put(2), CAUSE, receipt())

    assert first.answer == again.answer == Answer(201, b"2 coins")
    assert (again.repeated, again.events, again.state.coins) == (True, (), 7)


async def test_the_same_key_at_once_is_done_once() -> None:
    store = MemoryAggregateStore(JARS.indexes)
    done = await asyncio.gather(
        *(jars.execute("a", put(2), CAUSE, receipt()) for jars in (repository(store), repository(store)) for _ in "123")
    )

    assert {one.answer for one in done} == {Answer(201, b"2 coins")}
    assert sorted(one.repeated for one in done) == [False, True, True, True, True, True]


async def test_a_key_with_another_body_is_refused() -> None:
    jars = repository()
    await jars.execute("a", put(2), CAUSE, receipt())

    with pytest.raises(KeyReused) as refused:
        await jars.execute("a", put(3), CAUSE, receipt(body="another"))
    assert refused.value.code == "idempotency-key-reused"


async def test_sequences_are_gap_free_for_each_topic() -> None:
    store = MemoryAggregateStore(JARS.indexes)
    jars = repository(store)
    for coins in (10, 1, 20, 2, 30):
        await jars.execute("a", put(coins), CAUSE)
    await jars.execute("b", put(10), CAUSE)

    said: dict[tuple[str, str], list[int]] = {}
    for aggregate_id in ("a", "b"):
        for record in (await store.outboxes([aggregate_id]))[aggregate_id]:
            envelope = decode(record.value)
            said.setdefault((record.topic, envelope.subject), []).append(envelope.sequence)
    assert said == {
        ("test.jars.v1", "a"): [1, 2, 3, 4, 5, 6],
        ("test.copies.v1", "a"): [1, 2, 3],
        ("test.jars.v1", "b"): [1, 2],
        ("test.copies.v1", "b"): [1],
    }


async def test_a_public_record_says_what_happened_when_why_and_where_in_the_chain() -> None:
    store = MemoryAggregateStore(JARS.indexes)
    jars = repository(store)
    await jars.execute("a", put(7), CAUSE)

    record = (await store.outboxes(["a"]))["a"][1]
    envelope = decode(record.value)

    assert (record.id, record.topic, record.key) == ("jar/a/2", "test.jars.v1", "jar")
    assert (envelope.id, envelope.source, envelope.type) == ("jar/a/2", "/test", "ipp.test.jar-filled")
    assert (envelope.subject, envelope.time, envelope.data) == ("a", NOW, {"coins": 7})
    assert (envelope.correlationid, envelope.causationid) == ("corr-1", "cmd-1")
    assert envelope.chainhash == (await jars.history("a"))[1].chainhash


async def test_who_has_something_to_publish_is_told_of() -> None:
    woken: list[str] = []
    jars = repository(woken=woken)
    await jars.execute("a", put(1), CAUSE)
    await jars.create("b", [Made()], CAUSE)

    assert woken == ["a", "b"]


async def test_a_failing_store_fails_the_commands_that_wait_and_the_next_succeed() -> None:
    class FailsOnce(MemoryAggregateStore):
        failing = True

        async def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
            if self.failing:
                self.failing = False
                raise Transient("away")
            return await super().write(changes)

        async def load(self, ids: Sequence[str]) -> Mapping[str, Head]:
            return await super().load(ids)

    jars = repository(FailsOnce())
    results = await asyncio.gather(*(jars.execute(f"jar-{n}", put(1), CAUSE) for n in range(5)), return_exceptions=True)

    assert all(isinstance(result, Transient) for result in results)
    assert (await jars.execute("jar-0", put(1), CAUSE)).version == 2


async def test_a_command_that_is_cut_off_frees_its_turn() -> None:
    jars = repository()
    tasks = [asyncio.create_task(jars.execute("a", put(1), CAUSE)) for _ in range(10)]
    await asyncio.sleep(0)
    for task in tasks[:5]:
        task.cancel()

    async with asyncio.timeout(5):
        await asyncio.gather(*tasks, return_exceptions=True)
        done = await jars.execute("a", put(1), CAUSE)
    assert done.state.coins in range(6, 12)


# --- Stored form -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inner:
    day: date
    at: datetime | None = None


@dataclass(frozen=True)
class Rich:
    kind: Literal["one", "two"]
    when: datetime
    flag: bool
    parts: tuple[Inner, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()
    note: str | None = None


def test_values_come_back_as_they_were() -> None:
    aggregate: AggregateType[Rich, Rich] = AggregateType(
        "rich", "rich", Rich, (Rich,), lambda _, event: event, lambda *_: ()
    )
    codec = Codec(aggregate)
    rich = Rich("two", NOW, True, (Inner(date(2026, 3, 2), NOW), Inner(date(2026, 3, 3))), (("a", 1),), None)

    assert codec.load_state(codec.dump_state(rich)) == rich
    assert codec.load_event(*codec.dump_event(rich)) == rich


def test_a_field_that_was_added_later_takes_its_default() -> None:
    codec = Codec(JARS)

    assert codec.load_state({"label": "red"}) == Jar("red", 0)
    assert codec.load_state({"label": "red", "coins": 1, "gone": True}) == replace(Jar("red"), coins=1)
