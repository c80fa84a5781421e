"""A round of the relay waits a moment, and not for what a broker neither takes nor refuses."""

import asyncio

import pytest

from shared.eventstore.documents import OutboxRecord
from shared.eventstore.relay import Relay
from shared.kernel.failures import Transient
from tests.support.eventually import eventually
from tests.support.jars import CAUSE, put
from tests.support.memory_broker import MemoryBroker
from tests.support.memory_store import MemoryAggregateStore
from tests.support.relays import QUICK, jars_of, running, sequences


class Stuck:
    """A broker one topic of which neither takes nor refuses anything, for as long as it is not told what to do."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.goes_on = asyncio.Event()
        self.under_way: list[str] = []
        self.begun: list[str] = []
        self.refuses = False
        self._broker = broker

    async def publish(self, record: OutboxRecord) -> None:
        if "/bad-" in record.id:
            aggregate_id = record.id.split("/")[1]
            assert aggregate_id not in self.under_way, "two attempts at once"
            self.begun.append(record.id)
            self.under_way.append(aggregate_id)
            try:
                await self.goes_on.wait()
            finally:
                self.under_way.remove(aggregate_id)
            if self.refuses:
                raise Transient("refused after all")
        await self._broker.publish(record)


async def test_a_round_does_not_wait_for_what_the_broker_neither_takes_nor_refuses(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    stuck = Stuck(broker)
    relay = Relay("jars", store, stuck, batch=2, round_seconds=0.02, **QUICK)
    jars = jars_of(store, relay)
    with running(relay):
        for n in range(6):  # each new one of the bad topic has a fresh round
            await jars.execute(f"bad-{n}", put(1), CAUSE)
            await jars.execute(f"good-{n}", put(1), CAUSE)
            await eventually(lambda n=n: not store.documents[f"good-{n}"].outbox)  # type: ignore[misc]
        await jars.execute("bad-0", put(2), CAUSE)
        await eventually(lambda: not relay._waiting and not relay._in_hand)

        # Swept and looked at many times by now, and no second attempt was begun.
        assert sorted(stuck.begun) == [f"jar/bad-{n}/1" for n in range(6)]
        assert (relay.idle, await relay.backlog()) == (False, {"outbox:jars": 6})

        stuck.goes_on.set()
        await eventually(lambda: relay.idle)

    # What came in its time was taken out, so that nothing was sent twice.
    bad = {f"bad-{n}": [1, 2] for n in range(1, 6)} | {"bad-0": [1, 2, 3]}
    assert sequences(broker.topics["test.jars.v1"]) == bad | {f"good-{n}": [1, 2] for n in range(6)}
    assert (await relay.backlog(), await store.unsent()) == ({"outbox:jars": 0}, 0)


async def test_what_is_refused_after_its_round_is_tried_again_in_order(
    store: MemoryAggregateStore, broker: MemoryBroker
) -> None:
    stuck = Stuck(broker)
    stuck.refuses = True
    relay = Relay("jars", store, stuck, round_seconds=0.02, **QUICK)
    jars = jars_of(store, relay)
    with running(relay):
        await jars.execute("bad-1", put(1), CAUSE)
        await eventually(lambda: "bad-1" in relay._late)
        await jars.execute("bad-1", put(2), CAUSE)
        stuck.goes_on.set()
        await eventually(lambda: stuck.begun.count("jar/bad-1/1") > 1)
        assert not broker.topics
        stuck.refuses = False
        await eventually(lambda: relay.idle)

    assert sequences(broker.topics["test.jars.v1"]) == {"bad-1": [1, 2, 3]}


@pytest.mark.parametrize("round_seconds", [0.02, 60])
async def test_a_relay_that_is_stopped_leaves_nothing_under_way(
    store: MemoryAggregateStore, broker: MemoryBroker, round_seconds: float
) -> None:
    stuck = Stuck(broker)
    relay = Relay("jars", store, stuck, round_seconds=round_seconds, **QUICK)
    await jars_of(store).execute("bad-1", put(1), CAUSE)
    task = asyncio.create_task(relay.run())
    await eventually(lambda: bool(stuck.under_way) and (round_seconds > 1 or "bad-1" in relay._late))

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (stuck.under_way, await store.unsent()) == ([], 1)
