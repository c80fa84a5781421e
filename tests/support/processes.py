"""Looking at processes and waiting for conditions in tests."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path


async def eventually(condition: Callable[[], bool], within: float = 10.0) -> None:
    """Wait until the condition holds; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
