"""A stream worker inside the test's own loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from shared.streams.worker import StreamFailed, StreamWorker
from tests.support.eventually import eventually


@asynccontextmanager
async def running(worker: StreamWorker) -> AsyncIterator[asyncio.Task[None]]:
    """Ready, or ended already; stopped at the end."""
    task = asyncio.create_task(worker.run())
    try:
        await eventually(lambda: worker.ready or task.done(), within=60)
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, StreamFailed):
            await task


async def quiet(worker: StreamWorker) -> bool:
    """Everything is processed and settled."""
    return not any((await worker.backlog()).values())
