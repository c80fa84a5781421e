"""A batch of one partition, processed: keys side by side, one key strictly in order, without any broker.

Failures are told apart: Obsolete is counted and passed; an undecodable record is a dead letter; a transient failure is
tried again with back-off; anything else parks the key with all that follows on it, and the rest flows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from prometheus_client import Counter

from shared.contracts.envelope import Envelope, NewerVersion, Undecodable, decode, header, read_data
from shared.kernel.decider import Obsolete
from shared.kernel.failures import Transient
from shared.reactions.inbox import Inbox, Parked, ParkReason, Record
from shared.reactions.parking import Parking, Waiting, source_of
from shared.reactions.subscription import Message, Subscription

HANDLED = Counter("ipp_reactions", "Records by what became of them.", ("group", "result"))

log = structlog.get_logger()

DeadLetter = Callable[[Record, str], Awaitable[None]]


class _Parks(Exception):
    def __init__(self, reason: ParkReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: ParkReason = reason
        self.detail = detail


@dataclass
class Lanes:
    """One partition of one group while this process owns it. Its calls follow one another, never side by side."""

    subscription: Subscription
    topic: str
    partition: int
    inbox: Inbox
    dead_letter: DeadLetter
    first_delay_seconds: float = 0.1
    longest_delay_seconds: float = 10.0
    looked: bool = False
    """Whether parked keys that can go on were given the chance since the partition was assigned."""
    _parking: Parking = field(init=False)
    _positions: dict[str, int] = field(default_factory=dict)
    _moved: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._wanted = {model.type: (model, handler) for model, handler in self.subscription.handlers.items()}
        group, sequenced = self.subscription.group, self.subscription.ordering == "sequenced"
        self._parking = Parking(self.inbox, group, self.topic, self.partition, sequenced=sequenced)

    @property
    def parked_keys(self) -> int:
        return self._parking.keys

    async def open(self) -> None:
        """Reads what is parked; called when the partition is assigned."""
        await self._parking.open()
        self.looked = not self.parked_keys

    async def process(self, records: Sequence[Record]) -> None:
        """Returns when every record was applied, dropped, parked or dead-lettered, and positions are durable."""
        lanes: dict[str, list[Record]] = {}
        for record in records:
            lanes.setdefault(record.lane, []).append(record)
        delay = self.first_delay_seconds
        while lanes or self._moved:
            problem = await self._once(records, lanes)
            lanes = {name: lane for name, lane in lanes.items() if lane}
            if problem is not None:
                HANDLED.labels(self.subscription.group, "retried").inc()
                log.warning("reaction.retries", group=self.subscription.group, cause=repr(problem), in_seconds=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, self.longest_delay_seconds)

    async def resume_parked(self) -> None:
        """Goes on with parked keys that can: see `Parking.ready`. What is out of reach is tried at the next call."""
        try:
            for lane in await self._parking.ready():
                await self._drain(lane)
            self.looked = True
        except Transient as problem:
            log.warning("reaction.parked-wait", group=self.subscription.group, cause=repr(problem))

    async def _once(self, records: Sequence[Record], lanes: Mapping[str, list[Record]]) -> Transient | None:
        """One attempt at all that is left. What was applied is off its lane, whatever became of the rest."""
        try:
            await self._read_positions(records)
            lanes_done = (self._lane(name, lane) for name, lane in lanes.items())
            results = await asyncio.gather(*lanes_done, return_exceptions=True)
            await self._write_positions()
        except Transient as problem:
            return problem
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, Transient):
                raise result
        return next((result for result in results if isinstance(result, Transient)), None)

    async def _lane(self, name: str, records: list[Record]) -> None:
        """Takes records off the front as they are done."""
        while records:
            await self._step(name, records[0])
            records.pop(0)

    async def _step(self, lane: str, record: Record) -> None:
        try:
            head = self._parking.head(lane)
            if head is None:
                await self._apply(record)
            else:
                await self._behind(head, lane, record)
        except Undecodable as problem:
            await self._to_dead_letters(record, problem)
        except _Parks as parks:
            await self._park(lane, record, parks.reason, parks.detail)

    async def _behind(self, head: Waiting, lane: str, record: Record) -> None:
        """A record on a parked key: what a gap waited for and what was before it go through, any other queues up."""
        if self._parking.holds(record):
            return
        if self._parking.comes_before(record, lane):
            await self._apply(record)
            return
        if self._parking.waits_already(record):
            HANDLED.labels(self.subscription.group, "repeat").inc()
            return
        if head.reason == "gap" and self._counts_like(head, record):
            _, sequence = source_of(record)
            await self._know_positions([head.source])
            if sequence <= self._positions.get(head.source, 0) + 1:
                await self._apply(record)
                if head.sequence <= self._positions.get(head.source, 0) + 1:
                    await self._drain(lane)
                return
            if sequence < head.sequence:
                raise _Parks("gap", f"sequence {sequence} came before its predecessor")
        raise _Parks("behind", "an earlier record of this key is parked")

    def _counts_like(self, head: Waiting, record: Record) -> bool:
        """Whether it is of the source that the head waits for; a record that cannot be read is of none."""
        try:
            return source_of(record)[0] == head.source
        except Undecodable:
            return False

    async def _drain(self, lane: str) -> None:
        """Applies parked records in their order, up to the first that must still wait."""
        queue = await self._parking.queue(lane)
        await self._read_positions([parked.record for parked in queue], more=True)
        done: list[Record] = []
        try:
            for parked in queue:
                if parked.reason == "failed" and not parked.verdict:
                    break
                try:
                    await self._go_on_with(parked)
                except _Parks as parks:
                    log.warning("reaction.still-parked", why=parks.reason, **self._where(parked.record))
                    await self._parking.again(lane, Parked(parked.record, parks.reason, parks.detail))
                    break
                done.append(parked.record)
        finally:
            if done:
                await self._write_positions()
                await self._parking.release(lane, done)

    async def _go_on_with(self, parked: Parked) -> None:
        if parked.verdict == "discard":
            self._pass_over(parked.record)
            return
        try:
            await self._apply(parked.record, over_gap=parked.verdict == "retry" and parked.reason == "gap")
        except Undecodable as problem:
            await self._to_dead_letters(parked.record, problem)

    async def _apply(self, record: Record, *, over_gap: bool = False) -> None:
        """Raises Transient, Undecodable and _Parks only: one odd record must not hold its partition for ever."""
        try:
            await self._read_and_handle(record, over_gap=over_gap)
        except (Transient, Undecodable, _Parks):
            raise
        except Exception as problem:
            log.exception("reaction.failed", **self._where(record))
            raise _Parks("failed", f"{type(problem).__name__}: {problem}") from problem

    async def _read_and_handle(self, record: Record, *, over_gap: bool) -> None:
        event_type = header(record.headers, "ce_type")
        envelope: Envelope | None = None
        if event_type is None or event_type in self._wanted:
            envelope = decode(record.value)
            event_type = envelope.type
        source, sequence = source_of(record, envelope)
        if self.subscription.ordering == "sequenced" and self._repeat(source, sequence, over_gap=over_gap):
            return
        if envelope is not None and event_type in self._wanted:
            model, handler = self._wanted[event_type]
            try:
                data = read_data(envelope, model)
            except NewerVersion as problem:
                raise _Parks("newer-version", str(problem)) from problem
            await self._handle(record, handler(Message(record.topic, record.lane, envelope, data)))
        else:
            HANDLED.labels(self.subscription.group, "passed-over").inc()
        self._move(source, sequence)

    def _repeat(self, source: str, sequence: int, *, over_gap: bool) -> bool:
        last = self._positions.get(source, 0)
        if sequence > last + 1 and not over_gap:
            raise _Parks("gap", f"sequence {sequence} came after {last}")
        if sequence <= last:
            HANDLED.labels(self.subscription.group, "repeat").inc()
        return sequence <= last

    async def _handle(self, record: Record, handling: Awaitable[None]) -> None:
        try:
            await handling
        except Obsolete as refusal:
            HANDLED.labels(self.subscription.group, "obsolete").inc()
            log.info("reaction.obsolete", code=refusal.code, **self._where(record))
        else:
            HANDLED.labels(self.subscription.group, "applied").inc()

    async def _to_dead_letters(self, record: Record, problem: Undecodable) -> None:
        """Its position is not moved: where the source counts, what follows waits until it came readable, or until an
        operator lets the key go on without it."""
        await self.dead_letter(record, str(problem))
        HANDLED.labels(self.subscription.group, "dead-letter").inc()
        log.error("reaction.dead-letter", cause=str(problem), **self._where(record))

    def _pass_over(self, record: Record) -> None:
        """Discarded by an operator: the position moves past it as though it had been applied."""
        HANDLED.labels(self.subscription.group, "discarded").inc()
        try:
            self._move(*source_of(record))
        except Undecodable:
            log.warning("reaction.discarded-unreadable", **self._where(record))

    async def _park(self, lane: str, record: Record, reason: ParkReason, detail: str) -> None:
        await self._parking.add(lane, Parked(record, reason, detail))
        HANDLED.labels(self.subscription.group, "parked").inc()
        # One that only follows is no news: the first of its key was told.
        told = log.debug if reason == "behind" else log.warning if reason == "gap" else log.error
        told("reaction.parked", why=reason, detail=detail, **self._where(record))

    def _move(self, source: str, sequence: int) -> None:
        if self.subscription.ordering == "sequenced" and sequence > self._positions.get(source, 0):
            self._positions[source] = self._moved[source] = sequence

    async def _read_positions(self, records: Sequence[Record], *, more: bool = False) -> None:
        """Fresh for each batch, as another process may have owned the partition meanwhile; `more` adds to it."""
        if self.subscription.ordering != "sequenced":
            return
        sources = set()
        for record in records:
            try:
                sources.add(source_of(record)[0])
            except Undecodable:
                continue
        if not more:
            self._positions = {}
        await self._know_positions(sorted(sources))

    async def _know_positions(self, sources: Sequence[str]) -> None:
        unknown = [source for source in sources if source not in self._positions]
        if unknown:
            # Lanes read side by side: what moved while this was under way is later than what was read.
            self._positions = {**await self.inbox.positions(self.subscription.group, unknown), **self._positions}
        self._positions.update(self._moved)

    async def _write_positions(self) -> None:
        moved, self._moved = self._moved, {}
        try:
            await self.inbox.advance(self.subscription.group, moved)
        except BaseException:
            self._moved = {**moved, **self._moved}
            raise

    def _where(self, record: Record) -> dict[str, object]:
        return {
            "group": self.subscription.group,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.lane,
        }
