"""What waits for an operator: parked keys, which are in each service's store, and records that could not be decoded."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from deploy.cli.platform import Platform
from deploy.local.services import SERVICES
from deploy.provision import declared
from deploy.simulator.ledger import plain_consumer, read_to_end
from shared.mongo import connect
from shared.reactions.mongo_inbox import MongoInbox

_SUFFIX = ".dlq.v1"
_MARKS = ("dlq_topic", "dlq_partition", "dlq_offset", "dlq_error")


@dataclass(frozen=True)
class Waiting:
    """One record. id: `group|topic|partition|offset` of a parked record, `topic@partition@offset` of a dead letter;
    source: where it came from; why: the reason and its detail."""

    id: str
    kind: str
    group: str
    source: str
    key: str
    why: str
    verdict: str
    headers: tuple[tuple[str, str], ...]
    value: str


async def waiting(platform: Platform) -> list[Waiting]:
    """All parked records and dead letters."""
    return [*await _parked(platform), *await _dead(platform)]


async def decide(platform: Platform, waiting_id: str, verdict: str) -> str:
    """`retry` or `discard`; a sentence that says what follows. Raises LookupError where nothing has this id."""
    if "@" in waiting_id:
        return await _send_again(platform, waiting_id) if verdict == "retry" else _stays()
    for service in SERVICES:
        async with _inbox(platform, service) as inbox:
            if await inbox.decide(waiting_id, verdict):
                return f"{service} will carry it out: {verdict} {waiting_id}"
    raise LookupError(waiting_id)


@asynccontextmanager
async def _inbox(platform: Platform, service: str) -> AsyncIterator[MongoInbox]:
    database = connect(platform.mongo, f"{platform.database_prefix}_{service}")
    try:
        yield MongoInbox(database)
    finally:
        database.close()


async def _parked(platform: Platform) -> list[Waiting]:
    found: list[Waiting] = []
    for service in SERVICES if platform.mongo else ():
        async with _inbox(platform, service) as inbox:
            for parked_id, parked in await inbox.list_parked():
                record = parked.record
                found.append(
                    Waiting(
                        id=parked_id,
                        kind="parked",
                        group=parked_id.partition("|")[0],
                        source=f"{record.topic} {record.partition} {record.offset}",
                        key=record.lane,
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
        why=headers.get("dlq_error", ""),
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
            raise LookupError(waiting_id)
        consumer.assign([part])
        if int(offset) >= (await consumer.end_offsets([part]))[part]:
            raise LookupError(waiting_id)
        consumer.seek(part, int(offset))
        record = await consumer.getone(part)
    source = dict(_texts(record.headers)).get("dlq_topic", "")
    if not source:
        raise LookupError(f"{waiting_id} does not say where it came from")
    kept = [(name, value) for name, value in record.headers if name not in _MARKS]
    async with AIOKafkaProducer(bootstrap_servers=platform.kafka, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(source, record.value, key=record.key, headers=kept)
    return f"sent again to {source}, for every group that reads it; repeats are dropped by those that had it"


def _stays() -> str:
    return "A dead letter holds nothing up; it stays on its topic as a record. Nothing was changed."


def _texts(headers: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _text(value)) for name, value in headers)


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode(errors="backslashreplace")
