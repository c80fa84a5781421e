"""Moves business time through the plan, from one instant at which something happens to the next, and only when the
world stands still."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.simulator.actors import Actors
from deploy.simulator.ledger import GRACE, Ledger
from deploy.simulator.marketplaces import Marketplaces
from deploy.simulator.plan import Plan
from deploy.simulator.quiet import Quiet
from shared.kernel.clock import FileClock

# Past the grace, so that every expiry of the instant has its effect in the same step.
_AFTER_DUE = GRACE + timedelta(seconds=1)
_LATE_ANSWER = timedelta(hours=1)


@dataclass(frozen=True)
class Progress:
    """Where the run is: `done` of `total` appointments, business time, what happens, cases by state."""

    done: int
    total: int
    now: datetime
    happening: str
    by_state: Counter[str]
    steps: int


@dataclass
class Driver:
    plan: Plan
    clock: FileClock
    actors: Actors
    marketplaces: Marketplaces
    ledger: Ledger
    quiet: Quiet
    told: Callable[[Progress], None]
    steps: int = 0
    _done: int = 0

    async def run(self) -> None:
        """All appointments, every deadline between them and after them."""
        for appointment in self.plan.appointments:
            await self._until(appointment.at)
            self._move(appointment.at, str(appointment.step))
            await self.actors.perform(appointment)
            await self._settle()
            self._done += 1
        await self._until(None)
        self._tell("done")

    async def _until(self, instant: datetime | None) -> None:
        """Steps through the deadlines that are over before the instant; without one, through all there are."""
        while True:
            if self.marketplaces.waiting and instant is None:
                self._move(self.clock.now() + _LATE_ANSWER, "late marketplaces answer")
            elif (due := self.ledger.next_due()) is None or (instant is not None and due + _AFTER_DUE >= instant):
                return
            else:
                self._move(max(due + _AFTER_DUE, self.clock.now()), "deadlines end")
            await self._settle()

    def _move(self, instant: datetime, happening: str) -> None:
        self.clock.move_to(max(instant, self.clock.now()))
        self.marketplaces.business_time_moved()
        self.steps += 1
        self._tell(happening)

    async def _settle(self) -> None:
        self.marketplaces.check()
        await self.quiet.wait()

    def _tell(self, happening: str) -> None:
        total = len(self.plan.appointments)
        self.told(Progress(self._done, total, self.clock.now(), happening, self.ledger.by_state(), self.steps))


def checks(
    clock: FileClock, marketplaces: Marketplaces, ledger: Ledger, backlogs: Callable[[], Awaitable[str]]
) -> tuple[Callable[[], Awaitable[str]], ...]:
    """What must be done before time moves on, cheapest first."""

    async def marketplaces_answered() -> str:
        return f"{marketplaces.outstanding} acknowledgements outstanding" if marketplaces.outstanding else ""

    async def deadlines_acted_on() -> str:
        overdue = ledger.overdue(clock.now())
        return f"{len(overdue)} deadlines are over, the first {overdue[0]}" if overdue else ""

    return marketplaces_answered, deadlines_acted_on, backlogs
