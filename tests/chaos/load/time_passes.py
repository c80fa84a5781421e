"""Business time under load: it does not wait for anybody. Before a deadline for which somebody has aimed it stops for a
moment, so that answers are sent in the last second before and in the first after, and then the expiry is due at once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from deploy.simulator.ledger import GRACE
from deploy.simulator.marketplaces import Marketplaces
from shared.kernel.clock import FileClock

Aim = Literal["before", "after", "with-expiry"]
_SECOND = timedelta(seconds=1)
_BREATH = 0.12  # seconds of real time at a stop


@dataclass
class Pace:
    """`hours` of business time every `seconds` of real time."""

    hours: float
    seconds: float


@dataclass
class TimePasses:
    clock: FileClock
    marketplaces: Marketplaces
    pace: Pace
    rng: random.Random
    shots: Counter[str] = field(default_factory=Counter)
    _aimed: dict[datetime, list[tuple[Aim, Callable[[], Awaitable[object]]]]] = field(default_factory=dict)
    _under_way: set[asyncio.Task[object]] = field(default_factory=set)

    def aim(self, due: datetime, how: Aim, act: Callable[[], Awaitable[object]]) -> None:
        """`act` is begun in the last second before `due`, in the first second after, or so that it meets the expiry.
        Where time is past that, it is begun now."""
        if self.clock.now() >= due:
            self._begin(how, act)
        else:
            self._aimed.setdefault(due, []).append((how, act))

    async def run(self) -> None:
        """Until cancelled."""
        step = timedelta(hours=self.pace.hours)
        while True:
            await asyncio.sleep(self.pace.seconds)
            target = self.clock.now() + step
            due = min(self._aimed, default=None)
            if due is not None and due - _SECOND <= target:
                await self._pass(due)
            else:
                self.move_to(target)

    async def _pass(self, due: datetime) -> None:
        shots = self._aimed.pop(due)
        self.move_to(due - _SECOND)
        for how, act in shots:
            if how == "before":
                self._begin(how, act)
        await asyncio.sleep(_BREATH * self.rng.random())
        for how, act in shots:
            if how == "with-expiry":
                self._begin(how, act)
        # Whoever is between the door and the decision now is what this is about: nobody is waited for.
        self.move_to(due + _SECOND)
        for how, act in shots:
            if how == "after":
                self._begin(how, act)
        await asyncio.sleep(_BREATH * self.rng.random())
        self.move_to(due + GRACE + _SECOND)

    def move_to(self, instant: datetime) -> None:
        self.clock.move_to(max(instant, self.clock.now()))
        self.marketplaces.business_time_moved()

    def _begin(self, how: Aim, act: Callable[[], Awaitable[object]]) -> None:
        self.shots[how] += 1
        task: asyncio.Task[object] = asyncio.ensure_future(act())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def stop(self) -> None:
        """What is aimed at later deadlines is dropped; what is under way ends."""
        self._aimed.clear()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=60)
