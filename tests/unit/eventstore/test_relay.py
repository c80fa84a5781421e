"""From outboxes to topics: in order, at least once, whatever fails."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from shared.eventstore.documents import OutboxRecord
from shared.eventstore.relay import Relay
from shared.kernel.failures import Transient
from tests.support.eventually import eventually
from tests.support.jars import CAUSE, put
from tests.support.memory_broker import MemoryBroker
from tests.support.memory_store import MemoryAggregateStore
from tests.support.relays import JARS, QUICK, jars_of, relay_of, running, sequences


def without_repeats(numbers: Sequence[int]) -> list[int]:
    """As a reader does: what is not later than the last applied is dropped."""
    kept: list[int] = []
    for number in numbers:
        if number > (kept[-1] if kept else 0):
            kept.append(number)
    return kept


async def test_what_is_committed_is_published_in_order_and_taken_out(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    relay = relay_of(store, broker)
    jars = jars_of(store, relay)
    with running(relay):
        await asyncio.gather(*(jars.execute(f"jar-{n % 20}", put(1), CAUSE) for n in range(200)))
        await eventually(lambda: relay.idle)

    # 20 jars, each made and filled ten times.
    assert sequences(broker.topics["test.jars.v1"]) == {f"jar-{n}": list(range(1, 12)) for n in range(20)}
    assert await store.unsent() == 0
    assert await relay.backlog() == {"outbox:jars": 0}


async def test_a_record_is_not_sent_before_the_one_before_is_acknowledged(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    sending: list[str] = []
    acknowledged = asyncio.Event()

    class Slow:
        async def publish(self, record: OutboxRecord) -> None:
            sending.append(record.id)
            await acknowledged.wait()

    jars = jars_of(store)
    await jars.execute("a", put(1, 2), CAUSE)
    await jars.execute("b", put(1), CAUSE)
    round_ = asyncio.create_task(Relay("jars", store, Slow()).send(["a", "b"]))
    await eventually(lambda: len(sending) == 2)

    # Many aggregates side by side, one record of each.
    assert sorted(sending) == ["jar/a/1", "jar/b/1"]
    acknowledged.set()
    await round_
    assert [i for i in sending if i.startswith("jar/a/")] == ["jar/a/1", "jar/a/2", "jar/a/3"]


async def test_a_crash_between_sending_and_taking_out_gives_repeats_only(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    class Crashes(MemoryAggregateStore):
        async def sent(self, records: Mapping[str, Sequence[str]]) -> None:
            raise Transient("killed here")

    crashing = Crashes(JARS.indexes)
    crashing.documents = store.documents
    await jars_of(store).execute("a", put(1, 2), CAUSE)
    with pytest.raises(Transient):
        await Relay("jars", crashing, broker).send(["a"])
    await jars_of(store).execute("a", put(3), CAUSE)

    successor = relay_of(store, broker)
    with running(successor):
        await eventually(lambda: sequences(broker.topics["test.jars.v1"])["a"][-1:] == [4] and successor.idle)

    said = sequences(broker.topics["test.jars.v1"])["a"]
    assert said == [1, 2, 3, 1, 2, 3, 4]
    assert without_repeats(said) == [1, 2, 3, 4]


async def test_racing_relays_keep_the_order_after_dropping_repeats(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    turns = 0

    class Uneven:
        """Takes a different number of turns for each record, so that relays overtake each other."""

        async def publish(self, record: OutboxRecord) -> None:
            nonlocal turns
            turns += 1
            for _ in range(turns * 7 % 5):
                await asyncio.sleep(0)
            await broker.publish(record)

    relays = [Relay("jars", store, Uneven(), **QUICK) for _ in range(3)]
    woken = [jars_of(store, relay) for relay in relays]
    with running(*relays):
        for step in range(40):
            await asyncio.gather(*(jars.execute(f"jar-{step % 4}", put(1), CAUSE) for jars in woken))
        await eventually(lambda: all(relay.idle for relay in relays) and not any(store_left(store)))

    for said in sequences(broker.topics["test.jars.v1"]).values():
        # 10 steps of 3 fillings, and the making.
        assert without_repeats(said) == list(range(1, 32))


def store_left(store: MemoryAggregateStore) -> list[bool]:
    return [bool(kept.outbox) for kept in store.documents.values()]


async def test_what_is_not_acknowledged_stays_with_all_that_follows_and_the_rest_flows(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    broker.refuses = lambda record: record.id == "jar/a/2"
    relay = relay_of(store, broker)
    jars = jars_of(store, relay)
    with running(relay):
        await jars.execute("a", put(1, 2), CAUSE)
        await jars.execute("b", put(1), CAUSE)
        await eventually(lambda: [r.id for r in store.documents["a"].outbox] == ["jar/a/2", "jar/a/3"])
        await jars.execute("c", put(1), CAUSE)
        await eventually(lambda: sequences(broker.topics["test.jars.v1"]) == {"a": [1], "b": [1, 2], "c": [1, 2]})
        assert not relay.idle
        assert await relay.backlog() == {"outbox:jars": 1}

        broker.refuses = lambda _: False
        await jars.execute("a", put(3), CAUSE)
        await eventually(lambda: relay.idle)

    assert sequences(broker.topics["test.jars.v1"])["a"] == [1, 2, 3, 4]


async def test_a_topic_that_takes_nothing_does_not_hold_up_the_others(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    never = asyncio.Event()

    class HangsForSome:
        """As a send to a topic that does not exist: it waits for its deadline, again and again."""

        async def publish(self, record: OutboxRecord) -> None:
            if "/bad-" in record.id:
                try:
                    await asyncio.wait_for(never.wait(), 0.2)
                except TimeoutError:
                    raise Transient("no answer") from None
            await broker.publish(record)

    relay = Relay("jars", store, HangsForSome(), **QUICK)
    jars = jars_of(store, relay)
    with running(relay):
        await jars.execute("bad-1", put(1), CAUSE)
        await eventually(lambda: not relay.idle and not relay._waiting and "bad-1" in relay._failed)
        loop = asyncio.get_running_loop()
        before = loop.time()
        for n in range(20):
            await jars.execute(f"good-{n}", put(1), CAUSE)
            await eventually(lambda n=n: not store.documents[f"good-{n}"].outbox)  # type: ignore[misc]
        # One after the other behind the bad one they would take 20 times 0.2 s.
        assert loop.time() - before < 2

    assert [record.id for record in store.documents["bad-1"].outbox] == ["jar/bad-1/1", "jar/bad-1/2"]


async def test_a_publisher_that_breaks_in_an_unexpected_way_stops_nothing(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    def breaks(record: OutboxRecord) -> bool:
        if record.id == "jar/a/1":
            raise ValueError("a bug")
        return False

    broker.refuses = breaks
    relay = relay_of(store, broker)
    jars = jars_of(store, relay)
    with running(relay):
        await jars.execute("a", put(1), CAUSE)
        await jars.execute("b", put(1), CAUSE)
        await eventually(lambda: not store.documents["b"].outbox)

    assert len(store.documents["a"].outbox) == 2


async def test_what_a_dead_process_left_is_found_by_sweeping(store: MemoryAggregateStore, broker: MemoryBroker) -> None:
    for n in range(30):
        await jars_of(store).execute(f"jar-{n}", put(1), CAUSE)

    # Five batches of two are swept at once: what is beyond is found by sweeping again.
    relay = Relay("jars", store, broker, batch=2, **QUICK)
    with running(relay):
        await eventually(lambda: not any(store_left(store)))
        # And what is left behind while it runs, by a process that dies after its commit.
        await jars_of(store).execute("later", put(1), CAUSE)
        await eventually(lambda: not any(store_left(store)))

    assert sequences(broker.topics["test.jars.v1"]) == {f"jar-{n}": [1, 2] for n in range(30)} | {"later": [1, 2]}


async def test_a_wake_while_a_round_is_under_way_is_not_lost(store: MemoryAggregateStore, broker: MemoryBroker) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    class Stops:
        async def publish(self, record: OutboxRecord) -> None:
            reached.set()
            await go_on.wait()
            await broker.publish(record)

    # Sweeps come too late to help.
    relay = Relay("jars", store, Stops(), sweep_every_seconds=60)
    jars = jars_of(store, relay)
    with running(relay):
        await jars.execute("a", put(1), CAUSE)
        await reached.wait()
        await jars.execute("a", put(2), CAUSE)
        assert not relay.idle
        go_on.set()
        await eventually(lambda: relay.idle)

    assert sequences(broker.topics["test.jars.v1"]) == {"a": [1, 2, 3]}


async def test_a_store_out_of_reach_is_waited_for(broker: MemoryBroker) -> None:
    class Away(MemoryAggregateStore):
        away = True

        async def waiting(self, older_than: float, limit: int) -> Sequence[str]:
            if self.away:
                raise Transient("away")
            return await super().waiting(older_than, limit)

        async def outboxes(self, ids: Sequence[str]) -> Mapping[str, Sequence[OutboxRecord]]:
            if self.away:
                raise Transient("away")
            return await super().outboxes(ids)

    store = Away(JARS.indexes)
    relay = relay_of(store, broker)
    jars = jars_of(store, relay)
    await jars_of(store).execute("a", put(), CAUSE)
    with running(relay):
        await jars.execute("a", put(1), CAUSE)
        await eventually(lambda: "a" in relay._failed)
        store.away = False
        await eventually(lambda: relay.idle)

    assert sequences(broker.topics["test.jars.v1"]) == {"a": [1, 2]}


async def test_a_commit_upon_an_empty_outbox_is_sent_without_being_read(broker: MemoryBroker) -> None:
    read: list[str] = []
    swept = asyncio.Event()

    class Watched(MemoryAggregateStore):
        async def waiting(self, older_than: float, limit: int) -> Sequence[str]:
            swept.set()
            return await super().waiting(older_than, limit)

        async def outboxes(self, ids: Sequence[str]) -> Mapping[str, Sequence[OutboxRecord]]:
            read.extend(ids)
            return await super().outboxes(ids)

    store = Watched(JARS.indexes)
    relay = Relay("jars", store, broker, sweep_every_seconds=60)
    jars = jars_of(store, relay)
    with running(relay):
        await swept.wait()
        await jars.execute("a", put(), CAUSE)
        await eventually(lambda: bool(broker.topics) and relay.idle)
        await jars.execute("a", put(1), CAUSE)
        await eventually(lambda: len(broker.topics["test.jars.v1"]) == 2 and relay.idle)
    assert (read, sequences(broker.topics["test.jars.v1"])) == ([], {"a": [1, 2]})
    assert await store.unsent() == 0


async def test_two_commits_before_the_relay_comes_are_read_and_sent_in_order(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    relay = relay_of(store, broker)
    jars = jars_of(store, relay)
    await jars.execute("a", put(), CAUSE)
    await jars.execute("a", put(1), CAUSE)
    with running(relay):
        await eventually(lambda: bool(broker.topics) and relay.idle)
    assert sequences(broker.topics["test.jars.v1"]) == {"a": [1, 2]}


async def test_while_very_many_wait_outboxes_beyond_are_read_in_their_turn(broker: MemoryBroker) -> None:
    read: list[str] = []

    class Watched(MemoryAggregateStore):
        async def outboxes(self, ids: Sequence[str]) -> Mapping[str, Sequence[OutboxRecord]]:
            read.extend(ids)
            return await super().outboxes(ids)

    store = Watched(JARS.indexes)
    relay = Relay("jars", store, broker, sweep_every_seconds=60, most_held=3)
    jars = jars_of(store, relay)
    for n in range(5):  # before it runs, as while the broker is away
        await jars.execute(f"jar-{n}", put(), CAUSE)
    assert [bool(outbox) for outbox in relay._waiting.values()] == [True, True, True, False, False]

    store.waiting = no_sweep  # type: ignore[method-assign]
    with running(relay):
        await eventually(lambda: relay.idle)
    assert (read, await store.unsent()) == (["jar-3", "jar-4"], 0)
    assert sequences(broker.topics["test.jars.v1"]) == {f"jar-{n}": [1] for n in range(5)}


async def no_sweep(older_than: float, limit: int) -> Sequence[str]:
    return []
