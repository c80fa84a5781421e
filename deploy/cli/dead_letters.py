"""What waits for an operator: parked keys, which are in each service's store, and records that could not be decoded.

A decision is written to the log of the service whose group let the record wait. A dead letter that was decided about
stays on its topic as a record, and waits no more.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from aiokafka import AIOKafkaProducer, TopicPartition

from deploy.cli.platform import Platform
from deploy.local.services import SERVICES
from deploy.provision import declared
from deploy.simulator.ledger import plain_consumer, read_to_end
from shared.contracts.dead_letters import ERROR, OFFSET, PARTITION, TOPIC
from shared.mongo import Database, connect
from shared.reactions.decisions import Decision, DecisionLog, Verdict
from shared.reactions.mongo_inbox import MongoInbox

DEAD = "dead-letter"
_SUFFIX = ".dlq.v1"
_MARKS = (TOPIC, PARTITION, OFFSET, ERROR)


@dataclass(frozen=True)
class Waiting:
    """One record. id: `group|topic|partition|offset` of a parked record, `topic@partition@offset` of a dead letter;
    reason: why a key is parked, or `dead-letter`; source: where it came from; why: the reason and its detail; decided:
    the last decision about a dead letter, or the verdict on a parked record that is still to be carried out."""

    id: str
    kind: str
    group: str
    source: str
    key: str
    reason: str
    why: str
    verdict: str
    headers: tuple[tuple[str, str], ...]
    value: str
    decided: Decision | None = None

    @property
    def service(self) -> str:
        return self.group.partition(".")[0]

    @property
    def waits(self) -> bool:
        """Whether somebody has yet to decide: a verdict that a parked record bears is still to be carried out, and is
        taken off it where the record fails again."""
        return not self.verdict and (self.kind == "parked" or self.decided is None)


class Gone(Exception):
    """It no longer waits."""


class Unplaced(Exception):
    """A dead letter that bears no mark of the topic that it came from."""


@dataclass(frozen=True)
class Deed:
    """What became of one that was decided about: `outcome`, and a sentence."""

    outcome: Literal["done", "gone", "without a source"]
    said: str


@dataclass(frozen=True)
class Wanted:
    """Which of those that wait; an empty part does not choose. reason: as it is called, or words of the explanation."""

    id: str = ""
    group: str = ""
    reason: str = ""
    key: str = ""

    def holds(self, entry: Waiting) -> bool:
        return (
            self.id in ("", entry.id)
            and self.group in ("", entry.group)
            and self.key in ("", entry.key)
            and (self.reason in ("", entry.reason) or self.reason in entry.why)
        )

    @property
    def all_of_them(self) -> bool:
        return self == Wanted()


async def waiting(platform: Platform, wanted: Wanted = Wanted(), *, decided: bool = False) -> list[Waiting]:
    """Parked records, then dead letters; `decided`: also dead letters that were decided about."""
    found = [*await _parked(platform), *await _dead(platform)]
    last = {decision.about: decision for decision in await decisions(platform)}
    chosen = [replace(entry, decided=last.get(entry.id)) for entry in found if wanted.holds(entry)]
    return [entry for entry in chosen if decided or entry.kind == "parked" or entry.decided is None]


async def decisions(platform: Platform) -> list[Decision]:
    """Every decision that was ever made, oldest first."""
    found: list[Decision] = []
    for service in SERVICES if platform.mongo else ():
        async with _database(platform, service) as database:
            found += await DecisionLog(database).all()
    return sorted(found, key=lambda decision: decision.at)


async def decide(
    platform: Platform, entries: Sequence[Waiting], verdict: Verdict, by: str, why: str
) -> AsyncIterator[Deed]:
    """Carries it out for dead letters, has the owner of the partition carry it out for parked records, and writes down
    who decided. Tells of each as soon as it is done; one that has gone meanwhile keeps nobody from the next."""
    for entry in entries:
        async with _database(platform, entry.service) as database:
            try:
                said = await _carry_out(platform, database, entry, verdict)
            except Gone:
                yield Deed("gone", f"it has gone meanwhile: {entry.id}")
            except Unplaced:
                yield Deed("without a source", f"{entry.id} does not say where it came from")
            else:
                # After the deed: a decision that is written down was carried out, and a repeat does no harm.
                await DecisionLog(database).add([entry.id], verdict, by, why)
                yield Deed("done", said)


async def _carry_out(platform: Platform, database: Database, entry: Waiting, verdict: Verdict) -> str:
    """Raises Gone, Unplaced."""
    if entry.kind == "parked":
        if not await MongoInbox(database).decide(entry.id, verdict):
            raise Gone
        return f"{entry.service} will carry it out: {verdict} {entry.id}"
    if verdict == "retry":
        return await _send_again(platform, entry.id)
    return f"{entry.id} waits no more; it stays on its topic as a record"


@asynccontextmanager
async def _database(platform: Platform, service: str) -> AsyncIterator[Database]:
    database = connect(platform.mongo, f"{platform.database_prefix}_{service}")
    try:
        yield database
    finally:
        database.close()


async def _parked(platform: Platform) -> list[Waiting]:
    found: list[Waiting] = []
    for service in SERVICES if platform.mongo else ():
        async with _database(platform, service) as database:
            for parked_id, parked in await MongoInbox(database).list_parked():
                record = parked.record
                found.append(
                    Waiting(
                        id=parked_id,
                        kind="parked",
                        group=parked_id.partition("|")[0],
                        source=f"{record.topic} {record.partition} {record.offset}",
                        key=record.lane,
                        reason=parked.reason,
                        why=f"{parked.reason}: {parked.detail}",
                        verdict=parked.verdict,
                        headers=_texts(record.headers),
                        value=_text(record.value),
                    )
                )
    return found


async def _dead(platform: Platform) -> list[Waiting]:
    topics = [topic.name for topic in declared() if topic.name.endswith(_SUFFIX)]
    return [_dead_letter(record) async for _, record in read_to_end(platform.kafka, topics)]


def _dead_letter(record: Any) -> Waiting:
    headers = dict(_texts(record.headers))
    return Waiting(
        id=f"{record.topic}@{record.partition}@{record.offset}",
        kind="dead letter",
        group=record.topic.removesuffix(_SUFFIX),
        source=" ".join(headers.get(name, "?") for name in _MARKS[:3]),
        key=_text(record.key),
        reason=DEAD,
        why=headers.get(ERROR, ""),
        verdict="",
        headers=tuple(headers.items()),
        value=_text(record.value),
    )


async def _send_again(platform: Platform, waiting_id: str) -> str:
    """The bytes as they were, to the topic that they came from: for when a reader has been mended."""
    topic, _, place = waiting_id.partition("@")
    number, _, offset = place.partition("@")
    part = TopicPartition(topic, int(number))
    async with plain_consumer(platform.kafka, [topic]) as (consumer, partitions):
        if part not in partitions:
            raise Gone
        consumer.assign([part])
        if int(offset) >= (await consumer.end_offsets([part]))[part]:
            raise Gone
        consumer.seek(part, int(offset))
        record = await consumer.getone(part)
    source = dict(_texts(record.headers)).get(TOPIC, "")
    if not source:
        raise Unplaced
    kept = [(name, value) for name, value in record.headers if name not in _MARKS]
    async with AIOKafkaProducer(bootstrap_servers=platform.kafka, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(source, record.value, key=record.key, headers=kept)
    return f"{waiting_id} is sent again to {source}, for every group that reads it; those that had it drop the repeat"


def as_json(entry: Waiting) -> Mapping[str, Any]:
    """Plain values, for `--json`."""
    said = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
    decided = entry.decided
    told = decided and {"verdict": decided.verdict, "by": decided.by, "why": decided.why, "at": decided.at.isoformat()}
    return {**said, "headers": [list(pair) for pair in entry.headers], "decided": told}


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _text(value)) for name, value in headers)


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode(errors="backslashreplace")
