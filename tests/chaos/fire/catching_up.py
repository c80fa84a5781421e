"""How long the platform takes to get over something, while the load goes on: a complaint that is filed when the fault
is over reaches its takedown, and no group is far behind."""

import asyncio
import time
from dataclasses import dataclass, field

from aiokafka.errors import KafkaError

from deploy.simulator.quiet import Broker, Lag
from tests.chaos.fire.ground import BurningStage
from tests.chaos.load.follower import Follower
from tests.chaos.load.town import ENDED, Town

_BEFORE_TAKEDOWN = frozenset({"", "received", "under_review", "upheld"})
_POLL = 0.2
_SMALL_LAG = 150  # records of all groups together; a steady load has some tens
_LOOK_EVERY = 1.0


@dataclass
class CatchUp:
    """Seconds from the fault's end. marker: until the complaint was taken down; lags: until all groups were near;
    None: not within the time given, `left` says what was missing."""

    marker: float | None = None
    lags: float | None = None
    left: str = ""

    @property
    def seconds(self) -> float | None:
        return None if self.marker is None or self.lags is None else max(self.marker, self.lags)


@dataclass
class Watch:
    stage: BurningStage
    town: Town
    follower: Follower
    within: float = 240.0
    _markers: int = field(default=0, init=False)

    async def catch_up(self) -> CatchUp:
        begun = time.monotonic()
        found = CatchUp()
        self._markers += 1
        marker = asyncio.create_task(self._marker(self._markers, found, begun))
        lags = asyncio.create_task(self._lags(found, begun))
        try:
            await asyncio.wait({marker, lags}, timeout=self.within)
        finally:
            for task in (marker, lags):
                task.cancel()
            results = await asyncio.gather(marker, lags, return_exceptions=True)
        problems = [repr(r) for r in results if isinstance(r, Exception)]
        if problems:
            found.left = "; ".join([found.left, *problems]).strip("; ")
        return found

    async def _marker(self, number: int, found: CatchUp, begun: float) -> None:
        found.left = "the marker was not filed"
        case_id = await self.town.file_marker(number)
        states = self.follower.seen.states
        while (state := states.get(case_id, "")) in _BEFORE_TAKEDOWN:
            found.left = f"the marker {case_id or '?'} is {state or 'not on its topic'}"
            await asyncio.sleep(_POLL)
        assert state not in ENDED or state != "rejected", f"the marker {case_id} was rejected"
        found.marker, found.left = round(time.monotonic() - begun, 1), ""

    async def _lags(self, found: CatchUp, begun: float) -> None:
        while True:
            lags = await self.lags()
            if lags is not None and sum(lag.records for lag in lags) <= _SMALL_LAG:
                found.lags = round(time.monotonic() - begun, 1)
                return
            await asyncio.sleep(_LOOK_EVERY)

    async def lags(self) -> list[Lag] | None:
        """None where the broker does not say, or a group has never had a member."""
        broker = Broker(self.stage.stack.kafka_bootstrap)
        try:
            async with asyncio.timeout(15):
                await broker.start()
                if await broker.silent(self.stage.groups):
                    return None
                return await broker.lags(self.stage.groups)
        except (KafkaError, OSError, TimeoutError):
            return None
        finally:
            await broker.stop()
