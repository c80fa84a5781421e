"""Evidence of a live platform: topics first, then the stores, so that nothing that was published can look uncommitted.

Quiet is what does not move: end offsets and commits are the same before and after, `settle` seconds apart. A partition
that stands still though records wait in it is therefore quiet, and a breach. On a platform that moves, only what must
hold at every instant is decided; the rest says `busy`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from deploy.cli.platform import Platform
from deploy.provision import declared
from deploy.simulator.ledger import plain_consumer, read_to_end
from shared.mongo import Database, connect
from shared.reactions.mongo_inbox import MongoInbox
from tests.chaos.checker.catalogue import AGGREGATES, REPLICAS, SEGMENTS, SERVICES
from tests.chaos.checker.evidence import (
    DEAD_LETTERS,
    Comparison,
    Evidence,
    Mail,
    ParkedRecord,
    Place,
    Seen,
    Shelf,
    Stored,
)
from tests.chaos.checker.ledger import Promise

_CHANGELOG = "-changelog"
Moving = Mapping[str, Mapping[Place, int]]


async def gather(
    platform: Platform,
    now: Callable[[], datetime],
    promises: Sequence[Promise] = (),
    *,
    mails: Sequence[Mail] = (),
    shelves: Sequence[Shelf] = (),
    rebuilt: Sequence[Comparison] = (),
    settle: float = 2.0,
) -> Evidence:
    """`now`: business time, asked when the topics have been read: what they say was said before; `settle`: seconds of
    real time in which nothing may move for it to be quiet: longer than the longest back-off (10 s) unless the caller
    has waited for quiet already."""
    topics = [topic.name for topic in declared() if not topic.name.endswith(_CHANGELOG)]
    groups = [name.removesuffix(DEAD_LETTERS) for name in topics if name.endswith(DEAD_LETTERS)]
    before = await _moving(platform.kafka, topics, groups)
    records = [_seen(topic, record) async for topic, record in read_to_end(platform.kafka, topics)]
    at = now()
    documents, positions, parked = await _stores(platform)
    await asyncio.sleep(settle)
    after = await _moving(platform.kafka, topics, groups)
    return Evidence(
        at=at,
        looked_at=frozenset(topics),
        promises=promises,
        records=records,
        documents=documents,
        positions=positions,
        commits={name: places for name, places in before.items() if name},
        parked=parked,
        mails=mails,
        shelves=shelves,
        rebuilt=rebuilt,
        busy=_difference(before, after),
    )


def _seen(topic: str, record: Any) -> Seen:
    return Seen.of(topic, record.partition, record.offset, record.key, record.headers, record.value)


async def _moving(bootstrap: str, topics: Sequence[str], groups: Sequence[str]) -> Moving:
    """Commits by group, and the end offsets under an empty name."""
    async with plain_consumer(bootstrap, topics) as (consumer, partitions):
        ends = await consumer.end_offsets(partitions)
    found: dict[str, dict[Place, int]] = {"": {(part.topic, part.partition): end for part, end in ends.items()}}
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for group in groups:
            commits = await admin.list_consumer_group_offsets(group)
            known = {(part.topic, part.partition): commit.offset for part, commit in commits.items()}
            found[group] = {place: offset for place, offset in known.items() if offset >= 0}
    finally:
        await admin.close()
    return found


def _difference(before: Moving, after: Moving) -> str:
    for name, places in after.items():
        for place, offset in places.items():
            was = before.get(name, {}).get(place, 0)
            if was != offset:
                what = f"group {name} moved on" if name else "records came"
                return f"{what} on {place[0]} {place[1]}: {was} to {offset}"
    return ""


async def _stores(
    platform: Platform,
) -> tuple[dict[str, dict[str, Stored]], dict[str, dict[str, int]], list[ParkedRecord]]:
    documents: dict[str, dict[str, Stored]] = {}
    positions: dict[str, dict[str, int]] = {}
    parked: list[ParkedRecord] = []
    wanted = [*AGGREGATES, *(name + SEGMENTS for name in AGGREGATES), *REPLICAS]
    for service in SERVICES:
        async with _database(platform, service) as database:
            for name in wanted:
                if name.startswith(f"{service}."):
                    documents[name] = await _collection(database, name.removeprefix(f"{service}."))
            await _positions(database, positions)
            parked += [
                ParkedRecord(
                    name.partition("|")[0],
                    each.record.topic,
                    each.record.partition,
                    each.record.offset,
                    each.record.lane,
                    each.reason,
                    each.detail,
                )
                for name, each in await MongoInbox(database).list_parked()
            ]
    return documents, positions, parked


@asynccontextmanager
async def _database(platform: Platform, service: str) -> AsyncIterator[Database]:
    database = connect(platform.mongo, f"{platform.database_prefix}_{service}")
    try:
        yield database
    finally:
        database.close()


async def _collection(database: Database, name: str) -> dict[str, Stored]:
    found = {}
    async for document in database.collection(name).each({}):
        stored = Stored.of(document)
        found[stored.id] = stored
    return found


async def _positions(database: Database, positions: dict[str, dict[str, int]]) -> None:
    async for document in database.collection("inbox.positions").each({}):
        group, _, source = document["_id"].partition("|")
        positions.setdefault(group, {})[source] = document["last"]
