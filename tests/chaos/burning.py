"""The load and the faults, until the plan is through or somebody ends it."""

import asyncio
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.chaos.fire.catching_up import Watch
from tests.chaos.fire.faults import Field, NotPossibleHere
from tests.chaos.fire.schedule import Deck, Strike, Volley, every_kind, long, short
from tests.chaos.fire.tasks import ended
from tests.chaos.load.time_passes import TimePasses
from tests.chaos.load.town import Town
from tests.chaos.report import Injected, Journal

_ROWS = 1.9  # of a submission on average
_MANY_ACTS = 150  # that wait: nobody files on as fast then


@dataclass
class Burning:
    """`stop`: set by whoever wants it to end early."""

    journal: Journal
    town: Town
    passing: TimePasses
    watch: Watch
    ground: Field
    stop: asyncio.Event

    async def all(self) -> None:
        seconds = self.journal.run.minutes * 60
        time_goes_on = asyncio.create_task(self.passing.run())
        over = asyncio.Event()
        filing = asyncio.create_task(self._file(over))
        stopping = asyncio.create_task(self.stop.wait())
        burning = asyncio.create_task(self._volleys())
        try:
            await asyncio.wait({burning, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if burning.done():
                burning.result()
            over.set()
            await asyncio.wait({filing, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            # Some days more, so that what is under way meets its deadlines.
            await asyncio.wait({stopping}, timeout=min(20.0, seconds / 6))
        finally:
            # The faults first: what is broken is mended before anybody leaves.
            for task in (burning, filing, stopping, time_goes_on):
                await ended(task)
        self.journal.result.ended_early = self.stop.is_set()
        await self.passing.stop()

    async def _file(self, over: asyncio.Event) -> None:
        """As many complaints as wanted, spread over the time, and on until the faults are over."""
        run, rng = self.journal.run, random.Random(f"{self.journal.run.seed}|filing")
        rate = run.complaints / (run.minutes * 60)

        def left() -> int:
            return int(self.town.filed < run.complaints or not over.is_set())

        def pause() -> float:
            slower = max(1.0, self.town.busy / _MANY_ACTS)
            due = min(rate * self.journal.now, run.complaints)
            return rng.expovariate(rate / _ROWS) * slower * (0.3 if self.town.filed < due else 1.0)

        await self.town.file(left, pause)

    async def _volleys(self) -> None:
        run, result = self.journal.run, self.journal.result
        deck = Deck(run.seed, self.ground.fleet.posts, self.watch.stage.groups)
        volleys = run.volleys if run.volleys is not None else tuple(self._drawn(deck))
        rng = random.Random(f"{run.seed}|pauses")
        deadline = time.monotonic() + run.minutes * 60
        await asyncio.sleep(3 if run.form == "short" else 10)
        for number, volley in enumerate(self._and_on(deck, volleys)):
            if time.monotonic() > deadline and run.form == "long":
                result.volleys_left = max(0, len(volleys) - number)
                return
            self.watch.stage.marketplaces.check()
            await asyncio.gather(*(self._strike(strike) for strike in volley))
            found = await self.watch.catch_up()
            result.catch_ups.append(found)
            said = f"caught up in {found.seconds} s" if found.seconds is not None else f"NOT caught up: {found.left}"
            self.journal.say(f"{said} ({self.town.filed} filed)")
            self.journal.keep()
            await asyncio.sleep(rng.uniform(0.5, 3))

    def _and_on(self, deck: Deck, volleys: Iterable[Volley]) -> Iterator[Volley]:
        """These, and in a long run further ones of the same deck for as long as there is time."""
        yield from volleys
        while self.journal.run.form == "long":
            yield from long(deck, self.journal.run.minutes)

    def _drawn(self, deck: Deck) -> list[Volley]:
        run = self.journal.run
        match run.form:
            case "short":
                return short(deck)
            case "every":
                return every_kind(deck)
        return long(deck, run.minutes)

    async def _strike(self, strike: Strike) -> None:
        await asyncio.sleep(strike.after)
        journal, result = self.journal, self.journal.result
        fault, begun = strike.fault, journal.now
        try:
            async with fault.on(self.ground) as what:
                journal.say(f"{fault.kind}: {what}")
                await asyncio.sleep(fault.lasts)
        except NotPossibleHere as reason:
            result.skipped[fault.kind] = str(reason)
            journal.say(f"{fault.kind} is skipped: {reason}")
            return
        except Exception as problem:
            # A fault that cannot be done or undone is told, and the run goes on.
            what = f"{type(problem).__name__}: {problem}"
            result.problems.append(f"{fault.kind} {fault}: {what}")
            journal.say(f"{fault.kind} FAILED: {what[:300]}")
            result.injected.append(Injected(fault.kind, str(fault), begun, journal.now, what))
            return
        result.injected.append(Injected(fault.kind, what, begun, journal.now))
