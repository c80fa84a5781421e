"""Sending: `acks=all`, idempotent, every send under a deadline (a send to a missing topic never ends by itself)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError

from shared.eventstore.documents import OutboxRecord
from shared.kernel.failures import Transient

_LOOKS_AGAIN_AFTER = 0.5  # seconds

log = structlog.get_logger()


class BrokerUnavailable(Transient):
    """The broker did not acknowledge in time."""


class RecordTooLarge(Exception):
    """The record is longer than the client or the broker takes; trying again does not help."""


class Producer:
    """One producer for a process.

    An idempotent producer numbers its records by partition. After a refusal that left a hole in the numbers the broker
    takes nothing more from it, for ever: then it is replaced by a new one, and what failed is sent again by its sender.
    """

    def __init__(self, bootstrap: str, client_id: str, *, deadline_seconds: float = 15.0) -> None:
        self._producer: Any = None
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._deadline = deadline_seconds
        self._worn_out: Any = None
        self._renewal = asyncio.Lock()

    async def start(self, *, patience_seconds: float = 30.0) -> None:
        """Waits for a broker that is away. Raises KafkaConnectionError when it stays away for longer than the patience:
        a process that ended at once would be started again and again, just when the broker needs the machine."""
        loop = asyncio.get_running_loop()
        begun, told = loop.time(), False
        while True:
            try:
                self._producer = await self._started()
            except KafkaConnectionError:
                if loop.time() > begun + patience_seconds:
                    raise
                if not told:
                    log.warning("producer.waits-for-broker", client=self._client_id)
                told = True
                await asyncio.sleep(_LOOKS_AGAIN_AFTER)
            else:
                return

    async def stop(self) -> None:
        if self._producer is not None:
            await _stopped(self._producer, self._deadline)

    async def publish(self, record: OutboxRecord) -> None:
        """See `shared.eventstore.relay.Publisher`."""
        await self.send(record.topic, record.key.encode(), record.value, record.headers)

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
    ) -> None:
        """Returns when the broker has it. Raises BrokerUnavailable after the deadline, RecordTooLarge at once."""
        producer: Any = None
        try:
            async with asyncio.timeout(self._deadline):
                producer = await self._fit()
                await producer.send_and_wait(topic, value, key=key, headers=list(headers))
        except MessageSizeTooLargeError as problem:
            # Refused by the client before it had a number, or by the broker after: only the latter leaves a hole, and
            # the next send finds it.
            raise RecordTooLarge(f"{topic}: {problem}") from problem
        except (TimeoutError, KafkaError) as problem:
            if producer is not None and isinstance(problem, KafkaError) and not problem.retriable:
                self._worn_out = producer
            raise BrokerUnavailable(f"{topic}: {type(problem).__name__} {problem}") from problem

    async def healthy(self) -> bool:
        """Whether the broker answers a question about its cluster within two seconds."""
        try:
            async with asyncio.timeout(2):
                await self._producer.client.force_metadata_update()
        except (TimeoutError, KafkaError):
            return False
        return True

    async def _fit(self) -> Any:
        """A producer that the broker still takes records from."""
        if self._producer is not self._worn_out:
            return self._producer
        async with self._renewal:
            if self._producer is self._worn_out:
                log.warning("producer.replaced", client=self._client_id)
                old, self._producer = self._producer, await self._started()
                await _stopped(old, 1.0)
        return self._producer

    async def _started(self) -> Any:
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            # What comes while a batch is under way is the next batch: waiting for more would only add to latency.
            linger_ms=0,
            max_batch_size=128 * 1024,
            request_timeout_ms=int(self._deadline * 1000),
        )
        try:
            await producer.start()
        except BaseException:
            await _stopped(producer, 1.0)
            raise
        return producer


async def _stopped(producer: Any, deadline_seconds: float) -> None:
    """Sends what it still holds, but not for ever."""
    try:
        async with asyncio.timeout(deadline_seconds):
            await producer.stop()
    except (TimeoutError, KafkaError) as problem:
        log.warning("producer.stopped-late", cause=type(problem).__name__)
