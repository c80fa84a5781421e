"""Faults of clocks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from tests.chaos.fire.faults.fault import Field


@dataclass(frozen=True)
class ClockJump:
    """Business time is days later from one instant to the next. A step back is tried too and must be refused."""

    kind: ClassVar[str] = "clock jump"
    days: float = 4.0
    lasts: float = 0.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({"clock"})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        clock = field.passing.clock
        before = clock.now()
        field.passing.move_to(before + timedelta(days=self.days))
        try:
            clock.move_to(before)
        except ValueError:
            back = "a step back was refused"
        else:
            raise AssertionError("business time went back")
        yield f"{self.days:g} days ahead; {back}"
