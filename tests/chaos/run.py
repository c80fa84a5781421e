"""One run under fire: the stage, the load, the faults, the rest, the verdict, the report."""

import asyncio
import json
import random
import shutil
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import aiohttp
from aiokafka.errors import KafkaError

from deploy.cli.platform import Platform
from deploy.local.services import SERVICES
from deploy.rebuild import PROCESSORS, RebuildFailed
from deploy.simulator.actors import Actors
from deploy.simulator.client import Client
from deploy.simulator.drawing import make_plan
from deploy.simulator.ledger import GRACE
from deploy.simulator.mailbox import Mail, Mailbox
from deploy.simulator.quiet import Broker, NeverQuiet, Quiet, backlogs
from deploy.simulator.stage import Say, Scene
from deploy.simulator.timetable import Appointment, Step
from tests.chaos.checker import Breach, Comparison, Ledger, Shelf, check, read_promises
from tests.chaos.checker import Mail as SeenMail
from tests.chaos.checker.gather import gather
from tests.chaos.fire.catching_up import CatchUp, Watch
from tests.chaos.fire.faults import Field, NotPossibleHere
from tests.chaos.fire.faults.servers import mount_own_disk, unmount_own_disk
from tests.chaos.fire.fleet import Fleet
from tests.chaos.fire.ground import BurningStage
from tests.chaos.fire.rebuilding import rebuilt
from tests.chaos.fire.schedule import Deck, Strike, Volley, every_kind, long, short
from tests.chaos.load.caller import Telephone
from tests.chaos.load.follower import Follower
from tests.chaos.load.time_passes import Pace, TimePasses
from tests.chaos.load.town import Town

Form = Literal["short", "every", "long"]
_START = datetime(2026, 1, 5, 2, tzinfo=UTC)  # a Monday morning in Shanghai
_OWNERS = {"short": 154, "every": 154, "long": 280}  # complaints of a plan that has so few owners
_REST_WITHIN = 180.0  # seconds in which nothing moves
_STORES = ("rs", "py")
_MOST_STEPS = 40
_LAST_DAY = datetime(2026, 11, 10, tzinfo=UTC)  # the published calendars end with the year


@dataclass(frozen=True)
class Run:
    """minutes, complaints: what the load aims at; `volleys`: None for those of the form."""

    seed: int = 1
    form: Form = "short"
    minutes: float = 1.0
    complaints: int = 60
    split: tuple[str, ...] = SERVICES
    folder: Path = Path("build/chaos")
    volleys: tuple[Volley, ...] | None = None


@dataclass
class Injected:
    """One fault as it was done. Times are seconds since the load began."""

    kind: str
    what: str
    begun: float
    ended: float
    problem: str = ""


@dataclass
class Result:
    run: Run
    injected: list[Injected] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    catch_ups: list[CatchUp] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    busy: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def worst(self) -> float | None:
        """Seconds of the slowest catching up; None where one never did, or there was none."""
        seconds = [found.seconds for found in self.catch_ups]
        return None if not seconds or None in seconds else max(each for each in seconds if each is not None)


class TrimmedMailbox(Mailbox):
    """Keeps no texts: an hour of letters would fill the memory."""

    def keep(self, mail: Mail) -> None:
        super().keep(Mail(mail.message_id, mail.to, "", "", mail.code, None, mail.case_id, mail.token))


async def perform(run: Run, say: Say, stop: asyncio.Event | None = None) -> Result:
    """`stop`: set by whoever wants the run to end early, in order. Raises what makes a run impossible."""
    return await _Performance(run, say, stop or asyncio.Event()).all()


