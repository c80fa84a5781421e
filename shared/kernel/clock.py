"""Business time. Nothing but a clock of this module decides what time it is for a rule.

Tokens, leases, back-off and retention use real time and do not pass through here.
"""

import mmap
import os
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = struct.Struct("<q")


class Clock(Protocol):
    """Gives the business time, an aware UTC instant."""

    def now(self) -> datetime: ...


class SystemClock:
    """Business time is the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SteppedClock:
    """Business time stands still until it is moved; for one process (tests)."""

    def __init__(self, start: datetime) -> None:
        self._now = _aware(start)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self.move_to(self._now + by)

    def move_to(self, instant: datetime) -> None:
        instant = _aware(instant)
        if instant < self._now:
            raise ValueError("business time never goes back")
        self._now = instant


class FileClock:
    """Business time that many processes share: eight bytes of a memory-mapped file.

    The driver of a demo or of a test moves it; the services only read it.
    """

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR)
        try:
            self._map = mmap.mmap(handle, _MICROSECONDS.size)
        finally:
            os.close(handle)

    @classmethod
    def create(cls, path: Path, start: datetime) -> "FileClock":
        path.write_bytes(_MICROSECONDS.pack(_to_microseconds(start)))
        return cls(path)

    def now(self) -> datetime:
        (microseconds,) = _MICROSECONDS.unpack_from(self._map)
        return EPOCH + timedelta(microseconds=microseconds)

    def move_to(self, instant: datetime) -> None:
        if _aware(instant) < self.now():
            raise ValueError("business time never goes back")
        _MICROSECONDS.pack_into(self._map, 0, _to_microseconds(instant))


def clock_from(path: Path | None) -> FileClock | SystemClock:
    """The shared stepped clock where a file is named, the machine's time elsewhere."""
    return FileClock(path) if path else SystemClock()


def _to_microseconds(instant: datetime) -> int:
    return (_aware(instant) - EPOCH) // timedelta(microseconds=1)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("business time is an aware instant")
    return instant.astimezone(UTC)


def wall_seconds() -> float:
    """The machine's time, seconds since 1970: for leases, back-off and ages of technical records only."""
    return time.time()
