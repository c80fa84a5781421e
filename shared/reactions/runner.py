"""The consumer of one group: batches by partition, partitions side by side, offsets committed after the writes."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Gauge

from shared.kafka.producer import Producer
from shared.kernel.failures import Transient
from shared.reactions.inbox import Inbox, Record
from shared.reactions.lanes import Lanes
from shared.reactions.subscription import Subscription

IN_HAND = Gauge("ipp_reactions_in_hand", "Records fetched and not yet done with.", ("group",))
PARKED = Gauge("ipp_reactions_parked_keys", "Keys that wait for a predecessor or for an operator.", ("group",))

log = structlog.get_logger()


class ReactionRunner:
    """Runs one subscription until stopped. `stopped_because` says why it gave up, for readiness.

    Too many dead letters or parked keys mean that something is wrong with us rather than with a record.
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
    ) -> None:
        self.subscription = subscription
        self.stopped_because = ""
        self._bootstrap = bootstrap
        self._inbox = inbox
        self._producer = producer
        self._batch = batch
        self._most_dead_letters = most_dead_letters
        self._most_parked_keys = most_parked_keys
        self._session_timeout = session_timeout_seconds
        self._lanes: dict[TopicPartition, Lanes] = {}
        self._tasks: dict[TopicPartition, asyncio.Task[None]] = {}
        self._consumer: Any = None

    @property
    def group(self) -> str:
        return self.subscription.group

    @property
    def healthy(self) -> bool:
        return self._consumer is not None and not self.stopped_because

    async def run(self) -> None:
        """Until cancelled, or until too much went wrong (then it is unready and consumes no more)."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self.group,
            client_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._session_timeout * 1000),
            heartbeat_interval_ms=int(self._session_timeout * 1000 / 4),
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=100,
            isolation_level="read_committed",
        )
        self._consumer.subscribe([source.name for source in self.subscription.sources], listener=_Rebalance(self))
        try:
            await self._consumer.start()
            while not self.stopped_because:
                await self._poll()
        finally:
            await self._finish(self._tasks)
            await self._consumer.stop()

    async def _poll(self) -> None:
        fetched = await self._consumer.getmany(timeout_ms=200, max_records=self._batch)
        for partition, records in fetched.items():
            if partition not in self._lanes:
                continue
            self._consumer.pause(partition)
            self._tasks[partition] = asyncio.create_task(self._work(partition, [_record(r) for r in records]))
        for partition, lanes in list(self._lanes.items()):
            if lanes.parked_keys and partition not in self._tasks:
                self._consumer.pause(partition)
                self._tasks[partition] = asyncio.create_task(self._work(partition, []))
        PARKED.labels(self.group).set(sum(lanes.parked_keys for lanes in self._lanes.values()))
        self._stop_where_too_much_fails()

    async def _work(self, partition: TopicPartition, records: list[Record]) -> None:
        IN_HAND.labels(self.group).inc(len(records))
        try:
            lanes = self._lanes[partition]
            await lanes.carry_out_verdicts()
            if records:
                await lanes.process(records)
                await self._commit(partition, records[-1].offset + 1)
        except Transient as problem:
            log.warning("reaction.postponed", group=self.group, cause=str(problem))
            if records:
                self._consumer.seek(partition, records[0].offset)
            await asyncio.sleep(1)
        except Exception as problem:
            log.exception("reaction.runner-failed", group=self.group)
            self.stopped_because = f"{type(problem).__name__}: {problem}"
        finally:
            IN_HAND.labels(self.group).dec(len(records))
            self._tasks.pop(partition, None)
            if partition in self._consumer.assignment():
                self._consumer.resume(partition)

    async def _commit(self, partition: TopicPartition, offset: int) -> None:
        try:
            await self._consumer.commit({partition: offset})
        except KafkaError as problem:
            # The next owner repeats what was done, and drops it by its positions.
            log.warning("reaction.commit-failed", group=self.group, cause=type(problem).__name__)

    def _stop_where_too_much_fails(self) -> None:
        dead = sum(lanes.dead_letters for lanes in self._lanes.values())
        parked = sum(lanes.parked_keys for lanes in self._lanes.values())
        if dead > self._most_dead_letters:
            self.stopped_because = f"{dead} dead letters since the start"
        elif parked > self._most_parked_keys:
            self.stopped_because = f"{parked} parked keys"
        if self.stopped_because:
            log.critical("reaction.stopped", group=self.group, why=self.stopped_because)

    async def assigned(self, partitions: Collection[TopicPartition]) -> None:
        for partition in partitions:
            lanes = Lanes(self.subscription, partition.topic, partition.partition, self._inbox, self._dead_letter)
            while True:
                try:
                    await lanes.open()
                    break
                except Transient as problem:
                    log.warning("reaction.assignment-waits", group=self.group, cause=str(problem))
                    await asyncio.sleep(0.5)
            self._lanes[partition] = lanes

    async def revoked(self, partitions: Collection[TopicPartition]) -> None:
        await self._finish({partition: self._tasks[partition] for partition in partitions if partition in self._tasks})
        for partition in partitions:
            self._lanes.pop(partition, None)

    async def _finish(self, tasks: Mapping[TopicPartition, asyncio.Task[None]]) -> None:
        """Lets work in hand end, for a moment; what is cut off is repeated by the next owner."""
        running = list(tasks.values())
        if running:
            _, late = await asyncio.wait(running, timeout=5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _dead_letter(self, record: Record, error: str) -> None:
        headers = (
            *record.headers,
            ("dlq_topic", record.topic.encode()),
            ("dlq_partition", str(record.partition).encode()),
            ("dlq_offset", str(record.offset).encode()),
            ("dlq_error", error.encode()),
        )
        await self._producer.send(f"{self.group}.dlq.v1", record.key, record.value, headers)

    async def backlog(self) -> Mapping[str, int]:
        parked = sum(lanes.parked_keys for lanes in self._lanes.values())
        return {f"in-hand:{self.group}": len(self._tasks), f"parked:{self.group}": parked}


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
