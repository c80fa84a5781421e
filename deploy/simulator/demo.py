"""One whole run: the stage, the plan carried out, the verdict, the figures."""

import asyncio
import fcntl
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from deploy.local.services import SERVICES
from deploy.local.stack import FolderInUse
from deploy.simulator.actors import Actors
from deploy.simulator.client import Client
from deploy.simulator.drawing import DEFAULT_COMPLAINTS, make_plan
from deploy.simulator.driver import Driver, Progress, checks
from deploy.simulator.evidence import CASES, Evidence, read_topics
from deploy.simulator.ledger import Ledger
from deploy.simulator.personal import confided, found_in_the_open
from deploy.simulator.plan import Plan
from deploy.simulator.quiet import Broker, Quiet, backlogs
from deploy.simulator.reckoning import faith_changes
from deploy.simulator.stage import Say, Scene, Stage
from deploy.simulator.verdict import Findings, Verdict, judge
from deploy.simulator.world import World

_STORE_WRITES = re.compile(r'^ipp_store_writes_total\{[^}]*collection="([^"]*)"[^}]*\} (\S+)$', re.MULTILINE)
_PAGE = 200
# Ours: what a case may cost the store, accounts and rights included; told where there are enough cases to share those.
STORE_WRITES_BUDGET = 75
_BUDGET_FROM = 300


@dataclass(frozen=True)
class Run:
    """What is asked of a run. `kill`: services to be killed (signal 9) in the middle of filing and of upholding."""

    seed: int = 2026
    complaints: int = DEFAULT_COMPLAINTS
    kill: tuple[str, ...] = ()
    folder: Path = Path("build/demo")
    report: Path = Path("build/demo.json")


@dataclass
class Result:
    plan: Plan
    world: World
    evidence: Evidence
    verdict: Verdict
    figures: dict[str, Any] = field(default_factory=dict)

    def case_id(self, key: str) -> str:
        return self.world.case_ids[key]


async def perform(run: Run, say: Say, told: Callable[[Progress], None]) -> Result:
    """Raises what makes a run impossible; differences between plan and platform are in the verdict."""
    begun = time.monotonic()
    plan = make_plan(run.seed, run.complaints)
    scene = scene_of(run, plan)
    async with AsyncExitStack() as held:
        held.enter_context(_alone_in(run.folder))
        _clear(run.folder)
        stage = await held.enter_async_context(Stage(scene, say))
        ready = time.monotonic()
        result = await play(stage, run, plan, told)
        finished = time.monotonic()
        say("looking for personal values in all that was written")
        await _look(stage, plan, result)
        looked = time.monotonic()
        say("stopping")
    figures = result.figures
    figures["seconds"] = round(finished - ready, 1)
    figures["seconds_to_start"] = round(ready - begun, 1)
    figures["seconds_to_stop"] = round(time.monotonic() - looked, 1)
    figures["seconds_to_look_at_what_was_written"] = round(looked - finished, 1)
    run.report.parent.mkdir(parents=True, exist_ok=True)
    run.report.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    return result


def scene_of(run: Run, plan: Plan) -> Scene:
    """The stage that the plan wants."""
    return Scene(
        files=run.folder,
        start=plan.appointments[0].at,
        seed=run.seed,
        sellers=plan.merchants(),
        database_prefix=f"demo{int(time.time()) % 10**8}",
        log_level="WARNING",
    )


