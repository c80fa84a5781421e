"""The deadline processor: tells an owner that a deadline of its subject passed. Run by each owner of deadlines.

Every event of the owner carries all deadlines that its subject has after it; the list replaces the one before. When
business time is past due + grace, `DeadlineExpired` goes to the owner, again and again with back-off in real time,
until an event of the owner no longer names the deadline. The tick writes no table. An undated deadline never fires.

A million deadlines wait here for weeks: what a subject has is kept as the bytes of its row and read when it is asked
for; a tick and a look at the backlog cost by what is due, never by what waits. See docs/performance/deadlines.md.
"""

import heapq
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from sys import intern
from typing import ClassVar

import orjson

from shared.contracts.deadlines import DeadlineExpired, WithDeadlines
from shared.contracts.envelope import Envelope
from shared.kernel.clock import EPOCH, Clock
from shared.streams.processor import NOTHING, Effects, Processor, Put, Record, Send, Shape, Unreadable, UnreadableRow

FIRST_WAIT_SECONDS = 5.0  # real time between the first expiry sent and the next one
LONGEST_WAIT_SECONDS = 60.0
MOST_SENT_AT_ONCE = 1000
"""By a tick: when much falls due together, heartbeats, commits and records go on in between."""

_MOST_FOUND_AT_ONCE = 20_000  # that fell due since the last look
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Running:
    """A dated deadline of a subject."""

    id: str
    kind: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of one subject: the sequence of its latest event and its dated deadlines after it. `cause`,
    `correlation`: of the event that named them last."""

    sequence: int
    running: tuple[Running, ...] = ()
    cause: str = ""
    correlation: str = ""

    def named(self, deadline_id: str) -> Running | None:
        return next((one for one in self.running if one.id == deadline_id), None)

    def to_bytes(self) -> bytes:
        rows = [(one.id, one.kind, one.due) for one in self.running]
        return orjson.dumps({"seq": self.sequence, "due": rows, "cause": self.cause, "cor": self.correlation})

    @classmethod
    def from_bytes(cls, value: bytes) -> "Subject":
        try:
            body = orjson.loads(value)
            running = tuple(Running(name, kind, datetime.fromisoformat(due)) for name, kind, due in body["due"])
            return cls(int(body["seq"]), running, str(body["cause"]), str(body["cor"]))
        except (KeyError, TypeError, ValueError) as problem:
            raise Unreadable(repr(problem)) from problem


@dataclass(slots=True)
class _Overdue:
    """A deadline past due + grace that the owner still names. `due`: microseconds; `next_at`: real seconds."""

    due: int
    next_at: float = 0.0
    wait: float = FIRST_WAIT_SECONDS


@dataclass
class _Partition:
    """subjects: by table key the bytes of the row, or the sequence alone where nothing runs. pending: (due in
    microseconds, table key, deadline id), a heap where `ordered`; entries that no longer hold are found when they come
    up. turns: (real seconds, table key, deadline id), a heap of when an overdue one is to be sent next."""

    subjects: dict[str, bytes | int] = field(default_factory=dict)
    pending: list[tuple[int, str, str]] = field(default_factory=list)
    ordered: bool = True
    overdue: dict[tuple[str, str], _Overdue] = field(default_factory=dict)
    turns: list[tuple[float, str, str]] = field(default_factory=list)

    def subject(self, key: str) -> Subject | None:
        kept = self.subjects.get(key)
        if kept is None:
            return None
        return Subject(kept) if isinstance(kept, int) else Subject.from_bytes(kept)

    def set(self, key: str, known: Subject | None, subject: Subject, row: bytes) -> None:
        """`known`: what was there, `row`: the bytes of what is to be there."""
        self.subjects[key] = row if subject.running else subject.sequence
        before = known.running if known else ()
        for gone in before:
            if gone not in subject.running:
                self.overdue.pop((key, gone.id), None)
        for one in subject.running:
            if one not in before:
                entry = (_micros(one.due), key, intern(one.id))
                if self.ordered:
                    heapq.heappush(self.pending, entry)
                else:
                    self.pending.append(entry)

    def put_back(self, key: str, value: bytes) -> None:
        """A row whose key is not known yet: nothing is compared, and the heap is made once, when it is asked for."""
        body = orjson.loads(value)
        _, _ = body["cause"], body["cor"]
        found = [(_micros(datetime.fromisoformat(due)), key, intern(name)) for name, _, due in body["due"]]
        self.subjects[key] = value if found else int(body["seq"])
        self.pending += found
        self.ordered = False

    def collect(self, until: int) -> None:
        """Moves what was due before `until` among the overdue, in the order of time."""
        if not self.ordered:
            heapq.heapify(self.pending)
            self.ordered = True
        pending, left = self.pending, _MOST_FOUND_AT_ONCE
        while pending and pending[0][0] < until and left:
            due, key, deadline_id = heapq.heappop(pending)
            left -= 1
            subject = self.subject(key)
            one = subject.named(deadline_id) if subject else None
            if one is not None and _micros(one.due) == due and (key, deadline_id) not in self.overdue:
                self.overdue[key, deadline_id] = _Overdue(due)
                heapq.heappush(self.turns, (0.0, key, deadline_id))

    def next_turn(self, now: float) -> tuple[str, str] | None:
        """Whose turn to be sent has come; its next turn is set."""
        while self.turns and self.turns[0][0] <= now:
            at, key, deadline_id = heapq.heappop(self.turns)
            one = self.overdue.get((key, deadline_id))
            if one is not None and one.next_at == at:
                one.next_at = now + one.wait
                one.wait = min(one.wait * 2, LONGEST_WAIT_SECONDS)
                heapq.heappush(self.turns, (one.next_at, key, deadline_id))
                return key, deadline_id
        return None


class DeadlineProcessor(Processor):
    """Deadlines of one owner.

    grace: policy; an expiry is not sent while now <= due + grace. output: `<owner>.deadlines.v1`, or a shadow of it.
    seconds: real time for the back-off.
    """

    tick_seconds: ClassVar[float | None] = 0.15

    def __init__(
        self, shape: Shape, owner: str, clock: Clock, grace: timedelta, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.shape = shape
        self._owner = owner
        self._clock = clock
        self._grace = grace
        self._seconds = seconds
        self._partitions: dict[int, _Partition] = {}

    def restore(self, partition: int, key: str, value: bytes) -> None:
        part, subject = self._of(partition), Subject.from_bytes(value)
        known = part.subject(key)
        if known is None or subject.sequence >= known.sequence:
            part.set(key, known, subject, value)

    def restore_all(self, partition: int, rows: Iterable[tuple[bytes, bytes]]) -> list[UnreadableRow]:
        part = self._of(partition)
        bad: list[UnreadableRow] = []
        for raw, value in rows:
            try:
                key = raw.decode()
                if key in part.subjects:
                    self.restore(partition, key, value)
                else:
                    part.put_back(key, value)
            except (Unreadable, KeyError, TypeError, ValueError) as problem:
                bad.append(UnreadableRow(raw, value, repr(problem)))
        return bad

    def drop(self, partition: int) -> None:
        self._partitions.pop(partition, None)

    def process(self, record: Record) -> Effects:
        data, envelope = record.data, record.envelope
        if not isinstance(data, WithDeadlines):
            return NOTHING
        part = self._of(record.partition)
        key = _table_key(record.topic, record.key)
        known = part.subject(key)
        if known is not None and envelope.sequence < known.sequence:
            return NOTHING
        running = tuple(Running(one.id, one.kind, one.due) for one in data.deadlines if one.due is not None)
        if not running and not (known and known.running) and not (known and known.sequence == envelope.sequence):
            part.subjects[key] = envelope.sequence
            return NOTHING  # nothing ran before and nothing runs now: most events of most subjects
        subject = Subject(envelope.sequence)
        if running:
            subject = Subject(envelope.sequence, running, envelope.id, envelope.correlationid)
        row = subject.to_bytes()
        part.set(key, known, subject, row)
        return Effects((Put(key, row),))

    def tick(self) -> Iterable[Send]:
        now = self._seconds()
        self._collect()
        sends: list[Send] = []
        for part in self._partitions.values():
            while len(sends) < MOST_SENT_AT_ONCE and (turn := part.next_turn(now)):
                key, deadline_id = turn
                subject = part.subject(key)
                if subject and (one := subject.named(deadline_id)):
                    sends.append(self._expired(key, subject, one))
        return sends

    def backlog(self) -> int:
        """See `overdue`."""
        return self.overdue()

    def overdue(self) -> int:
        """Deadlines past due + grace that the owner has not answered yet, sent or not."""
        self._collect()
        return sum(len(part.overdue) for part in self._partitions.values())

    def lateness(self) -> timedelta:
        """By how much business time is past due + grace of the oldest unanswered deadline; zero where there is none."""
        until = self._collect()
        oldest = min((one.due for part in self._partitions.values() for one in part.overdue.values()), default=until)
        return (until - oldest) * _MICROSECOND

    def _collect(self) -> int:
        """Until when, in microseconds."""
        until = _micros(self._clock.now() - self._grace)
        for part in self._partitions.values():
            part.collect(until)
        return until

    def _of(self, partition: int) -> _Partition:
        return self._partitions.setdefault(partition, _Partition())

    def _expired(self, key: str, subject: Subject, one: Running) -> Send:
        """The same bytes each time: its id names the deadline and its due instant, its time is that instant."""
        short, name = key.split("|", 1)
        data = DeadlineExpired(subject=name, deadline_id=one.id, kind=one.kind, due=one.due)
        envelope = Envelope(
            id=f"deadline/{short}/{name}/{one.id}/{one.due:%Y%m%dT%H%M%SZ}",
            source=f"/{self._owner}/deadlines",
            type=data.type,
            subject=name,
            time=one.due,
            dataschema=data.dataschema(),
            sequence=subject.sequence,
            data=data.model_dump(mode="json"),
            causationid=subject.cause,
            correlationid=subject.correlation,
        )
        return Send.of(self.shape.outputs[0], name, envelope)


def _table_key(topic: str, subject: str) -> str:
    """`cases|IPP-…`: subjects of different topics keep apart, also where a shadow topic is read."""
    return f"{topic.split('.')[1]}|{subject}"


def _micros(instant: datetime) -> int:
    """Since the epoch: half the memory of a datetime in a heap, and compared several times as fast."""
    return (instant - EPOCH) // _MICROSECOND
