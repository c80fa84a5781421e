"""The topics and the group of a rebuild: made before it, gone after it."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest

from deploy.provision import apply
from deploy.provision.declaration import DeclaredTopic
from deploy.rebuild.processors import MARK, Rebuildable, later_input
from deploy.simulator.ledger import plain_consumer
from deploy.simulator.quiet import describe_groups
from shared.streams.processor import Shape
from shared.streams.topics import partition_counts

_GONE_WITHIN = 30.0
_GROUP_NOT_FOUND = 69

log = structlog.get_logger(__name__)


class LiveTopicMissing(Exception):
    """The live processor's topics are not all there."""


async def create(bootstrap: str, target: Rebuildable, shape: Shape, mark: str) -> None:
    """Everything that the rebuilt processor writes to, with as many partitions as the live ones have."""
    counts = await partition_counts(bootstrap, target.live.topics)
    if missing := sorted(name for name, count in counts.items() if not count):
        raise LiveTopicMissing(f"{target.name}: these topics are missing: {', '.join(missing)}")
    wanted = [
        DeclaredTopic(name, counts[live], {}) for name, live in zip(shape.outputs, target.live.outputs, strict=True)
    ]
    wanted += [DeclaredTopic(later_input(name, mark), counts[name], {}) for name in target.later]
    wanted.append(DeclaredTopic(shape.changelog, counts[target.live.changelog], {"cleanup.policy": "compact"}))
    wanted.append(DeclaredTopic(shape.dead_letters, 1, {}))
    await apply(bootstrap, wanted)


class Copy:
    """An input copied to a shadow of it, partition by partition, as far as it has come."""

    def __init__(self, bootstrap: str, source: str, target: str) -> None:
        self.target = target
        self._bootstrap = bootstrap
        self._source = source
        self._positions: dict[TopicPartition, int] = {}

    async def catch_up(self) -> None:
        """Everything that is there now."""
        producer: Any = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=True)
        async with plain_consumer(self._bootstrap, [self._source]) as (consumer, partitions), producer:
            ends = await consumer.end_offsets(partitions)
            behind = {part: end for part, end in ends.items() if end > self._positions.get(part, 0)}
            consumer.assign(list(behind))
            for part in behind:
                consumer.seek(part, self._positions.get(part, 0))
            while any([await consumer.position(part) < end for part, end in behind.items()]):
                fetched = await consumer.getmany(timeout_ms=500)
                sent = [await self._send(producer, record) for records in fetched.values() for record in records]
                await asyncio.gather(*sent)
                self._positions |= {part: records[-1].offset + 1 for part, records in fetched.items()}

    async def _send(self, producer: Any, record: Any) -> Any:
        return await producer.send(
            self.target, record.value, key=record.key, partition=record.partition, headers=list(record.headers)
        )


async def shadows(bootstrap: str) -> tuple[list[str], list[str]]:
    """Topics and groups of rebuilds that run now or were killed."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = [name for name in await admin.list_topics() if MARK in name]
        groups = [name for name, *_ in await admin.list_consumer_groups() if MARK in name]
        return sorted(topics), sorted(groups)
    finally:
        await admin.close()


async def remove_leftovers(bootstrap: str) -> tuple[list[str], list[str]]:
    """What rebuilds left that were killed, or told to keep it. One that runs now loses its ground."""
    topics, groups = await shadows(bootstrap)
    await remove(bootstrap, topics, groups)
    return topics, groups


async def remove(bootstrap: str, topics: Iterable[str], groups: Iterable[str]) -> None:
    """Returns when the broker lists none of them any more. Refuses to touch anything that is no shadow."""
    topics, groups = list(topics), list(groups)
    for name in (*topics, *groups):
        if MARK not in name:
            raise ValueError(f"{name} is no shadow")
    await _remove_groups(bootstrap, groups)
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        if doomed := [name for name in topics if name in there]:
            response = await admin.delete_topics(doomed)
            for name, code in response.topic_error_codes:
                if code not in (0, UnknownTopicOrPartitionError.errno):
                    log.warning("shadow.not-removed", topic=name, cause=for_code(code).__name__)
        deadline = time.monotonic() + _GONE_WITHIN
        while set(topics) & set(await admin.list_topics()) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def _remove_groups(bootstrap: str, groups: list[str]) -> None:
    """A static member stays in its group when its worker ends; it is taken out first."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    client: Any = AIOKafkaClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await client.bootstrap()
        for group in groups:
            node = await admin.find_coordinator(group)
            for _, _, _, _, _, members in await describe_groups(client, node, [group]):
                for member_id, *_ in members:
                    await client.send(node, LeaveGroupRequest(group, member_id))
            response = await client.send(node, DeleteGroupsRequest([group]))
            for name, code in response.results:
                if code not in (0, _GROUP_NOT_FOUND):
                    log.warning("shadow.not-removed", group=name, cause=for_code(code).__name__)
    finally:
        await client.close()
        await admin.close()
