"""The relay: from outboxes to topics, in order, at least once.

It sends from the head of each outbox, never the next record of an aggregate before the one before is acknowledged,
many aggregates side by side. Any number of relays may race: repeats occur, and order after dropping repeats holds.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge

from shared.eventstore.documents import OutboxRecord
from shared.eventstore.store import AggregateStore
from shared.kernel.clock import wall_seconds
from shared.kernel.failures import Transient

SENT = Counter("ipp_relay_sent", "Public records acknowledged by the broker.", ("collection",))
FAILED = Counter("ipp_relay_failures", "Rounds that ended early; the records stay and are sent again.", ("collection",))
QUEUE = Gauge("ipp_relay_queue", "Aggregates known to have something to send.", ("collection",))

log = structlog.get_logger()


class Publisher(Protocol):
    """Hands a record to the broker; returns when it is acknowledged, raises Transient where it was not in time."""

    async def publish(self, record: OutboxRecord) -> None: ...


class NotYet(Transient):
    """The broker has neither taken nor refused a record in the time of a round; it may still."""


@dataclass(frozen=True)
class _Sending:
    """An attempt at an aggregate: ends with its failure, if any. sent: ids of what was acknowledged so far."""

    task: asyncio.Task[Exception | None]
    sent: list[str]


class Relay:
    """One collection's relay: woken at commit, sweeping what a crash or another process left behind.

    Aggregates whose records could not be sent are tried again apart from the others, with back-off, so that one topic
    that does not take its records does not hold up those that do. A round does not wait for them either: an attempt
    that takes longer goes on by itself, and its aggregate counts as failed and is not tried again until it has ended.
    """

    def __init__(
        self,
        name: str,
        store: AggregateStore,
        publisher: Publisher,
        *,
        batch: int = 200,
        sweep_every_seconds: float = 2.0,
        first_delay_seconds: float = 0.5,
        longest_delay_seconds: float = 10.0,
        most_held: int = 4000,
        round_seconds: float = 1.0,
    ) -> None:
        """`most_held`: outboxes kept in memory until their turn comes; those beyond are read from the store then."""
        self.name = name
        self._store = store
        self._publisher = publisher
        self._batch = batch
        self._sweep_every = sweep_every_seconds
        self._first_delay = first_delay_seconds
        self._longest_delay = longest_delay_seconds
        self._most_held = most_held
        self._round = round_seconds
        self._late: dict[str, _Sending] = {}
        self._waiting: dict[str, Sequence[OutboxRecord]] = {}
        self._failed: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._fails = asyncio.Event()
        self._in_hand = 0
        self._queue, self._sent = QUEUE.labels(name), SENT.labels(name)

    def wake(self, aggregate_id: str, outbox: Sequence[OutboxRecord] = ()) -> None:
        """Something was committed to the outbox of this aggregate. `outbox`: all that is in it, where that is known:
        then it need not be read. Woken twice, or while very many wait, it is read."""
        if aggregate_id not in self._failed:
            hold = aggregate_id not in self._waiting and len(self._waiting) < self._most_held
            self._waiting[aggregate_id] = outbox if hold else ()
            self._woken.set()

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._failed and not self._in_hand

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send_what_failed())
                await self._send_what_waits()
        finally:
            await _cut_off(self._late.values())

    async def _send_what_waits(self) -> None:
        more = await self._sweep(age=0.0)
        swept_at = wall_seconds()
        while True:
            if (more and not self._waiting) or wall_seconds() - swept_at >= self._sweep_every:
                more = await self._sweep(age=self._sweep_every)
                swept_at = wall_seconds()
            if not self._waiting:
                self._woken.clear()
                try:
                    await asyncio.wait_for(self._woken.wait(), self._sweep_every)
                except TimeoutError:
                    continue
            taken = {aggregate_id: self._waiting.pop(aggregate_id) for aggregate_id in self._first()}
            for aggregate_id in await self._attempt(list(taken), {i: outbox for i, outbox in taken.items() if outbox}):
                self._waiting.pop(aggregate_id, None)
                self._failed[aggregate_id] = None
                self._fails.set()

    def _first(self) -> list[str]:
        return list(islice(self._waiting, self._batch))

    async def _send_what_failed(self) -> None:
        delay = self._first_delay
        while True:
            if not self._failed:
                self._fails.clear()
                await self._fails.wait()
                delay = self._first_delay
            await asyncio.sleep(delay)
            await self._end_late()
            ids = list(islice((each for each in self._failed if each not in self._late), self._batch))
            if not ids:
                continue
            failed = set(await self._attempt(ids, {}))
            for aggregate_id in ids:
                del self._failed[aggregate_id]
                if aggregate_id in failed:
                    # To the end, so that all others have their turn before it.
                    self._failed[aggregate_id] = None
                else:
                    # What was committed meanwhile woke nobody.
                    self.wake(aggregate_id)
            delay = min(delay * 2, self._longest_delay) if len(failed) == len(ids) else self._first_delay

    async def _end_late(self) -> None:
        """Takes out what was acknowledged after its round; the rest is read in the next."""
        ended = {aggregate_id: sending for aggregate_id, sending in self._late.items() if sending.task.done()}
        for aggregate_id in ended:
            del self._late[aggregate_id]
        try:
            await self._take_out(ended)
        except Transient as problem:
            log.warning("relay.not-taken-out", relay=self.name, cause=repr(problem))  # sent again: a repeat

    async def _sweep(self, age: float) -> bool:
        """Whether there may be more than was found."""
        limit = self._batch * 5
        try:
            found = await self._store.waiting(wall_seconds() - age, limit)
        except Transient as problem:
            log.warning("relay.sweep-failed", relay=self.name, cause=str(problem))
            return False
        before = len(self._waiting)
        for aggregate_id in found:
            self.wake(aggregate_id)
        return len(found) == limit and len(self._waiting) > before

    async def _attempt(self, ids: Sequence[str], at_hand: Mapping[str, Sequence[OutboxRecord]]) -> Sequence[str]:
        """Sends what these have to send; the ids of those that have something left because of a failure."""
        self._in_hand += len(ids)
        try:
            failures = await self.send(ids, at_hand)
        except Transient as problem:
            failures = dict.fromkeys(ids, problem)
        finally:
            self._in_hand -= len(ids)
            self._queue.set(len(self._waiting) + len(self._failed))
        if failures:
            FAILED.labels(self.name).inc()
            cause = next(iter(failures.values()))
            log.warning("relay.not-sent", relay=self.name, cause=repr(cause), aggregates=len(failures))
        return list(failures)

    async def send(
        self, ids: Sequence[str], at_hand: Mapping[str, Sequence[OutboxRecord]] = MappingProxyType({})
    ) -> Mapping[str, Exception]:
        """Sends all that these aggregates have to send, read where it is not at hand, and takes out what was
        acknowledged; the failures by aggregate, NotYet of those that go on. Raises Transient where the store does not
        answer."""
        unread = [aggregate_id for aggregate_id in ids if aggregate_id not in at_hand]
        outboxes = {**at_hand, **(await self._store.outboxes(unread) if unread else {})}
        begun = {aggregate_id: self._begin(records) for aggregate_id, records in outboxes.items() if records}
        if not begun:
            return {}
        try:
            await asyncio.wait([sending.task for sending in begun.values()], timeout=self._round)
        except asyncio.CancelledError:
            await _cut_off(begun.values())
            raise
        ended = {aggregate_id: sending for aggregate_id, sending in begun.items() if sending.task.done()}
        late = {aggregate_id: sending for aggregate_id, sending in begun.items() if aggregate_id not in ended}
        self._late |= late
        results = {aggregate_id: sending.task.result() for aggregate_id, sending in ended.items()}
        await self._take_out(ended)
        return {i: problem for i, problem in results.items() if problem is not None} | dict.fromkeys(late, NotYet())

    def _begin(self, records: Sequence[OutboxRecord]) -> _Sending:
        sent: list[str] = []
        return _Sending(asyncio.create_task(self._send_in_order(records, sent)), sent)

    async def _take_out(self, ended: Mapping[str, _Sending]) -> None:
        sent = {aggregate_id: sending.sent for aggregate_id, sending in ended.items() if sending.sent}
        if sent:
            await self._store.sent(sent)
        self._sent.inc(sum(len(done) for done in sent.values()))

    async def _send_in_order(self, records: Sequence[OutboxRecord], sent: list[str]) -> Exception | None:
        """Stops at the first record that is not acknowledged: never the next before the one before."""
        for record in records:
            try:
                await self._publisher.publish(record)
            except Exception as problem:
                if not isinstance(problem, Transient):
                    log.exception("relay.refused", relay=self.name, record=record.id, topic=record.topic)
                return problem
            sent.append(record.id)
        return None

    async def backlog(self) -> Mapping[str, int]:
        """What is in hand is known without asking; the store is asked for what others left when nothing is."""
        known = len(self._waiting) + len(self._failed) + self._in_hand
        return {f"outbox:{self.name}": known or await self._store.unsent()}


async def _cut_off(sendings: Iterable[_Sending]) -> None:
    """At a stop. What was under way is sent again by the next process."""
    tasks = [sending.task for sending in sendings]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
