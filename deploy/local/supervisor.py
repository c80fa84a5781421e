"""Runs the service processes: starts them, starts again what dies, tells when all are ready, ends them in order."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from deploy.local.child import Child, ChildFailed, spawn
from deploy.local.services import SERVICES

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_STEADY_AFTER = 10.0  # seconds up, after which a death counts as the first again
_POLL = 0.1
_HOPELESS_AFTER = 5  # deaths in a row before it was ever ready: it will not get better by itself
_PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Program:
    """One process to keep running. `address` is where it answers `/health/ready`; empty: running is being ready.
    `folder`: where it is run; the project's own unless told."""

    name: str
    command: Sequence[str]
    address: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path = _PROJECT


def service_programs(env: Mapping[str, str], addresses: Mapping[str, str]) -> list[Program]:
    """Each service as one process with all its roles."""
    return [
        Program(name, (sys.executable, "-m", f"services.{name}"), address=addresses[name], env=env) for name in SERVICES
    ]


class _Kept:
    """A program and its present process, started again whenever it ends."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.child = self._spawn()
        self.restarts = 0
        self.deaths_in_a_row = 0
        self.was_ready = False

    def _spawn(self) -> Child:
        self.started = time.monotonic()
        return spawn(self.program.name, self.program.command, self.log, env=self.program.env, cwd=self.program.folder)

    async def keep(self) -> None:
        """Runs until cancelled."""
        while True:
            while self.child.running:
                await asyncio.sleep(_POLL)
            if time.monotonic() - self.started > _STEADY_AFTER:
                self.deaths_in_a_row = 0
            self.deaths_in_a_row += 1
            if self.child.exit_code != -9:  # a kill is started again at once, a program that fails is given time
                await asyncio.sleep(min(_FIRST_PAUSE * 2 ** (self.deaths_in_a_row - 1), _LONGEST_PAUSE))
            self.child = self._spawn()
            self.restarts += 1


class Supervisor:
    """`async with Supervisor(programs, folder) as supervisor:`, then `await supervisor.wait_until_ready()`.

    Each program's output is in `folder/<name>.log`. All end with this process, also when it is killed.
    """

    def __init__(self, programs: Sequence[Program], folder: Path, *, patience: float = 20.0) -> None:
        self._programs = programs
        self._folder = folder
        self._patience = patience
        self._kept: dict[str, _Kept] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        for program in self._programs:
            self.add(program)
        return self

    def add(self, program: Program) -> None:
        """Keeps one more running, from now on."""
        if program.name in self._kept:
            raise ValueError(f"{program.name} is kept running already")
        kept = _Kept(program, self._folder / f"{program.name}.log")
        self._kept[program.name] = kept
        self._tasks[program.name] = asyncio.create_task(kept.keep(), name=f"keep {program.name}")

    async def retire(self, name: str) -> None:
        """SIGTERM, SIGKILL after the patience, and it is not started again. Returns when it is gone."""
        self._tasks.pop(name).cancel()
        await self._kept.pop(name).child.stop(self._patience)

    async def wait_until_one_is_ready(self, name: str, within: float = 90.0) -> None:
        """As `wait_until_ready`, for one of them."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=6)) as session:
            await _ready(session, self._kept[name], time.monotonic() + within)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """The present process of each program."""
        return {name: kept.child.pid for name, kept in self._kept.items()}

    @property
    def restarts(self) -> dict[str, int]:
        """How often each program was started again."""
        return {name: kept.restarts for name, kept in self._kept.items()}

    def log(self, name: str) -> Path:
        return self._kept[name].log

    def kill(self, name: str) -> int:
        """kill -9 of the present process, which is then started again; returns the id of the killed one."""
        child = self._kept[name].child
        child.kill()
        return child.pid

    async def wait_until_ready(self, within: float = 90.0) -> None:
        """Returns when every program is ready. Raises ChildFailed, with the end of its log, where one is not in time
        or dies again and again."""
        deadline = time.monotonic() + within
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=6)) as session:
            await asyncio.gather(*(_ready(session, kept, deadline) for kept in self._kept.values()))

    async def stop(self) -> None:
        """SIGTERM to all at once, SIGKILL to what is still there after the patience. Returns when all are gone."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        await asyncio.gather(*(kept.child.stop(self._patience) for kept in self._kept.values()))


async def _ready(session: aiohttp.ClientSession, kept: _Kept, deadline: float) -> None:
    answer = ""
    while time.monotonic() < deadline:
        if not kept.was_ready and kept.deaths_in_a_row >= _HOPELESS_AFTER:
            raise kept.child.failed("dies again and again")
        answer = await _health(session, kept)
        if not answer:
            kept.was_ready = True
            return
        await asyncio.sleep(_POLL)
    raise kept.child.failed(f"was not ready in time ({answer})")


async def _health(session: aiohttp.ClientSession, kept: _Kept) -> str:
    """Empty when ready, else what it said."""
    if not kept.child.running:
        return "not running"
    if not kept.program.address:
        return ""
    try:
        async with session.get(f"{kept.program.address}/health/ready") as response:
            return "" if response.ok else await response.text()
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"


__all__ = ["ChildFailed", "Program", "Supervisor", "service_programs"]
