"""A stream worker in a process of its own, so that it can be killed or stopped.

Arguments: processor (outcomes, deadlines), bootstrap, app name, instance, session seconds, clock file or "-",
folder of its local rows or "-", comma-separated inputs, comma-separated outputs. Prints a line when it is ready;
SIGTERM ends it in order.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import uvloop

from services.scoring.streams.outcomes import OutcomeProcessor
from shared.contracts.complaints import cases, measures
from shared.contracts.topic import Topic
from shared.kernel.clock import clock_from
from shared.runtime.parent import die_with_parent
from shared.streams.app import StreamSettings
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.processor import Processor, Shape
from shared.streams.worker import StreamWorker


@asynccontextmanager
async def worker_process(
    kind: str,
    bootstrap: str,
    shape: Shape,
    *,
    instance: str = "1",
    session: float = 8.0,
    clock: Path | None = None,
    rows: Path | None = None,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker that is ready; killed at the end, if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.stream_process",
        *(kind, bootstrap, shape.name, instance, str(session), str(clock or "-"), str(rows or "-")),
        ",".join(shape.inputs),
        ",".join(shape.outputs),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 90) == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _contract(name: str) -> Topic:
    return next(one for one in (cases.TOPIC, measures.TOPIC) if name.startswith(one.name))


def _processor(kind: str, shape: Shape, clock_file: str) -> Processor:
    if kind == "outcomes":
        return OutcomeProcessor(shape)
    return DeadlineProcessor(shape, "complaints", clock_from(Path(clock_file)), timedelta(seconds=60))


async def main(
    kind: str, bootstrap: str, name: str, instance: str, session: str, clock: str, rows: str, *topics: str
) -> None:
    inputs, outputs = (part.split(",") for part in topics)
    shape = Shape(name, {topic: _contract(topic) for topic in inputs}, tuple(outputs))
    folder = None if rows == "-" else Path(rows)
    settings = StreamSettings(bootstrap, instance=instance, session_seconds=float(session), state_folder=folder)
    worker = StreamWorker(_processor(kind, shape, clock), settings)
    running = asyncio.create_task(worker.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    while not worker.ready and not running.done():
        await asyncio.sleep(0.02)
    print("ready", flush=True)  # noqa: T201
    with suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    die_with_parent()
    uvloop.run(main(*sys.argv[1:]))
