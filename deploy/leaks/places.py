"""Where a running platform writes: everything of it, one piece at a time, with the name of its place."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp
from aiokafka.admin import AIOKafkaAdminClient

from deploy.simulator.ledger import read_to_end


async def records(bootstrap: str, topics: Sequence[str] = ()) -> AsyncIterator[tuple[str, bytes]]:
    """Topic and content (key, headers, value) of every record that is on the topics now, or on any."""
    async for topic, record in read_to_end(bootstrap, topics or await _all_topics(bootstrap)):
        headers = b"\n".join(name.encode() + b"\n" + (value or b"") for name, value in record.headers)
        yield topic, b"\n".join((record.key or b"", headers, record.value or b""))


async def _all_topics(bootstrap: str) -> list[str]:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        return sorted(name for name in await admin.list_topics() if not name.startswith("__"))
    finally:
        await admin.close()


async def metrics(addresses: Mapping[str, str]) -> AsyncIterator[tuple[str, bytes]]:
    """What services that run tell those who watch them. One that does not answer has nothing to tell."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        for service, address in addresses.items():
            for path in ("/metrics", "/health/ready", "/backlog"):
                try:
                    async with session.get(f"{address}{path}") as answer:
                        yield f"{service}{path}", await answer.read()
                except (aiohttp.ClientError, TimeoutError, ConnectionError):
                    continue
