"""The consumer of one group: batches by partition, partitions side by side, offsets committed after the writes."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from prometheus_client import Gauge

from shared.contracts.dead_letters import dead_letter
from shared.kafka.producer import Producer
from shared.kafka.topics import missing
from shared.kernel.failures import Transient
from shared.reactions.inbox import Inbox, Record
from shared.reactions.lanes import Lanes
from shared.reactions.subscription import Subscription

IN_HAND = Gauge("ipp_reactions_in_hand", "Records fetched and not yet done with.", ("group",))
PARKED = Gauge("ipp_reactions_parked_keys", "Keys that wait for a predecessor or for an operator.", ("group",))

log = structlog.get_logger()


class TopicsMissing(Exception):
    """What is consumed, or where dead letters go, was not provisioned."""


class ReactionRunner:
    """Runs one subscription. `stopped_because` says why it takes no more records, for readiness.

    Too many dead letters or parked keys mean that something is wrong with us rather than with a record. It then keeps
    its partitions, so that no other process meets the same, and goes on by itself when operators have decided about
    enough parked keys; after too many dead letters, or a failure of our own, it waits for a restart.
    """

    def __init__(
        self,
        subscription: Subscription,
        bootstrap: str,
        inbox: Inbox,
        producer: Producer,
        *,
        batch: int = 500,
        most_dead_letters: int = 200,
        most_parked_keys: int = 100,
        session_timeout_seconds: float = 10.0,
        look_at_parked_every_seconds: float = 1.0,
    ) -> None:
        self.subscription = subscription
        self.stopped_because = ""
        self._failure = ""
        self._dead_letters = 0
        self._bootstrap = bootstrap
        self._inbox = inbox
        self._producer = producer
        self._batch = batch
        self._most_dead_letters = most_dead_letters
        self._most_parked_keys = most_parked_keys
        self._session_timeout = session_timeout_seconds
        self._look_every = look_at_parked_every_seconds
        self._next_look = 0.0
        self._consuming = False
        self._settled = False
        self._lanes: dict[TopicPartition, Lanes] = {}
        self._tasks: dict[TopicPartition, asyncio.Task[None]] = {}
        self._next: dict[TopicPartition, list[Record]] = {}
        self._done: dict[TopicPartition, int] = {}
        self._committing: asyncio.Task[None] | None = None
        self._consumer: Any = None

    @property
    def group(self) -> str:
        return self.subscription.group

    @property
    def _dead_letter_topic(self) -> str:
        return f"{self.group}.dlq.v1"

    @property
    def healthy(self) -> bool:
        return self._consuming and not self.stopped_because

    async def run(self) -> None:
        """Until cancelled. Raises TopicsMissing, and what the broker's client does not get over."""
        await self._find_topics()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self.group,
            client_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._session_timeout * 1000),
            heartbeat_interval_ms=int(self._session_timeout * 1000 / 4),
            max_poll_interval_ms=300_000,
            # Longer than a rebalance may take; shorter than the default of 40 s, which is how long a connection that
            # died without a word would hold a request.
            request_timeout_ms=int(self._session_timeout * 1500),
            fetch_max_wait_ms=500,
            isolation_level="read_committed",
        )
        self._consumer.subscribe([source.name for source in self.subscription.sources], listener=_Rebalance(self))
        try:
            await self._consumer.start()
            self._consuming = True
            while True:
                await self._poll()
        finally:
            self._consuming = self._settled = False
            self._lanes.clear()
            self._next.clear()
            await self._finish(list(self._tasks.values()))
            await self._committed()
            await self._leave()

    async def _find_topics(self) -> None:
        """A dead letter to a topic that is not there would hold its partition for ever: better told at once."""
        wanted = [self._dead_letter_topic, *(source.name for source in self.subscription.sources)]
        absent = await missing(self._bootstrap, wanted)
        if absent:
            raise TopicsMissing(f"{self.group}: provision these topics first: {', '.join(absent)}")

    async def _poll(self) -> None:
        fetched = await self._consumer.getmany(timeout_ms=200, max_records=self._batch)
        for partition, records in fetched.items():
            if partition not in self._lanes or self.stopped_because:
                # Fetched while the partition is being taken over or given up, or stopped: passing on would lose them.
                self._put_back(partition, records[0].offset)
            elif partition in self._tasks:
                self._keep_for_next(partition, [_record(record) for record in records])
            else:
                self._begin(partition, [_record(record) for record in records])
        self._look_at_what_waits()
        PARKED.labels(self.group).set(sum(lanes.parked_keys for lanes in self._lanes.values()))
        self._judge()

    def _keep_for_next(self, partition: TopicPartition, records: list[Record]) -> None:
        """A paused partition misses the fetch under way and waits for the one after: pausing is for a full hand."""
        waiting = self._next.setdefault(partition, [])
        waiting += records
        if len(waiting) >= self._batch:
            self._consumer.pause(partition)

    def _begin(self, partition: TopicPartition, records: list[Record]) -> None:
        work = self._work(partition, self._lanes[partition], records)
        self._tasks[partition] = asyncio.create_task(work, name=f"{self.group}:{partition.topic}:{partition.partition}")

    def _look_at_what_waits(self) -> None:
        """Parked keys, and commits that failed."""
        now = asyncio.get_running_loop().time()
        if now < self._next_look:
            return
        self._next_look = now + self._look_every
        self._commit_what_is_done()
        for partition, lanes in self._lanes.items():
            if lanes.parked_keys and partition not in self._tasks:
                self._begin(partition, [])

    async def _work(self, partition: TopicPartition, lanes: Lanes, records: list[Record]) -> None:
        IN_HAND.labels(self.group).inc(len(records))
        try:
            if lanes.parked_keys:
                await lanes.resume_parked()
            if records:
                await lanes.process(records)
                self._commit_soon(partition, records[-1].offset + 1)
        except asyncio.CancelledError:
            if records and self._lanes.get(partition) is lanes:
                self._put_back(partition, records[0].offset)
            raise
        except Exception as problem:
            log.exception("reaction.runner-failed", group=self.group)
            self._failed(problem)
            if records and self._lanes.get(partition) is lanes:
                self._put_back(partition, records[0].offset)
        finally:
            IN_HAND.labels(self.group).dec(len(records))
            self._tasks.pop(partition, None)
            if self._lanes.get(partition) is lanes:
                self._go_on(partition)

    def _go_on(self, partition: TopicPartition) -> None:
        """What came meanwhile is next; after a failure it is put back, for it must not be done before what failed."""
        waiting = self._next.pop(partition, None)
        if self.stopped_because:
            if waiting:
                self._put_back(partition, waiting[0].offset)
            return
        self._resume(partition)
        if waiting:
            self._begin(partition, waiting)

    def _put_back(self, partition: TopicPartition, offset: int) -> None:
        """Fetches again from there, or from what waited before it, once the partition is resumed."""
        waiting = self._next.pop(partition, None)
        offset = min(offset, waiting[0].offset) if waiting else offset
        with suppress(IllegalStateError):  # no longer ours: its next owner begins at what was committed
            self._consumer.pause(partition)
            self._consumer.seek(partition, offset)

    def _resume(self, partition: TopicPartition) -> None:
        with suppress(IllegalStateError):
            self._consumer.resume(partition)

    def _commit_soon(self, partition: TopicPartition, offset: int) -> None:
        """One commit at a time; what is done meanwhile goes with the next, and nothing waits for it."""
        self._done[partition] = offset
        self._commit_what_is_done()

    def _commit_what_is_done(self) -> None:
        if self._done and (self._committing is None or self._committing.done()):
            self._committing = asyncio.create_task(self._commit(), name=f"{self.group}:commit")

    async def _commit(self) -> None:
        while self._done:
            done, self._done = self._done, {}
            # The client refuses all where one is not ours any more; its next owner repeats what was done, and drops it
            # by its positions.
            assigned = self._consumer.assignment()
            offsets = {partition: offset for partition, offset in done.items() if partition in assigned}
            if not offsets:
                continue
            try:
                await self._consumer.commit(offsets)
            except KafkaError as problem:
                log.warning("reaction.commit-failed", group=self.group, cause=type(problem).__name__)
                self._done = {each: offsets[each] for each in offsets if each in self._lanes} | self._done
                return

    async def _committed(self) -> None:
        """Returns when what was done is committed, or could not be, or took too long."""
        self._commit_what_is_done()
        if self._committing is not None:
            await asyncio.wait({self._committing}, timeout=self._session_timeout / 2)

    def _judge(self) -> None:
        """Stops where too much fails, and goes on where that has passed."""
        # After a start, what an operator decided meanwhile is carried out before it is counted.
        parked = sum(lanes.parked_keys for lanes in self._lanes.values() if lanes.looked)
        because = self._failure
        if self._dead_letters > self._most_dead_letters:
            because = f"{self._dead_letters} dead letters since the start"
        elif not because and parked > self._most_parked_keys:
            because = f"{parked} parked keys"
        if because and not self.stopped_because:
            log.critical("reaction.stopped", group=self.group, why=because)
        elif self.stopped_because and not because:
            log.warning("reaction.goes-on", group=self.group, after=self.stopped_because)
            for partition in self._lanes.keys() - self._tasks.keys():
                self._resume(partition)
        self.stopped_because = because

    def _failed(self, problem: Exception) -> None:
        self._failure = self.stopped_because = f"{type(problem).__name__}: {problem}"

    async def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """Reads what is parked before anything is processed; fetching goes on meanwhile, and is put back."""
        for partition in partitions:
            lanes = Lanes(self.subscription, partition.topic, partition.partition, self._inbox, self._dead_letter)
            while not await self._opened(lanes):
                await asyncio.sleep(0.5)
            self._lanes[partition] = lanes
            self._resume(partition)
        self._settled = True

    async def _opened(self, lanes: Lanes) -> bool:
        try:
            await lanes.open()
        except Transient as problem:
            log.warning("reaction.assignment-waits", group=self.group, cause=str(problem))
            return False
        except Exception as problem:
            # The client would log it and go on without these partitions.
            self._failed(problem)
            raise
        return True

    async def revoked(self, partitions: Collection[TopicPartition]) -> None:
        self._settled = False
        for partition in partitions:
            # First of all, so that nothing new begins while work in hand ends.
            self._lanes.pop(partition, None)
            self._next.pop(partition, None)
        await self._finish([self._tasks[partition] for partition in partitions if partition in self._tasks])
        await self._committed()

    async def _finish(self, running: Collection[asyncio.Task[None]]) -> None:
        """Lets work in hand end, for a moment; what is cut off is repeated by the next owner."""
        if running:
            _, late = await asyncio.wait(running, timeout=self._session_timeout / 2)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(self._session_timeout):
                await self._consumer.stop()
        except (TimeoutError, KafkaError) as problem:
            log.warning("reaction.left-late", group=self.group, cause=type(problem).__name__)

    async def _dead_letter(self, record: Record, error: str) -> None:
        letter = dead_letter(record, error)
        await self._producer.send(self._dead_letter_topic, letter.key, letter.value, letter.headers)
        self._dead_letters += 1

    async def backlog(self) -> Mapping[str, int]:
        """What is in hand, parked, and not yet fetched (`lag`) in the partitions that this process owns.

        Between two assignments, or where the broker does not say, the lag is given as 1: nothing would be a guess."""
        parked = sum(lanes.parked_keys for lanes in self._lanes.values())
        counts = {f"in-hand:{self.group}": len(self._tasks), f"parked:{self.group}": parked}
        return {**counts, f"lag:{self.group}": await self._lag()}

    async def _lag(self) -> int:
        if not self._settled:
            return 1
        behind = 0
        try:
            for partition in list(self._lanes):
                # As the last fetch said, which the broker answers at once when there is something new: asking for the
                # end itself would wait behind that fetch.
                end = self._consumer.highwater(partition)
                if end is None:
                    return 1
                async with asyncio.timeout(1):
                    behind += max(0, end - await self._consumer.position(partition))
                behind += len(self._next.get(partition, ()))
        except (TimeoutError, KafkaError, AssertionError):  # asserted where the partition was just given up
            return 1
        return behind


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka publishes no types
    def __init__(self, runner: ReactionRunner) -> None:
        self._runner = runner

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._runner.revoked(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await self._runner.assigned(assigned)


def _record(record: Any) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        headers=tuple((name, value) for name, value in record.headers),
        value=record.value,
    )
