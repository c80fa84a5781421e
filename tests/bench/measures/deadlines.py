"""A million pending deadlines: how late an expiry comes, and how long a killed worker is missing.

The table's changelog is filled with the rows of a million cases, one deadline each, due over the next year. A worker in
a process of its own reads them back and then runs as in production, on real time.

- Lateness: 200 cases a second are filed whose deadlines fall due one after the other, in windows of five seconds;
  counted is from due + grace to the arrival of `DeadlineExpired` at a plain consumer.
- Recovery: 200 deadlines are told, the worker is killed with -9 before they are due, and they fall due while it is
  missing. Counted is from the kill until a new process is ready and the consumer has all of them; then each row of the
  million is compared by a sum over all.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.complaints.streams import deadlines
from shared.contracts.complaints import cases
from shared.contracts.deadlines import DeadlineData
from shared.contracts.envelope import Envelope, Headers, encode
from shared.streams.deadlines import Running, Subject
from shared.streams.processor import Shape
from tests.bench.deadline_worker import DeadlineWorker
from tests.bench.figures import Figure, Sense
from tests.bench.peers.deadlines_ours import GRACE, digest
from tests.bench.streams import PARTITIONS, Broker, bench_shape, broker

PENDING = int(os.environ.get("IPP_BENCH_DEADLINES", "1000000"))
RATE = 200
WINDOW_SECONDS = 5.0
RECOVERIES = 3
_KINDS = ("counter-notification", "adjudication")
_AHEAD = timedelta(seconds=4)  # from filing to the first deadline of a window
_SOON = timedelta(seconds=2)  # from filing to the deadlines that pass while the worker is missing
_MEMORY_MB = 640.0
"""A row of 155 bytes, its key and its places in a table and a heap are about 500 bytes; the rest is the process, and
what it needs while it reads back."""


@dataclass
class _Arrivals:
    """What a plain consumer of the output has seen: first arrival by the deadline's subject."""

    bootstrap: str
    topic: str
    first: dict[str, float] = field(default_factory=dict)
    consumer: Any = None
    task: Any = None

    async def start(self) -> None:
        self.consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, fetch_max_wait_ms=20)
        await self.consumer.start()
        parts = [TopicPartition(self.topic, number) for number in range(PARTITIONS)]
        self.consumer.assign(parts)
        await self.consumer.seek_to_beginning(*parts)
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            for records in (await self.consumer.getmany(timeout_ms=1000)).values():
                now = time.time()
                for record in records:
                    self.first.setdefault(record.key.decode(), now)

    async def all_of(self, names: set[str], within: float) -> None:
        async with asyncio.timeout(within):
            while not names <= self.first.keys():
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.consumer.stop()


class _Stage:
    def __init__(self, kafka: Broker, shape: Shape, worker: DeadlineWorker, arrivals: _Arrivals, expected: int) -> None:
        self.kafka, self.shape, self.worker, self.arrivals = kafka, shape, worker, arrivals
        self.source = next(iter(shape.inputs))
        self.expected = expected
        self.folder = kafka.folder / "rows"

    async def file(self, names: Sequence[str], first: datetime, apart: timedelta) -> dict[str, datetime]:
        due = {name: first + number * apart for number, name in enumerate(names)}
        await self.kafka.load(self.source, [case_event(name, 1, at) for name, at in due.items()])
        return due

    async def answer(self, names: Iterable[str]) -> None:
        """As the owner would: the next event of the case names no deadline."""
        await self.kafka.load(self.source, [case_event(name, 2, None) for name in names])
        await self.all_right()

    async def all_right(self) -> None:
        """The worker holds the million and nothing else. Raises TimeoutError where it does not, soon."""
        async with asyncio.timeout(30):
            wanted = {"running": PENDING, "digest": self.expected, "ready": True}
            while await self.worker.held() != wanted:
                await asyncio.sleep(0.2)

    async def lateness(self, number: int) -> list[float]:
        """Of each deadline of a window, in seconds."""
        names = [f"IPP-NEAR{number:02}{n:05}-001" for n in range(int(RATE * WINDOW_SECONDS))]
        due = await self.file(names, datetime.now(UTC) + _AHEAD, timedelta(seconds=1 / RATE))
        await self.arrivals.all_of(set(names), 60)
        late = [self.arrivals.first[name] - (at + GRACE).timestamp() for name, at in due.items()]
        if min(late) < 0:
            raise RuntimeError(f"a deadline expired {-min(late)} s early")
        await self.answer(names)
        return late

    async def recovery(self, name: str, *, empty: bool) -> float:
        """Seconds from the kill until all is right."""
        names = [f"IPP-{name}{n:05}-001" for n in range(RATE)]
        before = (await self.worker.processed())["processed"]
        due = await self.file(names, datetime.now(UTC) + _SOON, timedelta(milliseconds=5))
        await self._taken(before + len(names))
        killed = time.time()
        if killed > min(due.values()).timestamp():
            raise RuntimeError("the machine is too slow: deadlines fell due before the kill")
        await self.worker.kill()
        if empty:
            shutil.rmtree(self.folder)
        await self.worker.start()
        ready = time.time()
        await self.arrivals.all_of(set(names), 60)
        late = [self.arrivals.first[name] - (at + GRACE).timestamp() for name, at in due.items()]
        if min(late) < 0:
            raise RuntimeError(f"a deadline expired {-min(late)} s early")
        seconds = max(ready, *(self.arrivals.first[name] for name in names)) - killed
        await self.answer(names)
        return seconds

    async def _taken(self, wanted: int) -> None:
        async with asyncio.timeout(_SOON.total_seconds()):
            while (await self.worker.processed())["processed"] < wanted:
                await asyncio.sleep(0.01)


