"""A marketplace that only listens: when each command came into its hand, by a plain consumer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


class Arrivals:
    """`at`: record key → monotonic seconds of its arrival; a repeat keeps the first."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self._news = asyncio.Event()

    def came(self, key: bytes) -> None:
        self.at.setdefault(key.decode(), time.perf_counter())
        self._news.set()

    async def until_all(self, keys: set[str], within: float = 60.0) -> None:
        async with asyncio.timeout(within):
            while not keys <= self.at.keys():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def listening(bootstrap: str, topic: str) -> AsyncIterator[Arrivals]:
    """From the end of the topic as it is now."""
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="latest", enable_auto_commit=False)
    await consumer.start()
    arrivals = Arrivals()

    async def listen() -> None:
        async for record in consumer:
            arrivals.came(record.key)

    try:
        partitions = [TopicPartition(topic, number) for number in await _partitions(consumer, topic)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for partition in partitions:
            await consumer.position(partition)
        task = asyncio.create_task(listen())
        yield arrivals
        task.cancel()
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, topic: str) -> list[int]:
    await consumer._client.add_topic(topic)
    return sorted(consumer.partitions_for_topic(topic))
