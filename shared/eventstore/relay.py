"""The relay: from outboxes to topics, in order, at least once.

It sends from the head of each outbox, never the next record of an aggregate before the one before is acknowledged,
many aggregates side by side. Any number of relays may race: repeats occur, and order after dropping repeats holds.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge

from shared.eventstore.documents import OutboxRecord
from shared.eventstore.store import AggregateStore
from shared.kernel.clock import wall_seconds
from shared.kernel.failures import Transient

SENT = Counter("ipp_relay_sent", "Public records acknowledged by the broker.", ("collection",))
FAILED = Counter("ipp_relay_failures", "Rounds that ended early; the records stay and are sent again.", ("collection",))
OLDEST = Gauge("ipp_relay_queue", "Aggregates known to have something to send.", ("collection",))

log = structlog.get_logger()


class Publisher(Protocol):
    """Hands a record to the broker; returns when it is acknowledged, raises Transient where it was not in time."""

    async def publish(self, record: OutboxRecord) -> None: ...


class Relay:
    """One collection's relay: woken at commit, sweeping what a crash or another process left behind."""

    def __init__(
        self,
        name: str,
        store: AggregateStore,
        publisher: Publisher,
        *,
        batch: int = 200,
        sweep_every_seconds: float = 2.0,
    ) -> None:
        self.name = name
        self._store = store
        self._publisher = publisher
        self._batch = batch
        self._sweep_every = sweep_every_seconds
        self._waiting: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._busy = False

    def wake(self, aggregate_id: str) -> None:
        """Something was committed to the outbox of this aggregate."""
        self._waiting[aggregate_id] = None
        self._woken.set()

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._busy

    async def run(self) -> None:
        """Until cancelled."""
        await self._until_swept(age=0.0)
        swept_at = wall_seconds()
        while True:
            if wall_seconds() - swept_at >= self._sweep_every:
                await self._until_swept(age=self._sweep_every)
                swept_at = wall_seconds()
            if not self._waiting:
                self._woken.clear()
                try:
                    await asyncio.wait_for(self._woken.wait(), self._sweep_every)
                except TimeoutError:
                    continue
            await self._round()

    async def _until_swept(self, age: float) -> None:
        try:
            for aggregate_id in await self._store.waiting(wall_seconds() - age, self._batch * 5):
                self._waiting[aggregate_id] = None
        except Transient as problem:
            log.warning("relay.sweep-failed", relay=self.name, cause=str(problem))

    async def _round(self) -> None:
        ids = list(self._waiting)[: self._batch]
        for aggregate_id in ids:
            del self._waiting[aggregate_id]
        self._busy = True
        try:
            await self.send(ids)
        except Transient as problem:
            FAILED.labels(self.name).inc()
            log.warning("relay.round-failed", relay=self.name, cause=str(problem), aggregates=len(ids))
            self._waiting.update(dict.fromkeys(ids))
            await asyncio.sleep(0.5)
        finally:
            self._busy = False
            OLDEST.labels(self.name).set(len(self._waiting))

    async def send(self, ids: Sequence[str]) -> None:
        """Sends all that these aggregates have to send. What was acknowledged is taken out even where others failed;
        then raises the first failure."""
        outboxes = await self._store.outboxes(ids)
        sent: dict[str, list[str]] = {}
        results = await asyncio.gather(
            *(self._send_in_order(records, sent.setdefault(i, [])) for i, records in outboxes.items() if records),
            return_exceptions=True,
        )
        await self._store.sent({i: done for i, done in sent.items() if done})
        SENT.labels(self.name).inc(sum(len(done) for done in sent.values()))
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _send_in_order(self, records: Sequence[OutboxRecord], sent: list[str]) -> None:
        for record in records:
            await self._publisher.publish(record)
            sent.append(record.id)

    async def backlog(self) -> Mapping[str, int]:
        return {f"outbox:{self.name}": await self._store.unsent()}
