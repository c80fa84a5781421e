"""Deadlines on the real broker, under a clock that is stepped from outside, through kill -9."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.stack import LocalStack
from services.complaints.streams import deadlines
from shared.contracts.complaints import cases
from shared.contracts.deadlines import DeadlineData
from shared.contracts.envelope import decode, encode
from shared.kernel.clock import FileClock
from shared.streams.app import StreamSettings
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Shape
from shared.streams.worker import StreamWorker
from tests.support.eventually import eventually
from tests.support.kafka import Broker, broker, named
from tests.support.stream_process import worker_process
from tests.support.streams import envelope

_START = datetime.fromisoformat("2026-02-13T02:00:00Z")
_DUE = datetime.fromisoformat("2026-02-24T16:00:00Z")
_GRACE = timedelta(seconds=60)


@pytest.fixture
async def kafka(stack: LocalStack) -> AsyncIterator[Broker]:
    async with broker(stack.kafka_bootstrap) as found:
        yield found


async def _tell(kafka: Broker, shape: Shape, sequence: int, *due: datetime, count: int = 20) -> None:
    """The next event of each case, with these deadlines running after it."""
    topic = next(iter(shape.inputs))
    running = tuple(
        DeadlineData(
            id=f"counter-notification:{number}",
            kind="counter-notification",
            due=instant,
            start=_START,
            business_days=3,
            calendar="CN-PRC",
            calendar_version="2026.1",
            policy_version="2026-01",
        )
        for number, instant in enumerate(due, start=1)
    )
    records = []
    for number in range(count):
        data = cases.TOPIC.examples[0].model_copy(update={"case_id": f"C{number}", "deadlines": running})
        headers, value = encode(envelope(data, sequence, _START, f"C{number}"))
        records.append((topic, f"C{number}".encode(), value, headers))
    await kafka.put(records)


async def test_each_expiry_is_sent_when_due_never_early_and_again_after_kill_9_until_answered(
    kafka: Broker, fresh_name: Callable[[str], str], tmp_path: Path
) -> None:
    shape = named(deadlines.shape(), fresh_name)
    await kafka.make(shape)
    clock_file = tmp_path / "clock"
    clock = FileClock.create(clock_file, _START)
    [output] = shape.outputs

    def worker() -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
        return worker_process("deadlines", kafka.bootstrap, shape, clock=clock_file)

    async def committed(count: int) -> bool:
        return sum((await kafka.committed(shape.app_id)).values()) == count

    async def expired() -> set[str]:
        return {raw.headers["ce_id"].decode() for raw in await kafka.read(output)}

    async def all_expired() -> bool:
        return len(await expired()) == 20

    async with worker() as process:
        await _tell(kafka, shape, 1, _DUE)
        await eventually(lambda: committed(20), within=60)
        clock.move_to(_DUE + _GRACE)
        process.kill()
    assert await expired() == set()

    async with worker() as process:  # what is owed was read back from the changelog
        assert await expired() == set()
        clock.move_to(_DUE + _GRACE + timedelta(seconds=1))
        await eventually(all_expired, within=60)
        before = len(await kafka.read(output))
        process.kill()

    async def again() -> bool:
        return len(await kafka.read(output)) >= before + 20

    async with worker():  # unanswered: sent again, under the same ids
        await eventually(again, within=60)
    found = await kafka.read(output)
    assert {raw.key: decode(raw.value).id for raw in found} == {
        f"C{n}".encode(): f"deadline/cases/C{n}/counter-notification:1/20260224T160000Z" for n in range(20)
    }


async def test_an_answer_clears_what_is_overdue(
    kafka: Broker, fresh_name: Callable[[str], str], tmp_path: Path
) -> None:
    shape = named(deadlines.shape(), fresh_name)
    await kafka.make(shape)
    clock = FileClock.create(tmp_path / "clock", _START)
    processor = DeadlineProcessor(shape, "complaints", clock, _GRACE)
    worker = StreamWorker(processor, StreamSettings(kafka.bootstrap))
    task = asyncio.create_task(worker.run())

    async def quiet() -> bool:
        return not any((await worker.backlog()).values())

    await eventually(lambda: worker.ready, within=60)
    await _tell(kafka, shape, 1, _DUE, _DUE + timedelta(days=1))
    await eventually(quiet, within=60)

    clock.move_to(_DUE + timedelta(hours=1))
    assert (await worker.backlog())[f"due:{shape.name}"] == 20
    await _tell(kafka, shape, 2, _DUE + timedelta(days=1))
    await eventually(quiet, within=60)

    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("loss", ["nothing", "the folder", "rows that are older than the changelog"])
async def test_with_rows_on_its_machine_a_worker_owes_the_same_after_kill_9(
    kafka: Broker, fresh_name: Callable[[str], str], tmp_path: Path, loss: str
) -> None:
    """Deadlines are told to one worker with local rows, moved by another one without, and told again to the first."""
    shape = named(deadlines.shape(), fresh_name)
    await kafka.make(shape)
    clock_file, rows = tmp_path / "clock", tmp_path / "rows"
    clock = FileClock.create(clock_file, _START)
    told = 0

    async def tell(sequence: int, due: datetime, count: int, folder: Path | None) -> None:
        nonlocal told
        told += count
        async with worker_process("deadlines", kafka.bootstrap, shape, clock=clock_file, rows=folder) as process:
            await _tell(kafka, shape, sequence, due, count=count)
            await eventually(committed, within=60)
            process.kill()

    async def committed() -> bool:
        return sum((await kafka.committed(shape.app_id)).values()) == told

    await tell(1, _DUE, 20, rows)
    await tell(2, _DUE + timedelta(days=2), 10, None if loss.startswith("rows") else rows)  # C0 to C9 get more time
    if loss == "the folder":
        shutil.rmtree(rows)
    clock.move_to(_DUE + timedelta(hours=1))

    async def expired() -> set[bytes | None]:
        return {raw.key for raw in await kafka.read(shape.outputs[0])}

    async def some() -> bool:
        return len(await expired()) >= 10

    async with worker_process("deadlines", kafka.bootstrap, shape, clock=clock_file, rows=rows):
        await eventually(some, within=60)
        assert await expired() == {f"C{number}".encode() for number in range(10, 20)}
    assert (rows / shape.app_id / "CURRENT").is_file()
