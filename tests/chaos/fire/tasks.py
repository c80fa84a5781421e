"""Tasks that are ended from outside."""

import asyncio
from contextlib import suppress
from typing import Any


async def ended(task: "asyncio.Task[Any]") -> None:
    """Cancels it; returns when it has ended, whatever came of it."""
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
