"""Nothing that hangs holds a process beyond the deadline of its stop."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

_PROCESS = """
import asyncio, contextlib, sys, threading
from shared.runtime import Assembly, process

process.STOP_DEADLINE_S = 0.3
hangs = sys.argv[1]

@contextlib.asynccontextmanager
async def wiring(roles):
    if hangs == "a thread":
        threading.Thread(target=threading.Event().wait).start()
    print("here", file=sys.stderr, flush=True)
    if hangs == "the start":
        await asyncio.Event().wait()
    async with contextlib.AsyncExitStack() as stack:
        yield Assembly(stack)
        if hangs == "a stop":
            await asyncio.Event().wait()
        if hangs == "a thread and a failure":
            threading.Thread(target=threading.Event().wait).start()
            raise OSError("no store")

process.run("test", wiring, [])
"""


@pytest.mark.parametrize(
    ("hangs", "code"), [("nothing", 0), ("the start", 1), ("a stop", 1), ("a thread", 1), ("a thread and a failure", 1)]
)
async def test_a_process_that_is_asked_to_stop_ends_in_time(hangs: str, code: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROCESS,
        hangs,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
    )
    try:
        assert process.stderr is not None
        assert await asyncio.wait_for(process.stderr.readline(), 60) == b"here\n"
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == code
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
