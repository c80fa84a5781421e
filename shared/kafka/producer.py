"""Sending: `acks=all`, idempotent, every send under a deadline (a send to a missing topic never ends by itself)."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.eventstore.documents import OutboxRecord
from shared.kernel.failures import Transient


class BrokerUnavailable(Transient):
    """The broker did not acknowledge in time."""


class Producer:
    """One producer for a process."""

    def __init__(self, bootstrap: str, client_id: str, *, deadline_seconds: float = 15.0) -> None:
        self._producer: Any = None
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._deadline = deadline_seconds

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=128 * 1024,
            request_timeout_ms=int(self._deadline * 1000),
        )
        await self._producer.start()

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def publish(self, record: OutboxRecord) -> None:
        """See `shared.eventstore.relay.Publisher`."""
        await self.send(record.topic, record.key.encode(), record.value, record.headers)

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Returns when the broker has it. Raises BrokerUnavailable after the deadline."""
        try:
            async with asyncio.timeout(self._deadline):
                await self._producer.send_and_wait(topic, value, key=key, headers=list(headers))
        except (TimeoutError, KafkaError) as problem:
            raise BrokerUnavailable(f"{topic}: {type(problem).__name__} {problem}") from problem

    async def healthy(self) -> bool:
        """Whether the broker answers a question about its cluster within two seconds."""
        try:
            async with asyncio.timeout(2):
                await self._producer.client.force_metadata_update()
        except (TimeoutError, KafkaError):
            return False
        return True
