"""After the fire: the world comes to rest, and is judged."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
from aiokafka.errors import KafkaError

from deploy.cli.platform import Platform
from deploy.rebuild import PROCESSORS, RebuildFailed
from deploy.simulator.ledger import GRACE
from deploy.simulator.quiet import Broker, NeverQuiet, Quiet, backlogs
from tests.chaos.checker import Comparison, Shelf, check, read_promises
from tests.chaos.checker import Mail as SeenMail
from tests.chaos.checker.evidence import DEAD_LETTERS
from tests.chaos.checker.gather import gather
from tests.chaos.fire.ground import BurningStage
from tests.chaos.fire.rebuilding import rebuilt
from tests.chaos.load.caller import Telephone
from tests.chaos.load.follower import Follower
from tests.chaos.load.time_passes import TimePasses
from tests.chaos.load.town import Town
from tests.chaos.report import Journal

REST_WITHIN = 180.0
"""Seconds in which nothing moves."""
_MOST_STEPS = 40


def quiet(stage: BurningStage, broker: Broker, session: aiohttp.ClientSession, people: Callable[[], str]) -> Quiet:
    """Waits until nothing moves. `people`: what they still do, empty for nothing."""
    addresses = {crew.post.name: crew.address for crew in stage.crews.values()}

    async def asked() -> str:
        return people()

    async def answered() -> str:
        left = stage.marketplaces.outstanding
        return f"{left} acknowledgements outstanding" if left else ""

    checks = (asked, answered, partial(backlogs, session, addresses))
    return Quiet(broker, stage.topics, stage.groups, checks, lambda ends: "")


@dataclass
class Verdict:
    journal: Journal
    stage: BurningStage
    town: Town
    phone: Telephone
    passing: TimePasses
    follower: Follower

    async def rest(self) -> None:
        """People finish what they do, and business time goes on to the last deadline whenever the world stands
        still."""
        broker = Broker(self.stage.stack.kafka_bootstrap)
        await broker.start()
        try:
            async with aiohttp.ClientSession() as session:
                await self._rest(quiet(self.stage, broker, session, self._people))
        except NeverQuiet as problem:
            self.journal.result.busy = str(problem)
            self.journal.say(f"NO REST: {problem}")
        finally:
            await self.town.stop(within=5)
            await broker.stop()

    async def _rest(self, quiet: Quiet) -> None:
        quiet.read_up_to = lambda ends: "the follower reads" if self.follower.behind(ends) else ""
        for _ in range(_MOST_STEPS):
            await quiet.wait(within=REST_WITHIN)
            dues = [entry.due for entry in self.follower.seen.all()]
            if not dues and not self.stage.marketplaces.waiting:
                return
            now = self.passing.clock.now()
            last = max((due + GRACE + timedelta(seconds=1) for due in dues), default=now)
            self.passing.move_to(max(last, now + timedelta(hours=1)))
        self.journal.result.busy = "deadlines still run"

    def _people(self) -> str:
        if self.town.busy:
            return f"{self.town.busy} people act"
        overdue = self.follower.seen.overdue(self.passing.clock.now())
        return f"{len(overdue)} deadlines are over, the first {overdue[0]}" if overdue else ""

    async def judge(self) -> None:
        stage, result = self.stage, self.journal.result
        self.journal.say("computing again from offset 0")
        again = await self._rebuilt()
        self.journal.say("judging")
        evidence = await gather(
            Platform(stage.stack.kafka_bootstrap, stage.stack.mongo_url, stage.scene.database_prefix),
            self.passing.clock.now,
            read_promises(self.journal.folder / "promises.jsonl"),
            mails=[SeenMail(mail.message_id, mail.to) for mail in stage.mailbox.mails],
            shelves=[_shelf(shelf) for shelf in stage.marketplaces.shelves.values()],
            rebuilt=again,
        )
        result.breaches = check(evidence)
        result.busy = result.busy or evidence.busy
        result.figures |= self._figures() | {
            "records": len(evidence.records),
            "promises": len(evidence.promises),
            "parked": len(evidence.parked),
            "dead_letters": sum(topic.endswith(DEAD_LETTERS) for topic in (each.topic for each in evidence.records)),
        }
        self.journal.keep()
        for breach in result.breaches[:20]:
            self.journal.say(str(breach))

    def _figures(self) -> dict[str, Any]:
        return {
            "cases": len(self.town.seen),
            "filed": self.town.filed,
            "attempts": self.phone.attempts,
            "unanswered": self.phone.unanswered,
            "given_up": self.phone.given_up,
            "asked": dict(self.phone.asked),
            "refused": dict(self.phone.refused),
            "server_errors": self.phone.errors[:20],
            "shots": dict(self.passing.shots),
            "problems_of_people": self.town.problems[:20],
            "gaps": self.stage.marketplaces.gaps[:20],
            "restarts": {name: count for name, count in self.stage.supervisor.restarts.items() if count},
        }

    async def _rebuilt(self) -> list[Comparison]:
        """Each processor computed again from offset 0, or one of them, drawn, in the short form and where somebody
        wants an end."""
        run, result = self.journal.run, self.journal.result
        names = [each.name for each in PROCESSORS]
        if run.form == "short" or result.ended_early:
            names = [random.Random(f"{run.seed}|rebuilt").choice(names)]
        found = []
        for name in names:
            try:
                found.append(await rebuilt(name, self.stage, self.passing.clock))
            except (RebuildFailed, KafkaError) as problem:
                result.problems.append(f"{name} could not be rebuilt: {problem}")
                self.journal.say(f"{name} could not be rebuilt: {problem}")
        result.figures["rebuilt"] = {each.processor: each.keys for each in found}
        return found


def _shelf(shelf: Any) -> Shelf:
    commands = []
    for command_id in shelf.commands:
        listing, _, number = command_id.rpartition("#")
        commands.append((listing, int(number)))
    failed = frozenset(name for name, answer in shelf.commands.items() if type(answer).__name__ == "CommandFailed")
    return Shelf(shelf.platform, frozenset(shelf.down), tuple(commands), failed)
