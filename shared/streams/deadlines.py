"""The deadline processor: tells an owner that a deadline of its subject passed. Run by each owner of deadlines.

Every event of the owner carries all deadlines that its subject has after it; the list replaces the one before. When
business time is past due + grace, `DeadlineExpired` goes to the owner, again and again with back-off in real time,
until an event of the owner no longer names the deadline. The tick writes no table. An undated deadline never fires.
"""

import heapq
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

import orjson

from shared.contracts.deadlines import DeadlineExpired, WithDeadlines
from shared.contracts.envelope import Envelope
from shared.kernel.clock import Clock
from shared.streams.processor import NOTHING, Effects, Processor, Put, Record, Send, Shape, Unreadable

FIRST_WAIT_SECONDS = 5.0  # real time between the first expiry sent and the next one
LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A dated deadline of a subject. `cause`, `correlation`: of the event that named it last."""

    id: str
    kind: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of one subject: the sequence of its latest event and its dated deadlines after it."""

    sequence: int
    running: tuple[Running, ...] = ()
    cause: str = ""
    correlation: str = ""

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
class _Attempts:
    """Expiries sent for one overdue deadline. `next_at`: real seconds."""

    next_at: float = 0.0
    wait: float = FIRST_WAIT_SECONDS


@dataclass
class _Partition:
    """heap: (due, table key, deadline id), checked against `subjects` when it comes up; overdue: past due + grace and
    still named by the owner."""

    subjects: dict[str, Subject] = field(default_factory=dict)
    heap: list[tuple[datetime, str, str]] = field(default_factory=list)
    overdue: dict[tuple[str, str], _Attempts] = field(default_factory=dict)

    def set(self, key: str, subject: Subject) -> None:
        before = set(self.subjects[key].running) if key in self.subjects else set()
        self.subjects[key] = subject
        for gone in before.difference(subject.running):
            self.overdue.pop((key, gone.id), None)
        for one in subject.running:
            if one not in before:
                heapq.heappush(self.heap, (one.due, key, one.id))

    def running(self, key: str, deadline_id: str) -> Running | None:
        subject = self.subjects.get(key)
        return next((one for one in subject.running if one.id == deadline_id), None) if subject else None

    def collect(self, until: datetime) -> None:
        """Moves what was due before `until` among the overdue."""
        while self.heap and self.heap[0][0] < until:
            due, key, deadline_id = heapq.heappop(self.heap)
            one = self.running(key, deadline_id)
            if one is not None and one.due == due:
                self.overdue.setdefault((key, deadline_id), _Attempts())


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
        subject = Subject.from_bytes(value)
        known = self._of(partition).subjects.get(key)
        if known is None or subject.sequence >= known.sequence:
            self._of(partition).set(key, subject)

    def drop(self, partition: int) -> None:
        self._partitions.pop(partition, None)

    def process(self, record: Record) -> Effects:
        data, envelope = record.data, record.envelope
        if not isinstance(data, WithDeadlines):
            return NOTHING
        part = self._of(record.partition)
        key = _table_key(record.topic, record.key)
        known = part.subjects.get(key)
        if known is not None and envelope.sequence < known.sequence:
            return NOTHING
        running = tuple(Running(one.id, one.kind, one.due) for one in data.deadlines if one.due is not None)
        subject = Subject(envelope.sequence)
        if running:
            subject = Subject(envelope.sequence, running, envelope.id, envelope.correlationid)
        part.set(key, subject)
        if not running and not (known and known.running) and not (known and known.sequence == envelope.sequence):
            return NOTHING  # nothing ran before and nothing runs now: most events of most subjects
        return Effects((Put(key, subject.to_bytes()),))

    def tick(self) -> Iterable[Send]:
        now = self._seconds()
        sends = []
        for part in self._partitions.values():
            part.collect(self._clock.now() - self._grace)
            for (key, deadline_id), attempts in part.overdue.items():
                one = part.running(key, deadline_id)
                if one is not None and attempts.next_at <= now:
                    attempts.next_at = now + attempts.wait
                    attempts.wait = min(attempts.wait * 2, LONGEST_WAIT_SECONDS)
                    sends.append(self._expired(key, part.subjects[key], one))
        return sends

    def backlog(self) -> int:
        """See `overdue`."""
        return self.overdue()

    def overdue(self) -> int:
        """Deadlines past due + grace that the owner has not answered yet, sent or not."""
        return sum(1 for _ in self._overdue())

    def lateness(self) -> timedelta:
        """By how much business time is past due + grace of the oldest unanswered deadline; zero where there is none."""
        until = self._clock.now() - self._grace
        return max((until - one.due for one in self._overdue()), default=timedelta())

    def _overdue(self) -> Iterator[Running]:
        for part in self._partitions.values():
            part.collect(self._clock.now() - self._grace)
            for key, deadline_id in part.overdue:
                if one := part.running(key, deadline_id):
                    yield one

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
