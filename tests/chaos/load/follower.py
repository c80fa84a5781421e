"""Follows the topics of cases and measures as anybody may, also where the broker goes away and comes back."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from deploy.simulator.ledger import CASES, TOPICS, Ledger, plain_consumer

_PAUSE = 0.5
Told = Callable[[Mapping[str, Any]], None]

log = structlog.get_logger(__name__)


class Follower:
    """`seen`: states of cases and running deadlines; `told`: called with each new event of a case, in its order."""

    def __init__(self, bootstrap: str, told: Told) -> None:
        self.seen = Ledger()
        self._bootstrap = bootstrap
        self._told = told
        self._positions: dict[TopicPartition, int] = {}
        self._sequences: dict[str, int] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError) as problem:
                log.warning("follower.begins-again", cause=repr(problem))
                await asyncio.sleep(_PAUSE)

    def behind(self, ends: Mapping[TopicPartition, int]) -> int:
        """Records that it has not read yet, of its topics."""
        mine = ((part, end) for part, end in ends.items() if part.topic in TOPICS)
        return sum(max(0, end - self._positions.get(part, 0)) for part, end in mine)

    async def _follow(self) -> None:
        async with plain_consumer(self._bootstrap, TOPICS) as (consumer, partitions):
            consumer.assign(partitions)
            for partition in partitions:
                consumer.seek(partition, self._positions.get(partition, 0))
            while True:
                for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        self._take(partition.topic, orjson.loads(record.value))
                    self._positions[partition] = records[-1].offset + 1

    def _take(self, topic: str, body: Mapping[str, Any]) -> None:
        self.seen.take(topic, body)
        if topic != CASES or int(body["sequence"]) <= self._sequences.get(body["subject"], 0):
            return
        self._sequences[body["subject"]] = int(body["sequence"])
        self._told(body)