async def play(stage: Stage, run: Run, plan: Plan, told: Callable[[Progress], None]) -> Result:
    """The plan carried out on a stage that is set for it; the stage is left standing."""
    clock = stage.stepped
    if clock is None:
        raise ValueError("a run steps business time")
    bootstrap = stage.stack.kafka_bootstrap
    ledger, broker = Ledger(), Broker(bootstrap)
    reading = asyncio.create_task(ledger.read(bootstrap))
    await broker.start()
    try:
        async with Client(stage.addresses) as client:
            writes = StoreWrites(client.session, stage.addresses)
            actors = Actors(plan, client, stage.mailbox, f"demo-{run.seed}", _killer(stage, run.kill, writes))
            in_hand = partial(backlogs, client.session, stage.addresses)
            quiet = Quiet(
                broker,
                stage.topics,
                stage.groups,
                checks(clock, stage.marketplaces, ledger, in_hand),
                lambda ends: "the driver reads" if ledger.behind(ends) else "",
            )
            driver = Driver(plan, clock, actors, stage.marketplaces, ledger, quiet, told)
            working = asyncio.create_task(driver.run())
            await asyncio.wait({working, reading}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                reading.result()
            working.result()
            return await _conclude(stage, run, actors, driver, writes)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await broker.stop()


async def _look(stage: Stage, plan: Plan, result: Result) -> None:
    """Every value that somebody finds who may not is a difference from the plan."""
    values = confided(plan, stage)
    leaks, pieces = await found_in_the_open(stage, values)
    named = {leak.what for leak in leaks}
    result.figures["personal_values_on_topics_in_logs_and_stores"] = (
        f"{len(named)} of {len(values)} found in {pieces} records, documents and lines"
    )
    verdict = result.verdict
    verdict.mismatched += map(str, leaks)
    result.figures["mismatched"] = len(verdict.mismatched)
    result.figures["differences"] = [*verdict.lost, *verdict.mismatched][:200]


def _killer(stage: Stage, names: Sequence[str], writes: "StoreWrites") -> Any:
    """Kills the named services; what they had counted is taken down first."""

    async def kill() -> None:
        for name in names:
            await writes.keep(name)
            stage.supervisor.kill(name)

    return kill if names else None


async def _conclude(stage: Stage, run: Run, actors: Actors, driver: Driver, writes: "StoreWrites") -> Result:
    plan, world, client = actors.world.plan, actors.world, actors.client
    evidence = await read_topics(stage.stack.kafka_bootstrap, stage.dead_letter_topics)
    found = Findings(
        evidence=evidence,
        api_cases=await _cases_shown(actors),
        down=frozenset(listing for shelf in stage.marketplaces.shelves.values() for listing in shelf.down),
        gaps=stage.marketplaces.gaps,
        parked=await _parked(client.session, stage.addresses),
        linked=frozenset(mail.case_id for mail in stage.mailbox.mails if mail.case_id),
    )
    verdict = judge(plan, world, found)
    written = await writes.all()
    cases = max(1, len(world.case_ids))
    if cases >= _BUDGET_FROM and written.total() > STORE_WRITES_BUDGET * cases:
        said = f"{written.total() / cases:.1f} store writes per case, at most {STORE_WRITES_BUDGET} are budgeted"
        verdict.mismatched.append(said)
    result = Result(plan, world, evidence, verdict)
    result.figures = {
        "complaints": len(world.case_ids),
        "by_state": _by_state(world, evidence),
        "by_platform": plan.by_platform(),
        "lost": len(verdict.lost),
        "mismatched": len(verdict.mismatched),
        "seconds": 0.0,
        "store_writes_per_case": round(written.total() / cases, 2),
        "seed": run.seed,
        "store": stage.stack.store,
        "store_writes_per_case_by_collection": {
            name: round(count / cases, 2) for name, count in written.most_common() if count / cases >= 0.01
        },
        "planned_by_state": plan.by_state(),
        "evidence_files": len(world.files_sent),
        "evidence_files_shown": world.files_seen,
        "refused_rows": world.refused_rows,
        "expected_refusals": world.expected_refusals,
        "listings_down": plan.down_by_platform(),
        "good_faith": [[change.account, change.change, change.day.isoformat()] for change in faith_changes(plan)],
        "acknowledgements": dict(stage.marketplaces.acknowledged),
        "notices": len(stage.mailbox.mails),
        "repeated_notices": stage.mailbox.repeats,
        "repeated_records": dict(evidence.repeats),
        "records_read": evidence.records,
        "http_requests": client.requests,
        "http_retries": client.retries,
        "steps_of_business_time": driver.steps,
        "business_time": [plan.appointments[0].at.isoformat(), stage.clock.now().isoformat()],
        "killed": list(run.kill),
        "restarts": {name: count for name, count in stage.supervisor.restarts.items() if count},
        "differences": [*verdict.lost, *verdict.mismatched][:200],
    }
    return result


def _by_state(world: World, evidence: Evidence) -> dict[str, int]:
    """What the topics say of our cases."""
    counted: dict[str, int] = {}
    for case_id in world.case_ids.values():
        events = evidence.of(CASES).get(case_id, ())
        state = str(events[-1]["data"]["state"]) if events else "lost"
        counted[state] = counted.get(state, 0) + 1
    return dict(sorted(counted.items()))


async def _cases_shown(actors: Actors) -> dict[str, Mapping[str, Any]]:
    """Every case, page by page, as a reviewer sees it."""
    shown: dict[str, Mapping[str, Any]] = {}
    cursor = ""
    while True:
        page = await actors.reviewer.get("complaints", f"/v1/cases?limit={_PAGE}{cursor}")
        shown |= {case["case_id"]: case for case in page["cases"]}
        if not page["next"]:
            return shown
        cursor = f"&cursor={page['next']}"


async def _parked(session: aiohttp.ClientSession, addresses: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, url in addresses.items():
        async with session.get(f"{url}/backlog") as response:
            counts = await response.json()
        found |= {f"{name} {what}": count for what, count in counts.items() if count and what.startswith("parked")}
    return found


@dataclass
class StoreWrites:
    """Documents written, as the services count them; a killed process takes its count along, so it is kept before."""

    session: aiohttp.ClientSession
    addresses: Mapping[str, str]
    kept: Counter[str] = field(default_factory=Counter)

    async def keep(self, service: str) -> None:
        self.kept.update(await self._of(service))

    async def all(self) -> Counter[str]:
        """By service and collection."""
        counted = Counter(self.kept)
        for found in await asyncio.gather(*map(self._of, SERVICES)):
            counted.update(found)
        return counted

    async def _of(self, service: str) -> Counter[str]:
        async with self.session.get(f"{self.addresses[service]}/metrics") as response:
            return store_writes(service, await response.text())


def store_writes(service: str, exposition: str) -> Counter[str]:
    """The counter's series in Prometheus' text format, summed by collection."""
    counted: Counter[str] = Counter()
    for collection, value in _STORE_WRITES.findall(exposition):
        counted[f"{service}.{collection}"] += int(float(value))
    return counted


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two runs in one folder would take each other's clock and keys."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another run uses {folder}") from None
        yield


def _clear(folder: Path) -> None:
    """Logs and keys of the run before."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
