"""Faults of records: they come twice, and groups begin again at an earlier offset."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from deploy.simulator.ledger import plain_consumer
from deploy.simulator.quiet import Broker
from tests.chaos.fire.faults.fault import Field
from tests.chaos.fire.ground import Post

_GONE_WITHIN = 40.0


@dataclass(frozen=True)
class Duplicate:
    """Exact copies of old records, in their order, at the end of their partitions. `seed` draws where they begin."""

    kind: ClassVar[str] = "duplicate"
    topics: tuple[str, ...]
    seed: int
    most: int = 60
    lasts: float = 0.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({"broker"})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        bootstrap, copied = field.stage.stack.kafka_bootstrap, 0
        async with plain_consumer(bootstrap, self.topics) as (consumer, partitions):
            ends = {part: end for part, end in (await consumer.end_offsets(partitions)).items() if end}
            async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
                for part, end in sorted(ends.items()):
                    start = int(random.Random(f"{self.seed}|{part}").random() * end)
                    for record in await _read(consumer, part, start, min(end, start + self.most)):
                        await producer.send_and_wait(
                            part.topic, record.value, key=record.key, partition=part.partition,
                            headers=list(record.headers),
                        )  # fmt: skip
                        copied += 1
        yield f"{copied} records on {len(ends)} partitions of {', '.join(self.topics)}"


async def _read(consumer: Any, part: TopicPartition, start: int, end: int) -> list[Any]:
    consumer.assign([part])
    consumer.seek(part, start)
    found: list[Any] = []
    while await consumer.position(part) < end:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            found += [record for record in records if record.offset < end]
    return found


@dataclass(frozen=True)
class Replay:
    """While the processes of a post are away, its groups are set back to an earlier offset: `share` of what they have
    done is done again."""

    kind: ClassVar[str] = "replay"
    post: Post
    groups: tuple[str, ...]
    share: float = 0.3
    lasts: float = 0.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.post.service, "broker"})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        bootstrap = field.stage.stack.kafka_bootstrap
        await field.fleet.take_away(self.post)
        try:
            repeated = [await _set_back(bootstrap, group, self.share) for group in self.groups]
        finally:
            field.fleet.send_back(self.post)
        yield f"{', '.join(self.groups)}: {sum(repeated)} records again"


async def _set_back(bootstrap: str, group: str, share: float) -> int:
    """Retries until the broker no longer counts on a member."""
    deadline = time.monotonic() + _GONE_WITHIN
    while True:
        try:
            return await _commit_earlier(bootstrap, group, share)
        except KafkaError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(1)


async def _commit_earlier(bootstrap: str, group: str, share: float) -> int:
    broker = Broker(bootstrap)
    await broker.start()
    try:
        committed = await broker.commits(group)
    finally:
        await broker.stop()
    earlier = {part: int(offset * (1 - share)) for part, offset in committed.items() if offset > 0}
    if not earlier:
        return 0
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(earlier))
        await consumer.commit(earlier)
    finally:
        await consumer.stop()
    return sum(committed[part] - offset for part, offset in earlier.items())
