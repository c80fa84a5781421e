"""A child process with a log file that ends with its parent."""

import asyncio
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

_TETHER = str(Path(__file__).with_name("tether.py"))
_TAIL_LINES = 25
_POLL = 0.05

_Process = subprocess.Popen[bytes]
_Start = Callable[[], _Process]


class ChildFailed(Exception):
    """A child ended or was not ready in time; the message holds the end of its log."""


class Child:
    """One running child. `name` is what people read; `log` holds what it prints."""

    def __init__(self, name: str, process: _Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -9 when it was killed by signal 9."""
        return self._process.poll()

    @property
    def running(self) -> bool:
        return self.exit_code is None

    def tail(self) -> str:
        """The end of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.is_file() else []
        return "\n".join(lines[-_TAIL_LINES:])

    def failed(self, why: str) -> ChildFailed:
        return ChildFailed(f"{self.name} {why}; the end of {self.log}:\n{self.tail()}")

    async def stop(self, patience: float = 20.0) -> None:
        """Ask it to stop (SIGTERM), wait `patience` seconds, then kill it. Returns when it is gone."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
            if not await self._ends_within(patience):
                self.kill()
        await self._ends_within(patience)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.running:
            self._process.kill()

    async def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            await asyncio.sleep(_POLL)
        return not self.running


def spawn(
    name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Child:
    """Start `command`, its output appended to `log`. `env` is added to this process's environment."""
    log.parent.mkdir(parents=True, exist_ok=True)
    tethered = [sys.executable, "-I", "-S", _TETHER, str(os.getpid()), *command]

    def start() -> _Process:
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - commands are ours
                tethered,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,  # Ctrl-C is for the parent, which stops its children in order
            )

    return Child(name, _spawner.run(start), log)


class _Spawner:
    """The one thread that starts children. The kernel takes the *thread* that forked for the parent, so a child
    started from a thread that ends, a test's or a worker's, would die with it. This one lives as long as the process.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[_Start, Future[_Process]]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._owner = 0

    def run(self, start: _Start) -> _Process:
        with self._starting:
            if self._owner != os.getpid():  # the first time, or the first time after a fork
                self._owner = os.getpid()
                threading.Thread(target=self._serve, name="spawner", daemon=True).start()
        result: Future[_Process] = Future()
        self._jobs.put((start, result))
        return result.result()

    def _serve(self) -> None:
        while True:
            start, result = self._jobs.get()
            try:
                result.set_result(start())
            except BaseException as error:
                result.set_exception(error)


_spawner = _Spawner()
