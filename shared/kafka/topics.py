"""Looks at the broker's topics before anything is sent or consumed: neither to a missing one ends by itself."""

import asyncio
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient


async def missing(bootstrap: str, names: Iterable[str], *, seconds: float = 20.0) -> list[str]:
    """Those of the names that are no topics, sorted. Raises TimeoutError or KafkaError where the broker is away."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(seconds):
            await client.start()
            return sorted(set(names) - set(await client.list_topics()))
    finally:
        await client.close()
