"""A batch of one partition, processed: keys side by side, one key strictly in order, without any broker.

Failures are told apart: Obsolete is counted and passed; an undecodable record is a dead letter; a transient failure is
tried again with back-off; anything else parks the key with all that follows on it, and the rest flows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog
from prometheus_client import Counter

from shared.contracts.envelope import Envelope, NewerVersion, Undecodable, decode, header, read_data
from shared.kernel.decider import Obsolete
from shared.kernel.failures import Transient
from shared.reactions.inbox import Inbox, Parked, ParkReason, Record
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
    """One partition of one group while this process owns it."""

    subscription: Subscription
    topic: str
    partition: int
    inbox: Inbox
    dead_letter: DeadLetter
    first_delay_seconds: float = 0.1
    longest_delay_seconds: float = 10.0
    dead_letters: int = 0
    _parked_lanes: dict[str, int] = field(default_factory=dict)
    _positions: dict[str, int] = field(default_factory=dict)
    _moved: dict[str, int] = field(default_factory=dict)

    @property
    def parked_keys(self) -> int:
        return len(self._parked_lanes)

    async def open(self) -> None:
        """Reads what is parked; called when the partition is assigned."""
        self._parked_lanes = {}
        for parked in await self.inbox.parked(self.subscription.group, self.topic, self.partition):
            self._count_parked(parked.record.lane, 1)

    async def process(self, records: Sequence[Record]) -> None:
        """Returns when every record was applied, dropped, parked or dead-lettered, and positions are durable."""
        lanes: dict[str, list[Record]] = {}
        for record in records:
            lanes.setdefault(record.lane, []).append(record)
        delay = self.first_delay_seconds
        while lanes:
            try:
                await self._read_positions(records)
                results = await asyncio.gather(*(self._lane(name, lane) for name, lane in lanes.items()))
                await self._write_positions()
            except Transient as problem:
                results = [problem]
            lanes = {name: lane for name, lane in lanes.items() if lane}
            failures = [result for result in results if result is not None]
            if failures:
                HANDLED.labels(self.subscription.group, "retried").inc()
                log.warning("reaction.retries", group=self.subscription.group, cause=str(failures[0]), in_seconds=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, self.longest_delay_seconds)

    async def carry_out_verdicts(self) -> None:
        """Goes on with keys whose first parked record an operator decided about."""
        if not self._parked_lanes:
            return
        queues: dict[str, list[Parked]] = {}
        for parked in await self.inbox.parked(self.subscription.group, self.topic, self.partition):
            queues.setdefault(parked.record.lane, []).append(parked)
        for lane, queue in queues.items():
            if queue[0].verdict:
                await self._read_positions([parked.record for parked in queue])
                await self._drain(lane, queue)
                await self._write_positions()

    async def _lane(self, name: str, records: list[Record]) -> Transient | None:
        """Takes records off the front as they are done; stops at a transient failure and returns it."""
        while records:
            try:
                await self._step(name, records[0])
            except Transient as problem:
                return problem
            records.pop(0)
        return None

    async def _step(self, lane: str, record: Record) -> None:
        try:
            if lane in self._parked_lanes:
                await self._behind_parked(lane, record)
            else:
                await self._apply(record)
        except Undecodable as problem:
            self.dead_letters += 1
            HANDLED.labels(self.subscription.group, "dead-letter").inc()
            log.error("reaction.dead-letter", cause=str(problem), **self._where(record))
            await self.dead_letter(record, str(problem))
        except _Parks as parks:
            await self._park(lane, record, parks.reason, parks.detail)

    async def _behind_parked(self, lane: str, record: Record) -> None:
        """A record on a parked key: the one that a gap waited for goes through, any other queues up."""
        queue = [
            parked
            for parked in await self.inbox.parked(self.subscription.group, self.topic, self.partition)
            if parked.record.lane == lane
        ]
        if queue and queue[0].reason == "gap" and await self._fills_gap(record):
            await self._apply(record)
            await self._drain(lane, queue)
            return
        if queue and any(parked.record.offset == record.offset for parked in queue):
            return
        raise _Parks("behind", "an earlier record of this key is parked")

    async def _fills_gap(self, record: Record) -> bool:
        """Whether it is the next of its subject, or a repeat of that; a record that cannot be read fills nothing."""
        try:
            source, sequence = self._source(record)
        except Undecodable:
            return False
        await self._read_position(source)
        return sequence <= self._positions.get(source, 0) + 1

    async def _drain(self, lane: str, queue: Sequence[Parked]) -> None:
        """Applies parked records in order, up to the first that must still wait."""
        for position, parked in enumerate(queue):
            if parked.verdict == "discard":
                await self._pass_over(parked.record)
            else:
                try:
                    await self._apply(parked.record)
                except _Parks as parks:
                    log.warning("reaction.still-parked", why=parks.reason, **self._where(parked.record))
                    await self._repark(parked, parks, first=position == 0)
                    return
                except Undecodable as problem:
                    await self.dead_letter(parked.record, str(problem))
            await self._write_positions()
            await self.inbox.release(self.subscription.group, [parked.record])
            self._count_parked(lane, -1)

    async def _repark(self, parked: Parked, parks: _Parks, *, first: bool) -> None:
        """The head of the queue now waits for its own reason; an operator's verdict is spent."""
        await self.inbox.release(self.subscription.group, [parked.record])
        await self.inbox.park(self.subscription.group, [Parked(parked.record, parks.reason, parks.detail)])
        if first:
            HANDLED.labels(self.subscription.group, "parked-again").inc()

    async def _apply(self, record: Record) -> None:
        wanted = {model.type: (model, handler) for model, handler in self.subscription.handlers.items()}
        event_type = header(record.headers, "ce_type")
        envelope: Envelope | None = None
        if event_type is None or event_type in wanted:
            envelope = decode(record.value)
            event_type = envelope.type
        source, sequence = self._source(record, envelope)
        if self.subscription.ordering == "sequenced" and self._repeat(source, sequence):
            return
        if envelope is not None and event_type in wanted:
            model, handler = wanted[event_type]
            try:
                data = read_data(envelope, model)
            except NewerVersion as problem:
                raise _Parks("newer-version", str(problem)) from problem
            await self._handle(record, handler(Message(record.topic, record.lane, envelope, data)))
        else:
            HANDLED.labels(self.subscription.group, "passed-over").inc()
        self._move(source, sequence)

    def _repeat(self, source: str, sequence: int) -> bool:
        last = self._positions.get(source, 0)
        if sequence > last + 1:
            raise _Parks("gap", f"sequence {sequence} came after {last}")
        if sequence <= last:
            HANDLED.labels(self.subscription.group, "repeat").inc()
        return sequence <= last

    async def _handle(self, record: Record, handling: Awaitable[None]) -> None:
        try:
            await handling
        except (Transient, Undecodable):
            raise
        except Obsolete as refusal:
            HANDLED.labels(self.subscription.group, "obsolete").inc()
            log.info("reaction.obsolete", code=refusal.code, **self._where(record))
        except Exception as problem:
            log.exception("reaction.failed", **self._where(record))
            raise _Parks("failed", f"{type(problem).__name__}: {problem}") from problem
        else:
            HANDLED.labels(self.subscription.group, "applied").inc()

    async def _pass_over(self, record: Record) -> None:
        """Discarded by an operator: the position moves past it as though it had been applied."""
        HANDLED.labels(self.subscription.group, "discarded").inc()
        try:
            self._move(*self._source(record))
        except Undecodable:
            log.warning("reaction.discarded-unreadable", **self._where(record))

    async def _park(self, lane: str, record: Record, reason: ParkReason, detail: str) -> None:
        HANDLED.labels(self.subscription.group, "parked").inc()
        log.error("reaction.parked", why=reason, detail=detail, **self._where(record))
        await self.inbox.park(self.subscription.group, [Parked(record, reason, detail)])
        self._count_parked(lane, 1)

    def _source(self, record: Record, envelope: Envelope | None = None) -> tuple[str, int]:
        """`topic|subject` and sequence, from the headers where they are there."""
        subject, sequence = header(record.headers, "ce_subject"), header(record.headers, "ce_sequence")
        if subject is None or sequence is None or not sequence.isdigit():
            envelope = envelope or decode(record.value)
            return f"{record.topic}|{envelope.subject}", envelope.sequence
        return f"{record.topic}|{subject}", int(sequence)

    def _move(self, source: str, sequence: int) -> None:
        if self.subscription.ordering == "sequenced":
            self._positions[source] = self._moved[source] = sequence

    async def _read_positions(self, records: Sequence[Record]) -> None:
        """What is known is kept between batches only as long as it is durable."""
        if self.subscription.ordering != "sequenced":
            return
        sources = set()
        for record in records:
            try:
                sources.add(self._source(record)[0])
            except Undecodable:
                continue
        self._positions = dict(await self.inbox.positions(self.subscription.group, sorted(sources)))
        self._positions.update(self._moved)

    async def _read_position(self, source: str) -> None:
        if source not in self._positions:
            self._positions.update(await self.inbox.positions(self.subscription.group, [source]))

    async def _write_positions(self) -> None:
        moved, self._moved = self._moved, {}
        try:
            await self.inbox.advance(self.subscription.group, moved)
        except Transient:
            self._moved = {**moved, **self._moved}
            raise

    def _count_parked(self, lane: str, by: int) -> None:
        count = self._parked_lanes.get(lane, 0) + by
        if count > 0:
            self._parked_lanes[lane] = count
        else:
            self._parked_lanes.pop(lane, None)

    def _where(self, record: Record) -> dict[str, object]:
        return {
            "group": self.subscription.group,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.lane,
        }
