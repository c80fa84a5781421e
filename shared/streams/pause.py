"""Notices that the whole process stood still (SIGSTOP, a suspended machine) for longer than its session.

By then another worker may have the partitions. What is in memory is old, so the process exits before it does more.
"""

import os
import threading
import time
from collections.abc import Callable

import structlog

_BEAT_SECONDS = 0.5
EXIT_CODE = 75  # EX_TEMPFAIL: start me again

log = structlog.get_logger(__name__)


def _seconds() -> float:
    """Time that goes on while the machine is suspended, where the system has such a clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def exit_at_once(gap: float) -> None:
    log.error("process stood still longer than its session: exiting before anything is processed", seconds=gap)
    os._exit(EXIT_CODE)


class PauseWatch:
    """A thread that beats. Whoever looks first after a pause finds the beat too old: the thread or `check`.

    A thread, because a busy event loop is not a paused process: heartbeats to the broker go on meanwhile.
    """

    def __init__(
        self,
        limit_seconds: float,
        *,
        on_pause: Callable[[float], None] = exit_at_once,
        seconds: Callable[[], float] = _seconds,
    ) -> None:
        self._limit = limit_seconds
        self._on_pause = on_pause
        self._seconds = seconds
        self._last = seconds()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._last = self._seconds()
        self._ended.clear()
        self._thread = threading.Thread(target=self._beat, name="pause-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def check(self) -> None:
        """Called before records are processed, before what they do goes out, and before a tick."""
        gap = self._seconds() - self._last
        if gap > self._limit:
            self._on_pause(gap)

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT_SECONDS):
            self.check()
            self._last = self._seconds()
