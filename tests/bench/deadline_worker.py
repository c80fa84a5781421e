"""The deadline processor in a process of its own, as a measure has it."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import orjson
import psutil

from tests.bench.streams import ROOT, Broker


class DeadlineWorker:
    """The processor under measure."""

    def __init__(
        self, kafka: Broker, group: str, source: str, folder: Path | None, instance: str = "1", cpu: int | None = None
    ) -> None:
        pinned = "-" if cpu is None else str(cpu)
        self._arguments = (kafka.bootstrap, group, source, str(folder or "-"), "-", instance, pinned)
        self._process: Any = None

    async def start(self, within: float = 120.0) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.peers.deadlines_ours", *self._arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        if await asyncio.wait_for(self._process.stdout.readline(), within) != b"ready\n":
            raise RuntimeError("the worker ended while it started")

    @property
    def cpu_seconds(self) -> float:
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    async def held(self) -> dict[str, int]:
        return await self._asked(b"rows\n")

    async def processed(self) -> dict[str, int]:
        return await self._asked(b"processed\n")

    async def _asked(self, question: bytes) -> dict[str, int]:
        self._process.stdin.write(question)
        found: dict[str, int] = orjson.loads(await self._process.stdout.readline())
        return found

    @property
    def memory_mb(self) -> float:
        return float(psutil.Process(self._process.pid).memory_info().rss) / 1_000_000

    def pause(self) -> None:
        """For less than its session, or it ends."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()
