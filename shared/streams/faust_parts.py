"""Faust 0.15.3 with the parts replaced that lose records or wait without need. See docs/adr on Faust.

- Faust commits after `producer.flush()`, which gives up after 0.1 s and only logs failed sends: here an offset is
  committed only when every send made before is acknowledged by the broker.
- While partitions come and go, Faust seeks and clears queues with fetches still under way: records that are taken and
  then dropped are lost to a worker until it starts again, or for ever where nothing was committed before. Here nothing
  is under way when positions change: the fetcher is parked first, and partitions flow last.
- For each record Faust makes tasks, a queue entry and a future, several times our work: here a message stands for all
  records of a partition in one fetch (`Batch`), and what is acknowledged is the batch, to its last record.
- A table is a changelog and its recovery; the processor keeps the state, by partition, and drops what is revoked.
- Start-up waits one second "for tables to register": not needed where the topology is fixed.
- Two sets of the same members may print in different order, and co-partitioned topics then part: grouped by set.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import faust
from faust.assignor.partition_assignor import PartitionAssignor
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.tables.table import Table
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage

from shared.streams.batches import CachedPartitioner
from shared.streams.records import Message
from shared.streams.stopping import ForsakenThread

FETCH_WAIT_MS = 100
"""How long the broker may hold an empty fetch back."""

_FETCH_SECONDS = 0.2  # how long a fetch may be under way without a record
_POLL_SECONDS = 0.02  # how often a parked fetcher looks whether it may go on
_PARK_SECONDS = 15.0


class Host(Protocol):
    """What the parts ask of the worker that runs them."""

    async def settle(self) -> bool:
        """Waits until all sends are acknowledged; False where they are not: then nothing is committed."""

    def on_changelog(self, partition: int, records: Sequence[Message]) -> None: ...

    def on_partitions(self, dropped: Iterable[int]) -> None: ...

    def resume(self, partition: int, earliest: int, end: int) -> int | None:
        """Takes what is kept on this machine; the offset up to which the changelog need not be read. None:
        where Faust left off, or all of it."""


class PromptConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The broker answers one request of a connection after the other: with Faust's fetches of up to 1.5 s, a question
    about offsets (`/backlog`) or a commit waits as long."""

    Worker = ForsakenThread

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # read when it starts
        return consumer


class Batch(ConsumerMessage):  # type: ignore[misc]
    """To Faust one message, with the place, the key and the value of the last record; to us all records of a partition
    in one fetch."""

    records: Sequence[Message] = ()


class SettlingConsumer(driver.Consumer):  # type: ignore[misc]
    """Hands over batches. Commits an offset only after everything that the records before it caused is on the broker;
    changes positions only while no record is between the broker and a queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parked = asyncio.Event()

    def _new_consumer_thread(self) -> Any:
        return PromptConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _commit_offsets(self, offsets: Mapping[Any, int], start_new_transaction: bool = True) -> bool:
        if not await self.app.host.settle():
            return False
        return bool(await super()._commit_offsets(offsets, start_new_transaction))

    async def park(self) -> None:
        """Stops the flow; returns when the fetcher has nothing in hand."""
        self.stop_flow()
        async with asyncio.timeout(_PARK_SECONDS):
            while self.app._fetcher.started and not self._parked.is_set() and not self.should_stop:
                await asyncio.sleep(_POLL_SECONDS)

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's signature
        while not self.should_stop and not (self.flow_active and self._get_active_partitions()):
            self._parked.set()
            await self.sleep(_POLL_SECONDS)
        self._parked.clear()
        return await super()._wait_next_records(min(timeout, _FETCH_SECONDS))

    async def _getmany(self, active_partitions: set[Any], timeout: float) -> Any:  # noqa: ASYNC109 - Faust's signature
        # A copy: for aiokafka a set that is emptied meanwhile would mean "all partitions".
        return await super()._getmany(set(active_partitions), timeout)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Batch]]:  # noqa: ASYNC109 - Faust's signature
        records, wanted = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        for tp, found in (records or {}).items():
            if self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation:
                return  # positions are set anew before the flow goes on
            if found and (tp in wanted or tp in self._buffered_partitions):
                yield tp, self._batch(tp, found, generation)

    @staticmethod
    def _batch(tp: Any, records: Sequence[Any], generation: int) -> Batch:
        last = records[-1]
        batch = Batch(
            last.topic,
            last.partition,
            last.offset,
            last.timestamp / 1000,
            last.timestamp_type,
            last.headers,
            last.key,
            last.value,
            None,
            tp=tp,
            generation_id=generation,
        )
        batch.records = records
        return batch

    def ack(self, message: Any) -> bool:
        """Batches of a partition are worked off one after the other: the last one acknowledged stands for all before.
        One that was handed over before the partitions were dealt out anew says nothing any more; it comes again."""
        self._unacked_messages.discard(message)
        if message.acked or message.generation_id != self.app.consumer_generation_id:
            return False
        message.acked = True
        self._acked[message.tp] = [message.offset]
        return True

    def _new_offset(self, tp: Any) -> int | None:
        acked = self._acked[tp]
        return acked[-1] + 1 if acked else None

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Not needed: a batch stands for all offsets up to its last."""

    async def perform_seek(self) -> None:
        """To what is committed, and where nothing is, to the start: aiokafka would leave the position where it is."""
        await super().perform_seek()
        sources = [tp for tp in self.assignment() if not self._is_changelog_tp(tp)]
        fresh = [tp for tp in sources if self._committed_offset[tp] is None]
        if fresh:
            earliest = await self.earliest_offsets(*fresh)
            await self.seek_wait({tp: earliest[tp] or 0 for tp in fresh})


