"""What a live platform has accepted and not yet done, with the age of the oldest of it, and who is not well."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer

from deploy.audit import KINDS
from deploy.cli.platform import Platform
from deploy.provision import declared
from deploy.rebuild import PROCESSORS
from deploy.simulator.quiet import Broker, Gap
from shared.kernel.clock import wall_seconds
from shared.mongo import connect
from shared.reactions.mongo_inbox import MongoInbox

_DEAD_LETTERS = ".dlq.v1"
_FETCH_MS = 2000
_ASK_SECONDS = 5.0


@dataclass(frozen=True)
class Behind:
    """A group behind on a topic. seconds: how long the oldest record that it has not handled has been there; None where
    the broker did not give it in time."""

    group: str
    topic: str
    records: int
    seconds: float | None


@dataclass(frozen=True)
class Unsent:
    """Aggregates of one collection with records not yet sent; late: some have waited longer than the bound."""

    service: str
    collection: str
    aggregates: int
    late: bool


@dataclass(frozen=True)
class Parked:
    """Keys of a group that wait for an operator or for a predecessor; seconds: the oldest of them."""

    group: str
    keys: int
    seconds: float


@dataclass(frozen=True)
class Look:
    """One look at the platform. unwell: by service the parts that are not ready, and what they say; processors: how
    many stream processors are ready; without_member: groups that nobody works for now; not_looked_at: what could not be
    asked, for want of an address."""

    bound: float
    groups: tuple[Behind, ...]
    unsent: tuple[Unsent, ...]
    parked: tuple[Parked, ...]
    unwell: Mapping[str, Mapping[str, str]]
    processors: int
    without_member: tuple[str, ...]
    not_looked_at: tuple[str, ...]
    known: int

    @property
    def late(self) -> bool:
        """Whether somebody has to look: something waits longer than the bound, a part is not well, or a group has no
        member."""
        return (
            any(each.seconds is None or each.seconds > self.bound for each in self.groups)
            or any(each.late for each in self.unsent)
            or any(each.seconds > self.bound for each in self.parked)
            or bool(self.unwell)
            or bool(self.without_member)
        )

    def as_json(self) -> dict[str, Any]:
        return {"late": self.late, **asdict(self)}


class Watcher:
    """`async with Watcher(platform, bound) as watcher: look = await watcher.look()`."""

    def __init__(self, platform: Platform, bound: float) -> None:
        self._platform = platform
        self._bound = bound
        self._broker = Broker(platform.kafka, {each.live.app_id: each.live.inputs for each in PROCESSORS})
        self._groups = [
            topic.name.removesuffix(_DEAD_LETTERS) for topic in declared() if topic.name.endswith(_DEAD_LETTERS)
        ]

    async def __aenter__(self) -> "Watcher":
        await self._broker.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._broker.stop()

    async def look(self) -> Look:
        # Asked anew each time: a group that had members may have lost them all.
        without_member = await self._broker.look_at_subscriptions(self._groups)
        gaps = await self._broker.gaps(self._groups)
        said = await _readiness(self._platform.services)
        streams = [text for parts in said.values() for name, text in parts.items() if name.startswith("stream:")]
        unwell = {name: {part: text for part, text in parts.items() if text} for name, parts in said.items()}
        return Look(
            bound=self._bound,
            groups=tuple(by_topic(gaps, await self._ages(gaps))),
            unsent=tuple(await self._unsent()),
            parked=tuple(await self._parked()),
            unwell={name: parts for name, parts in unwell.items() if parts},
            processors=sum(1 for text in streams if not text),
            without_member=tuple(without_member),
            not_looked_at=tuple(not_looked_at(self._platform)),
            known=len(self._groups),
        )

    async def _ages(self, gaps: Sequence[Gap]) -> list[float | None]:
        """How old the record is at which each gap begins, by the broker's time of it."""
        if not gaps:
            return []
        times: dict[tuple[Any, int], float] = {}
        wanted = {(gap.partition, gap.position) for gap in gaps}
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self._platform.kafka, enable_auto_commit=False, fetch_max_wait_ms=50
        )
        try:
            await consumer.start()
            # Groups may be behind at different places of one partition: one after the other, each only once.
            for partition, position in sorted(wanted):
                consumer.assign([partition])
                consumer.seek(partition, position)
                fetched = await consumer.getmany(timeout_ms=_FETCH_MS, max_records=1)
                for record in fetched.get(partition, ()):
                    times[partition, position] = record.timestamp / 1000
        finally:
            await consumer.stop()
        now = wall_seconds()
        return [
            None if (at := times.get((gap.partition, gap.position))) is None else max(0.0, round(now - at, 1))
            for gap in gaps
        ]

    async def _unsent(self) -> list[Unsent]:
        found: list[Unsent] = []
        before = wall_seconds() - self._bound
        for kind in KINDS if self._platform.mongo else ():
            database = connect(self._platform.mongo, f"{self._platform.database_prefix}_{kind.service}")
            documents = database.collection(kind.aggregate.collection)
            try:
                if count := await documents.count({"outbox.at": {"$gt": 0.0}}):
                    old = await documents.find({"outbox.at": {"$gt": 0.0, "$lt": before}}, fields=("_id",), limit=1)
                    found.append(Unsent(kind.service, kind.aggregate.collection, count, bool(old)))
            finally:
                database.close()
        return found

    async def _parked(self) -> list[Parked]:
        found: list[Parked] = []
        for service in sorted({kind.service for kind in KINDS} | {"scoring"}) if self._platform.mongo else ():
            database = connect(self._platform.mongo, f"{self._platform.database_prefix}_{service}")
            try:
                for group, keys in (await MongoInbox(database).parked_keys()).items():
                    found.append(Parked(group, len(keys), round(wall_seconds() - min(keys.values()), 1)))
            finally:
                database.close()
        return found


def not_looked_at(platform: Platform) -> list[str]:
    """What is left out because nobody said where it is."""
    left = [] if platform.mongo else ["outboxes and parked keys (the store is not known: MONGO_URL)"]
    if not platform.services:
        left.append("readiness (no service is known: IPP_<SERVICE>_URL)")
    return left


def by_topic(gaps: Sequence[Gap], ages: Sequence[float | None]) -> list[Behind]:
    """Partitions summed: the records of all, the age of the oldest; unknown where one is unknown."""
    found: dict[tuple[str, str], Behind] = {}
    for gap, age in zip(gaps, ages, strict=True):
        place = (gap.group, gap.partition.topic)
        before = found.get(place, Behind(*place, 0, 0.0))
        seconds = None if age is None or before.seconds is None else max(age, before.seconds)
        found[place] = Behind(*place, before.records + gap.records, seconds)
    return list(found.values())


async def _readiness(services: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """What each part of each service says of itself; a service that does not answer says so."""

    async def ask(url: str) -> Mapping[str, str]:
        try:
            async with session.get(f"{url}/health/ready") as response:
                said = await response.json()
                return {str(part): str(text) for part, text in said.get("checks", said).items()}
        except (aiohttp.ClientError, TimeoutError, ValueError, AttributeError) as problem:
            return {"http": f"no answer: {type(problem).__name__}"}

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ASK_SECONDS)) as session:
        answers = await asyncio.gather(*map(ask, services.values()))
    return dict(zip(services, answers, strict=True))