class _Performance:
    def __init__(self, run: Run, say: Say, stop: asyncio.Event) -> None:
        self.run = run
        self.stop = stop
        self.result = Result(run)
        self.folder = (run.folder / str(run.seed)).absolute()
        self._say = say
        self._begun = time.monotonic()
        self._asked_of_load = 0

    def say(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._begun:6.1f} {text}")

    async def all(self) -> Result:
        for kind in _STORES:  # of a run of this seed that was killed
            unmount_own_disk(self._disk_of(kind))
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        started = time.monotonic()
        async with AsyncExitStack() as held:
            self._disk(held)
            scene = Scene(
                files=self.folder / "stage",
                data=self.folder / "data",
                start=_START,
                seed=self.run.seed,
                database_prefix=f"chaos{self.run.seed}",
                log_level="WARNING",
            )
            stage = BurningStage(scene, self.run.split, self.say)
            stage.mailbox = TrimmedMailbox()
            stage.contacts._mailbox = stage.mailbox
            await held.enter_async_context(stage)
            held.push_async_callback(self._throw_away, stage)
            self.result.figures["seconds_to_start"] = round(time.monotonic() - started, 1)
            await self._on(stage)
        self.result.figures["seconds"] = round(time.monotonic() - started, 1)
        return self.result

    def _disk(self, held: AsyncExitStack) -> None:
        """The store gets a disk of its own where a full one is planned and the machine lets us."""
        if self.run.form == "short":
            return
        for kind in _STORES:
            place = self._disk_of(kind)
            if mount_own_disk(place):
                held.callback(unmount_own_disk, place)

    def _disk_of(self, kind: str) -> Path:
        return self.folder / "data" / "mongo" / kind / "data"

    async def _throw_away(self, stage: BurningStage) -> None:
        """The services stop while there is something to say goodbye to. Nobody will read the data: the two servers are
        killed rather than asked."""
        await stage.supervisor.stop()
        for running in (stage.stack.kafka, stage.stack.mongo):
            if running is not None:
                running.child.kill()

    async def _on(self, stage: BurningStage) -> None:
        clock = stage.stepped
        assert clock is not None
        run = self.run
        plan = make_plan(run.seed, _OWNERS[run.form])
        async with AsyncExitStack() as held:
            ledger = held.enter_context(Ledger(self.folder / "promises.jsonl"))
            client = await held.enter_async_context(Client(stage.addresses, at_once=48, patience=240))
            actors = Actors(plan, client, stage.mailbox, f"chaos-{run.seed}")
            await self._register(stage, actors)
            passing = TimePasses(clock, stage.marketplaces, self._pace(), random.Random(f"{run.seed}|time"))
            phone = Telephone(client, ledger, clock, run.seed)
            town = Town(actors, phone, stage.mailbox, passing, run.seed, f"chaos-{run.seed}")
            follower = Follower(stage.stack.kafka_bootstrap, town.told)
            following = asyncio.create_task(follower.run())
            held.push_async_callback(_ended, following)
            watch = Watch(stage, town, follower)
            ground = Field(stage, Fleet(stage), passing, self.folder / "scratch", self.result.notes)
            self.say("the load begins")
            self._begun = time.monotonic()
            await self._burn(stage, town, passing, watch, ground)
            self.say(f"the load ends: {len(town.seen)} cases seen")
            await self._rest(stage, town, passing, follower)
            await self._judge(stage, town, phone, passing)

    def _pace(self) -> Pace:
        """At most ten business months in a run: the calendars of the year must not end before it does."""
        hours_at_most = (_LAST_DAY - _START).total_seconds() / 3600 * 0.75
        every = 0.5
        steps = max(1.0, self.run.minutes * 60 / every)
        return Pace(min(3.0, hours_at_most / steps), every)

    async def _register(self, stage: BurningStage, actors: Actors) -> None:
        self.say("owners register")
        broker = Broker(stage.stack.kafka_bootstrap)
        await broker.start()
        try:
            quiet = self._quiet(stage, broker, actors.client.session, lambda: "")
            for step in (Step.REGISTER, Step.VERIFY):
                await actors.perform(Appointment(stage.clock.now(), step))
                await quiet.wait(within=_REST_WITHIN)
        finally:
            await broker.stop()
        if actors.world.surprises:
            raise RuntimeError(f"the owners could not register: {actors.world.surprises[:5]}")

    def _quiet(self, stage: BurningStage, broker: Broker, session: aiohttp.ClientSession, people: Any) -> Quiet:
        addresses = {crew.post.name: crew.address for crew in stage.crews.values()}

        async def asked() -> str:
            return str(people())

        async def answered() -> str:
            left = stage.marketplaces.outstanding
            return f"{left} acknowledgements outstanding" if left else ""

        checks = (asked, answered, partial(backlogs, session, addresses))
        return Quiet(broker, stage.topics, stage.groups, checks, lambda ends: "")

    # ---- fire

    async def _burn(self, stage: BurningStage, town: Town, passing: TimePasses, watch: Watch, ground: Field) -> None:
        seconds = self.run.minutes * 60
        time_goes_on = asyncio.create_task(passing.run())
        rate = self.run.complaints / seconds
        over = asyncio.Event()

        def left() -> int:
            wanted = town.filed < self.run.complaints or not over.is_set()
            return int(wanted and not self.stop.is_set())

        def pause() -> float:
            # Two rows a submission on average; nobody files on while hundreds of acts wait.
            behind = max(1.0, town.busy / 150)
            return random.expovariate(rate / 1.9) * behind

        filing = asyncio.create_task(town.file(left, pause))
        stopping = asyncio.create_task(self.stop.wait())
        burning = asyncio.create_task(self._volleys(watch, ground))
        try:
            await asyncio.wait({burning, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not burning.done():
                await _ended(burning)
            else:
                burning.result()
            over.set()
            enough = asyncio.wait({filing, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            await enough
            filing.cancel()
            # Some days more, so that what is under way meets its deadlines.
            await asyncio.wait({stopping}, timeout=min(20.0, seconds / 6))
        finally:
            for task in (filing, stopping, time_goes_on):
                await _ended(task)
        await passing.stop()

    async def _volleys(self, watch: Watch, ground: Field) -> None:
        run = self.run
        deck = Deck(run.seed, ground.fleet.posts, watch.stage.groups)
        volleys = run.volleys
        if volleys is None:
            volleys = tuple(self._drawn(deck))
        rng = random.Random(f"{run.seed}|pauses")
        deadline = self._begun + run.minutes * 60
        await asyncio.sleep(3 if run.form == "short" else 10)
        for number, volley in enumerate(volleys):
            if time.monotonic() > deadline and run.form == "long":
                self.result.problems.append(f"no time was left for {len(volleys) - number} volleys")
                return
            watch.stage.marketplaces.check()
            await asyncio.gather(*(self._strike(ground, strike) for strike in volley))
            found = await watch.catch_up()
            self.result.catch_ups.append(found)
            said = f"caught up in {found.seconds} s" if found.seconds is not None else f"NOT caught up: {found.left}"
            self.say(f"{said} ({watch.town.filed} filed)")
            self._keep_report()
            await asyncio.sleep(rng.uniform(0.5, 3))

    def _drawn(self, deck: Deck) -> list[Volley]:
        match self.run.form:
            case "short":
                return short(deck)
            case "every":
                return every_kind(deck)
        return long(deck, self.run.minutes)

    async def _strike(self, ground: Field, strike: Strike) -> None:
        await asyncio.sleep(strike.after)
        fault, begun = strike.fault, self._now()
        try:
            async with fault.on(ground) as what:
                self.say(f"{fault.kind}: {what}")
                await asyncio.sleep(fault.lasts)
        except NotPossibleHere as reason:
            self.result.skipped[fault.kind] = str(reason)
            self.say(f"{fault.kind} is skipped: {reason}")
            return
        except Exception as problem:
            # A fault that cannot be done or undone is told, and the run goes on.
            what = f"{type(problem).__name__}: {problem}"
            self.result.problems.append(f"{fault.kind} {fault}: {what}")
            self.say(f"{fault.kind} FAILED: {what[:300]}")
            self.result.injected.append(Injected(fault.kind, str(fault), begun, self._now(), what))
            return
        self.result.injected.append(Injected(fault.kind, what, begun, self._now()))

    def _now(self) -> float:
        return round(time.monotonic() - self._begun, 1)

    # ---- rest

    async def _rest(self, stage: BurningStage, town: Town, passing: TimePasses, follower: Follower) -> None:
        """The fire is out. People finish what they do, and business time goes on to the last deadline whenever the
        world stands still."""

        def people() -> str:
            return f"{town.busy} people act" if town.busy else _overdue(follower, passing)

        broker = Broker(stage.stack.kafka_bootstrap)
        await broker.start()
        try:
            async with aiohttp.ClientSession() as session:
                quiet = self._quiet(stage, broker, session, people)
                quiet.read_up_to = lambda ends: "the follower reads" if follower.behind(ends) else ""
                for _ in range(_MOST_STEPS):
                    await quiet.wait(within=_REST_WITHIN)
                    dues = [entry.due for entry in follower.seen.all()]
                    if not dues and not stage.marketplaces.waiting:
                        return
                    last = max((due + GRACE + timedelta(seconds=1) for due in dues), default=passing.clock.now())
                    passing.move_to(max(last, passing.clock.now() + timedelta(hours=1)))
                self.result.busy = "deadlines still run"
        except NeverQuiet as problem:
            self.result.busy = str(problem)
            self.say(f"NO REST: {problem}")
        finally:
            await town.stop(within=5)
            await broker.stop()

    async def _judge(self, stage: BurningStage, town: Town, phone: Telephone, passing: TimePasses) -> None:
        self.say("judging")
        result = self.result
        platform = Platform(stage.stack.kafka_bootstrap, stage.stack.mongo_url, stage.scene.database_prefix)
        evidence = await gather(
            platform,
            passing.clock.now(),
            read_promises(self.folder / "promises.jsonl"),
            mails=[SeenMail(mail.message_id, mail.to) for mail in stage.mailbox.mails],
            shelves=[_shelf(shelf) for shelf in stage.marketplaces.shelves.values()],
            rebuilt=await self._rebuilt(stage, passing),
        )
        result.breaches = check(evidence)
        result.busy = result.busy or evidence.busy
        result.figures |= {
            "store": stage.stack.store,
            "cases": len(town.seen),
            "filed": town.filed,
            "records": len(evidence.records),
            "promises": len(evidence.promises),
            "attempts": phone.attempts,
            "unanswered": phone.unanswered,
            "given_up": phone.given_up,
            "asked": dict(phone.asked),
            "refused": dict(phone.refused),
            "server_errors": phone.errors[:20],
            "shots": dict(passing.shots),
            "problems_of_people": town.problems[:20],
            "parked": len(evidence.parked),
            "gaps": stage.marketplaces.gaps[:20],
            "restarts": {name: count for name, count in stage.supervisor.restarts.items() if count},
            "business_time": [_START.isoformat(), passing.clock.now().isoformat()],
        }
        self._keep_report()
        for breach in result.breaches[:20]:
            self.say(str(breach))

    async def _rebuilt(self, stage: BurningStage, passing: TimePasses) -> list[Comparison]:
        """Each processor computed again from offset 0, or one of them, drawn, in the short form."""
        names = [each.name for each in PROCESSORS]
        if self.run.form == "short":
            names = [random.Random(f"{self.run.seed}|rebuilt").choice(names)]
        found = []
        for name in names:
            try:
                found.append(await rebuilt(name, stage, passing.clock))
            except (RebuildFailed, KafkaError) as problem:
                self.result.problems.append(f"{name} could not be rebuilt: {problem}")
                self.say(f"{name} could not be rebuilt: {problem}")
        self.result.figures["rebuilt"] = {each.processor: each.keys for each in found}
        return found

    def _keep_report(self) -> None:
        result, run = self.result, self.run
        body = {
            "seed": run.seed,
            "form": run.form,
            "minutes": run.minutes,
            "faults": [vars(one) for one in result.injected],
            "faults_by_kind": dict(Counter(one.kind for one in result.injected if not one.problem)),
            "skipped": result.skipped,
            "catch_ups": [{**vars(one), "seconds": one.seconds} for one in result.catch_ups],
            "worst_catch_up": result.worst,
            "breaches": [str(breach) for breach in result.breaches],
            "busy": result.busy,
            "problems": result.problems,
            "notes": result.notes,
            **result.figures,
        }
        report = run.folder / f"{run.seed}.json"
        report.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n")


def _overdue(follower: Follower, passing: TimePasses) -> str:
    overdue = follower.seen.overdue(passing.clock.now())
    return f"{len(overdue)} deadlines are over, the first {overdue[0]}" if overdue else ""


def _shelf(shelf: Any) -> Shelf:
    commands = []
    for command_id in shelf.commands:
        listing, _, number = command_id.rpartition("#")
        commands.append((listing, int(number)))
    failed = frozenset(name for name, answer in shelf.commands.items() if type(answer).__name__ == "CommandFailed")
    return Shelf(shelf.platform, frozenset(shelf.down), tuple(commands), failed)


async def _ended(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
