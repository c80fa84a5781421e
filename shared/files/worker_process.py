"""The other end of `worker`: a process that reads files, started with the first and anew after one that it did not
survive."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Any

import orjson

_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")
"""All that the process gets: no secret of the service is in reach of whatever a file does to it."""


class WorkerLost(Exception):
    """The process ended, or was ended for taking too long."""


class WorkerProcess:
    """One file at a time: memory is bounded by one file, whatever number is sent at once. `seconds`: for one."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def stop(self) -> None:
        await self._end()

    async def ask(self, request: dict[str, Any], content: bytes) -> bytes:
        """What the worker answers to the request about these bytes. Raises WorkerLost."""
        async with self._turn:
            done = False
            try:
                async with asyncio.timeout(self.seconds):
                    answer = await self._exchange(orjson.dumps({**request, "size": len(content)}) + b"\n", content)
                done = True
                return answer
            except TimeoutError as problem:
                raise WorkerLost(f"no answer within {self.seconds:g} s") from problem
            except (asyncio.IncompleteReadError, ConnectionError, orjson.JSONDecodeError) as problem:
                raise WorkerLost("the process ended") from problem
            finally:
                if not done:  # also when we are cancelled: half an answer must not be read by the next
                    await self._end()

    async def _exchange(self, head: bytes, content: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both are pipes
        process.stdin.writelines((head, content))
        await process.stdin.drain()
        told = orjson.loads(await process.stdout.readuntil(b"\n"))
        return await process.stdout.readexactly(told["size"])

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "shared.files.worker",
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
