"""One run under fire: the stage, the load, the faults, the rest, the verdict, the report."""

import asyncio
import random
import shutil
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from deploy.simulator.actors import Actors
from deploy.simulator.client import Client
from deploy.simulator.drawing import make_plan
from deploy.simulator.mailbox import Mail, Mailbox
from deploy.simulator.quiet import Broker
from deploy.simulator.stage import Say, Scene
from deploy.simulator.timetable import Appointment, Step
from tests.chaos.burning import Burning
from tests.chaos.checker import Ledger
from tests.chaos.fire.catching_up import Watch
from tests.chaos.fire.faults import Field
from tests.chaos.fire.faults.servers import mount_own_disk, unmount_own_disk
from tests.chaos.fire.fleet import Fleet
from tests.chaos.fire.ground import BurningStage
from tests.chaos.fire.tasks import ended
from tests.chaos.load.caller import Telephone
from tests.chaos.load.follower import Follower
from tests.chaos.load.time_passes import Pace, TimePasses
from tests.chaos.load.town import Town
from tests.chaos.report import Journal, Result, Run
from tests.chaos.verdict import REST_WITHIN, Verdict, quiet

_START = datetime(2026, 1, 5, 2, tzinfo=UTC)  # a Monday morning in Shanghai
_LAST_DAY = datetime(2026, 11, 10, tzinfo=UTC)  # the published calendars end with the year
_OWNERS = {"short": 154, "every": 154, "long": 280}  # complaints of a plan that has so few owners
_STORES = ("rs", "py")
_STEP_SECONDS = 0.5


class TrimmedMailbox(Mailbox):
    """Keeps no texts: an hour of letters would fill the memory."""

    def keep(self, mail: Mail) -> None:
        super().keep(Mail(mail.message_id, mail.to, "", "", mail.code, None, mail.case_id, mail.token))


async def perform(run: Run, say: Say, stop: asyncio.Event | None = None) -> Result:
    """`stop`: set by whoever wants the run to end early, in order. Raises what makes a run impossible."""
    journal = Journal(run, say)
    shutil.rmtree(journal.folder, ignore_errors=True)
    journal.folder.mkdir(parents=True)
    started = time.monotonic()
    async with AsyncExitStack() as held:
        _own_disks(journal, held)
        stage = BurningStage(_scene(journal), run.split, journal.say, TrimmedMailbox())
        await held.enter_async_context(stage)
        held.push_async_callback(_throw_away, stage)
        journal.result.figures["seconds_to_start"] = round(time.monotonic() - started, 1)
        journal.result.figures["store"] = stage.stack.store
        await _on(stage, journal, stop or asyncio.Event())
    journal.result.figures["seconds"] = round(time.monotonic() - started, 1)
    journal.keep()
    return journal.result


def _own_disks(journal: Journal, held: AsyncExitStack) -> None:
    """The store gets a disk of its own where a full one is planned and the machine lets us."""
    if journal.run.form == "short":
        return
    for kind in _STORES:
        place = journal.folder / "data" / "mongo" / kind / "data"
        if mount_own_disk(place):
            held.callback(unmount_own_disk, place)


def _scene(journal: Journal) -> Scene:
    return Scene(
        files=journal.folder / "stage",
        data=journal.folder / "data",
        start=_START,
        seed=journal.run.seed,
        database_prefix=f"chaos{journal.run.seed}",
        log_level="WARNING",
    )


async def _throw_away(stage: BurningStage) -> None:
    """The services stop while there is something to say goodbye to. Nobody will read the data: the two servers are
    killed rather than asked."""
    await stage.supervisor.stop()
    for running in (stage.stack.kafka, stage.stack.mongo):
        if running is not None:
            running.child.kill()


async def _on(stage: BurningStage, journal: Journal, stop: asyncio.Event) -> None:
    clock, run = stage.stepped, journal.run
    assert clock is not None
    async with AsyncExitStack() as held:
        ledger = held.enter_context(Ledger(journal.folder / "promises.jsonl"))
        client = await held.enter_async_context(Client(stage.addresses, at_once=48, patience=240))
        actors = Actors(make_plan(run.seed, _OWNERS[run.form]), client, stage.mailbox, f"chaos-{run.seed}")
        await _register(stage, journal, actors)
        passing = TimePasses(clock, stage.marketplaces, _pace(run), random.Random(f"{run.seed}|time"))
        phone = Telephone(client, ledger, clock, run.seed)
        town = Town(actors, phone, stage.mailbox, passing, run.seed, f"chaos-{run.seed}")
        follower = Follower(stage.stack.kafka_bootstrap, town.told)
        following = asyncio.create_task(follower.run())
        held.push_async_callback(ended, following)
        ground = Field(stage, Fleet(stage), passing, journal.folder / "scratch", journal.result.notes)
        journal.load_begins()
        await Burning(journal, town, passing, Watch(stage, town, follower), ground, stop).all()
        journal.say(f"the load ends: {len(town.seen)} cases seen")
        journal.result.figures["load_minutes"] = journal.now / 60
        verdict = Verdict(journal, stage, town, phone, passing, follower)
        await verdict.rest()
        journal.result.figures["business_time"] = [_START.isoformat(), clock.now().isoformat()]
        await verdict.judge()


def _pace(run: Run) -> Pace:
    """At most ten business months in a run: the calendars of the year must not end before it does."""
    hours_at_most = (_LAST_DAY - _START).total_seconds() / 3600 * 0.75
    steps = max(1.0, run.minutes * 60 / _STEP_SECONDS)
    return Pace(min(3.0, hours_at_most / steps), _STEP_SECONDS)


async def _register(stage: BurningStage, journal: Journal, actors: Actors) -> None:
    journal.say("owners register")
    broker = Broker(stage.stack.kafka_bootstrap)
    await broker.start()
    try:
        nothing_moves = quiet(stage, broker, actors.client.session, lambda: "")
        for step in (Step.REGISTER, Step.VERIFY):
            await actors.perform(Appointment(stage.clock.now(), step))
            await nothing_moves.wait(within=REST_WITHIN)
    finally:
        await broker.stop()
    if actors.world.surprises:
        raise RuntimeError(f"the owners could not register: {actors.world.surprises[:5]}")