async def measure(repetitions: int) -> Sequence[Figure]:
    async with broker() as kafka:
        idle = await _idle(kafka)
        shape = bench_shape(deadlines.shape(), "bench-deadlines", {"bench.cases.v1": cases.TOPIC})
        await kafka.make_for(shape)
        expected = await _fill(kafka, shape)
        worker = DeadlineWorker(kafka, shape.name, "bench.cases.v1", kafka.folder / "rows")
        arrivals = _Arrivals(kafka.bootstrap, shape.outputs[0])
        stage = _Stage(kafka, shape, worker, arrivals, expected)
        await arrivals.start()
        try:
            began = time.time()
            await worker.start()
            first_start = time.time() - began
            await stage.all_right()
            windows = [await stage.lateness(number) for number in range(repetitions)]
            memory, kept, empty = [worker.memory_mb], list[float](), list[float]()
            for number in range(RECOVERIES):
                kept.append(await stage.recovery(f"KEPT{number}", empty=False))
                memory.append(worker.memory_mb)
                empty.append(await stage.recovery(f"EMPTY{number}", empty=True))
                memory.append(worker.memory_mb)
            others = [name for name in arrivals.first if not name.startswith(("IPP-NEAR", "IPP-KEPT", "IPP-EMPTY"))]
            if others:
                raise RuntimeError(f"{len(others)} deadlines expired that are not due")
        finally:
            await arrivals.stop()
            await worker.kill()
    detail = {"pending": PENDING, "first_start_s": round(first_start, 2), "worst_s": [max(one) for one in windows]}
    late = [sorted(one)[int(len(one) * 0.99)] for one in windows]
    return (
        Figure("deadline_lateness_p99_s", "s", late, 1.0, Sense.AT_MOST, detail),
        Figure("deadline_recovery_s", "s", kept, 30.0, Sense.AT_MOST, {"pending": PENDING}),
        Figure("deadline_recovery_empty_s", "s", empty, 60.0, Sense.AT_MOST, {"pending": PENDING}),
        Figure("memory_deadlines_mb", "MB", memory, _MEMORY_MB, Sense.AT_MOST, {"pending": PENDING}),
        Figure("memory_streams_idle_mb", "MB", idle),
    )


async def _idle(kafka: Broker) -> list[float]:
    shape = bench_shape(deadlines.shape(), "bench-idle", {"bench.idle.v1": cases.TOPIC})
    await kafka.make_for(shape)
    worker = DeadlineWorker(kafka, shape.name, "bench.idle.v1", kafka.folder / "idle")
    await worker.start()
    try:
        return [worker.memory_mb]
    finally:
        await worker.kill()


async def _fill(kafka: Broker, shape: Shape) -> int:
    """The changelog of a million cases. Returns the sum over their rows."""
    total = 0

    def rows() -> Iterator[tuple[str, Headers, bytes]]:
        nonlocal total
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        for number in range(PENDING):
            name, kind = f"IPP-{number:010}-001", _KINDS[number % 2]
            due = start + timedelta(seconds=number * 7919 % 31_000_000)
            row = Subject(3, (Running(f"{kind}:1", kind, due),), f"{name}/3", f"cor-{number:016x}").to_bytes()
            total += digest(f"cases|{name}", row)
            yield f"cases|{name}", (), row

    await kafka.load(shape.changelog, rows(), by=lambda key: key.split("|")[1])
    return total


def case_event(name: str, sequence: int, due: datetime | None) -> tuple[str, Headers, bytes]:
    """An event of a case with one deadline, or with none any more."""
    running = (_deadline(due),) if due else ()
    data = cases.TOPIC.examples[0].model_copy(update={"case_id": name, "deadlines": running})
    envelope = Envelope(
        id=f"{name}/{sequence}",
        source="/bench",
        type=data.type,
        subject=name,
        time=datetime.now(UTC),
        dataschema=data.dataschema(),
        sequence=sequence,
        data=data.model_dump(mode="json"),
        correlationid=f"cor-{name}",
    )
    return name, *encode(envelope)


def _deadline(due: datetime) -> DeadlineData:
    return DeadlineData(
        id="counter-notification:1",
        kind="counter-notification",
        due=due,
        start=due - timedelta(days=3),
        business_days=3,
        calendar="CN-PRC",
        calendar_version="2026.1",
        policy_version="2026-01",
    )