class IdempotentProducer(driver.Producer):  # type: ignore[misc]
    """Shows its client: `Lanes` hand it whole batches, past the layers that cost as much for each record."""

    def __post_init__(self) -> None:
        self.partitioner = CachedPartitioner()
        super().__post_init__()

    @property
    def client(self) -> Any:
        return self._ensure_producer()

    async def chooser(self, topic: str) -> Callable[[bytes | None], int]:
        """Which partition of the topic a key belongs to."""
        partitions = sorted(await self._ensure_producer().partitions_for(topic))
        return lambda key: int(self.partitioner(key, partitions, partitions))

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class SettlingTransport(driver.Transport):  # type: ignore[misc]
    Consumer = SettlingConsumer
    Producer = IdempotentProducer


class OrderlyRecovery(Recovery):  # type: ignore[misc]
    """Positions are set while the fetcher is parked, and only then do partitions flow. What is kept on this machine
    comes first, and the changelog is read from there on."""

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's signature
        """Without Faust's limit, which ends a step in its middle without a word, and goes on with the next one. The
        client's own limit ends a request to the broker, with an error."""
        await super()._wait(coro)

    async def _build_offsets(self, consumer: Any, tps: set[Any], destination: Any, title: str) -> None:
        if tps and tps == self.active_tps:
            earliest = await consumer.earliest_offsets(*tps)
            for tp in sorted(tps):
                at = self.app.host.resume(tp.partition, earliest[tp] or 0, self.active_highwaters[tp] + 1)
                if at is not None:
                    destination[tp] = at
                await asyncio.sleep(0)
        await super()._build_offsets(consumer, tps, destination, title)

    async def _seek_offsets(self, consumer: Any, tps: set[Any], offsets: Any, title: str) -> None:
        await consumer.park()
        await super()._seek_offsets(consumer, tps, offsets, title)

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """As Faust's, in another order, and without standbys, which we have none of."""
        app, consumer = self.app, self.app.consumer
        await app.on_rebalance_complete.send()
        self._set_recovery_ended()
        for table in self.tables.values():
            await table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
        assignment = consumer.assignment()
        if app.consumer_generation_id != generation_id:
            return  # another rebalance has begun, and recovers again
        await consumer.park()
        if assignment:
            await consumer.perform_seek()
        app.flow_control.resume()  # clears the queues
        consumer.resume_partitions({tp for tp in assignment if not self._is_changelog_tp(tp)})
        self.completed.set()
        consumer.resume_flow()
        await app._fetcher.maybe_start()
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()


class PromptTableManager(TableManager):  # type: ignore[misc]
    _recovery: Any = None

    async def on_start(self) -> None:
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()

    @property
    def recovery(self) -> Any:
        if self._recovery is None:
            self._recovery = OrderlyRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery


class SetwiseAssignor(PartitionAssignor):  # type: ignore[misc]
    @classmethod
    def _group_co_subscribed(cls, topics: set[str], subscriptions: Mapping[str, Iterable[str]]) -> Iterable[set[str]]:
        groups: dict[frozenset[str], set[str]] = defaultdict(set)
        for topic in topics:
            groups[frozenset(member for member, wanted in subscriptions.items() if topic in wanted)].add(topic)
        return groups.values()


class ChangelogTable(Table):  # type: ignore[misc]
    """Faust recovers it; its values go to the processor and are kept nowhere else."""

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        for event in batch:
            self.app.host.on_changelog(event.message.partition, event.message.records)

    async def on_rebalance(
        self, assigned: set[Any], revoked: set[Any], newly_assigned: set[Any], generation_id: int = 0
    ) -> None:
        # Newly assigned ones too: they are read back from the start, onto nothing.
        changelog = self.changelog_topic_name
        self.app.host.on_partitions({tp.partition for tp in revoked | newly_assigned if tp.topic == changelog})


class EmbeddedApp(faust.App):  # type: ignore[misc]
    """A Faust app that leaves no folder behind and knows its host."""

    host: Host

    def _create_directories(self) -> None:
        """Of Faust's own there is nothing on disk."""

    async def _on_partitions_revoked(self, revoked: set[Any]) -> None:
        """What waits in lanes for a changelog goes out before another worker reads it."""
        await super()._on_partitions_revoked(revoked)
        await self.host.settle()

    def _new_transport(self) -> Any:
        return SettlingTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return SettlingTransport(self.conf.broker_producer, self)
