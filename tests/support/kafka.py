"""The broker from outside: topics made, records put in, records read by a plain consumer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.streams.processor import Shape

PARTITIONS = 4


@dataclass(frozen=True)
class Raw:
    """A record as it is on the broker."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]


class Broker:
    """Questions and answers for one test."""

    def __init__(self, bootstrap: str, producer: AIOKafkaProducer, admin: AIOKafkaAdminClient) -> None:
        self.bootstrap = bootstrap
        self._producer = producer
        self._admin = admin

    async def make(self, shape: Shape) -> None:
        """All topics of a processor; those that are there already stay."""
        compact = {"cleanup.policy": "compact"}
        wanted = [NewTopic(name, PARTITIONS, 1) for name in (*shape.inputs, *shape.outputs)]
        wanted.append(NewTopic(shape.changelog, PARTITIONS, 1, topic_configs=compact))
        wanted.append(NewTopic(shape.dead_letters, 1, 1))
        await self._make(wanted)

    async def make_topics(self, *names: str) -> None:
        """Of one partition each."""
        await self._make([NewTopic(name, 1, 1) for name in names])

    async def _make(self, wanted: list[NewTopic]) -> None:
        await self._admin.create_topics(wanted)
        while any(one["error_code"] for one in await self._admin.describe_topics([topic.name for topic in wanted])):
            await asyncio.sleep(0.05)

    async def put(self, records: Iterable[tuple[str, bytes | None, bytes | None, Iterable[tuple[str, bytes]]]]) -> None:
        """Topic, key, value, headers; in order, all acknowledged."""
        sent = [
            await self._producer.send(topic, value, key=key, headers=list(headers))
            for topic, key, value, headers in records
        ]
        await asyncio.gather(*sent)

    async def read(self, topic: str) -> list[Raw]:
        """Everything that is on the topic now."""
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await reader.start()
        try:
            parts = [TopicPartition(topic, number) for number in sorted(reader.partitions_for_topic(topic) or ())]
            if not parts:
                parts = [TopicPartition(topic, number) for number in range(await self._partitions(topic))]
            reader.assign(parts)
            await reader.seek_to_beginning(*parts)
            ends = await reader.end_offsets(parts)
            found: list[Raw] = []
            while any([await reader.position(part) < end for part, end in ends.items()]):
                for batch in (await reader.getmany(timeout_ms=200)).values():
                    found += [Raw(r.topic, r.partition, r.offset, r.key, r.value, dict(r.headers)) for r in batch]
            return found
        finally:
            await reader.stop()

    async def committed(self, group: str) -> dict[tuple[str, int], int]:
        """Committed offsets of a group, by topic and partition."""
        offsets = await self._admin.list_consumer_group_offsets(group)
        return {(part.topic, part.partition): said.offset for part, said in offsets.items() if said.offset >= 0}

    async def _partitions(self, topic: str) -> int:
        [told] = await self._admin.describe_topics([topic])
        return len(told["partitions"])


@asynccontextmanager
async def broker(bootstrap: str) -> AsyncIterator[Broker]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await producer.start()
    await admin.start()
    try:
        yield Broker(bootstrap, producer, admin)
    finally:
        await admin.close()
        await producer.stop()


def named(shape: Shape, fresh: Callable[[str], str]) -> Shape:
    """The same shape on topics of its own."""
    return Shape(
        fresh(shape.name),
        {fresh(name): contract for name, contract in shape.inputs.items()},
        tuple(fresh(name) for name in shape.outputs),
    )
