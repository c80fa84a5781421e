"""Inspection for services: in a process of its own, so that neither the event loop nor the service's memory is in a
stranger's hands. It is started with the first file, and anew after a file that it did not survive."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Protocol

import orjson
import structlog
from prometheus_client import Counter

from shared.files.covers import Cover
from shared.files.verdict import MENDS, Accepted, FileFinding, Kind, Refused, Verdict
from shared.policies.policy import FileLimit

SECONDS_FOR_ONE = 30.0
"""Ours: the worst file within the limits takes about three on a slow machine."""

_TRIES = 2
"""A process may also be lost without the file's fault (killed, or the machine stood still); not twice in a row."""

_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")
"""All that the process gets: no secret of the service is in reach of whatever a file does to it."""

_INSPECTED = Counter("ipp_files_inspected_total", "Files that were looked at, by what came of it.", ["result"])

log = structlog.get_logger(__name__)


class Inspector(Protocol):
    """None of it raises for what is in a file; all but `inspect` are for files that were accepted.

    preview: a page as a JPEG, its longer side at most `side` pixels, covers painted over; None for what has none.
    pages: how many there are to be drawn, 0 where that cannot be told. clean: the file without metadata, None where it
    cannot be made.
    """

    async def inspect(self, content: bytes, filename: str, limit: FileLimit) -> Verdict: ...
    async def preview(
        self, content: bytes, kind: Kind, side: int, page: int = 1, covers: Sequence[Cover] = ()
    ) -> bytes | None: ...
    async def pages(self, content: bytes, kind: Kind) -> int: ...
    async def clean(self, content: bytes, kind: Kind) -> bytes | None: ...


class WorkerLost(Exception):
    """The process ended, or was ended for taking too long."""


class InspectorProcess:
    """One worker, one file at a time: memory is bounded by one file, whatever number is sent at once."""

    name = "file-inspector"

    def __init__(self, seconds: float = SECONDS_FOR_ONE) -> None:
        self._seconds = seconds
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Nothing yet: most processes never see a file."""

    async def stop(self) -> None:
        await self._end()

    async def inspect(self, content: bytes, filename: str, limit: FileLimit) -> Verdict:
        if len(content) > limit.max_bytes:  # it is not even handed over
            mend = f"Send at most {limit.max_bytes} bytes."
            return Refused((FileFinding("document-too-large", f"It is larger than {limit.max_bytes} bytes.", mend),))
        request = {"task": "inspect", "filename": filename, "limit": asdict(limit)}
        for _ in range(_TRIES):
            try:
                verdict = _verdict(orjson.loads(await self._ask(request, content)))
            except WorkerLost as problem:
                log.warning("file-not-survived", task="inspect", reason=str(problem), size=len(content))
                continue
            _INSPECTED.labels("accepted" if isinstance(verdict, Accepted) else "refused").inc()
            return verdict
        _INSPECTED.labels("not-survived").inc()
        code = "document-decodes-too-large"
        return Refused((FileFinding(code, "It takes too much time or memory to be read.", MENDS[code]),))

    async def preview(
        self, content: bytes, kind: Kind, side: int, page: int = 1, covers: Sequence[Cover] = ()
    ) -> bytes | None:
        return await self._made(
            "preview", content, kind, side=side, page=page, covers=[asdict(each) for each in covers]
        )

    async def pages(self, content: bytes, kind: Kind) -> int:
        return int(await self._made("pages", content, kind) or 0)

    async def clean(self, content: bytes, kind: Kind) -> bytes | None:
        return await self._made("clean", content, kind)

    async def _made(self, task: str, content: bytes, kind: Kind, **more: object) -> bytes | None:
        try:
            return await self._ask({"task": task, "kind": kind, **more}, content) or None
        except WorkerLost as problem:
            log.warning("file-not-survived", task=task, reason=str(problem), kind=kind, size=len(content))
            return None

    async def _ask(self, request: dict[str, Any], content: bytes) -> bytes:
        async with self._turn:
            done = False
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await self._exchange(orjson.dumps({**request, "size": len(content)}) + b"\n", content)
                done = True
                return answer
            except TimeoutError as problem:
                raise WorkerLost(f"no answer within {self._seconds:g} s") from problem
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


def _verdict(told: dict[str, Any]) -> Verdict:
    if "accepted" in told:
        return Accepted(**{**told["accepted"], "metadata": tuple(told["accepted"]["metadata"])})
    return Refused(tuple(FileFinding(**each) for each in told["refused"]["findings"]))
