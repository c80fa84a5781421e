"""The world in memory as evidence, as `gather` makes it of a live platform."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.scoring.streams import outcomes, penalties
from shared.eventstore.documents import OutboxRecord
from shared.streams.processor import Shape
from tests.chaos.checker import Comparison, Evidence, Promise
from tests.chaos.checker.evidence import ParkedRecord, Seen, Stored
from tests.chaos.planted.streams import rebuilt
from tests.chaos.planted.world import SHADOW, World
from tests.support.memory_store import Kept


def look_at(world: World, promises: Sequence[Promise] = ()) -> Evidence:
    """Everything there is. The world has settled: what is missing now will not come."""
    comparisons = compared(world)
    records = [
        Seen.of(record.topic, record.partition, record.offset, record.key, record.headers, record.value)
        for log in world.broker.topics.values()
        for record in log
    ]
    records += [
        Seen.of(f"{consumer.subscription.group}.dlq.v1", 0, number, record.key, record.headers, record.value)
        for consumer in world.process.consumers
        for number, (record, _) in enumerate(consumer.dead)
    ]
    commits = {group: dict(places) for group, places in world.committed.items()}
    commits |= {stream.group: dict(stream.committed) for stream in world.streams}
    return Evidence(
        at=world.clock.now(),
        promises=promises,
        records=records,
        documents={
            name: {aggregate: Stored.of(document(kept)) for aggregate, kept in store.documents.items()}
            for name, store in world.stores.items()
        },
        positions=_positions(world),
        commits=commits,
        parked=_parked(world),
        mails=world.mails,
        shelves=[world.market.shelf()],
        rebuilt=comparisons,
    )


def document(kept: Kept) -> dict[str, Any]:
    """As the store on the wire keeps it."""
    head = kept.head
    return {
        "_id": head.id,
        "version": head.version,
        "state": head.state,
        "ix": dict(kept.index),
        "chainhash": head.chainhash,
        "sequences": [list(pair) for pair in head.sequences],
        "history": kept.history,
        "outbox": [_outgoing(record) for record in kept.outbox],
        "receipts": [
            {"key": receipt.key, "body_hash": receipt.body_hash, "status": receipt.answer.status}
            for receipt in head.receipts
        ],
        "history_bytes": head.history_bytes,
    }


def _outgoing(record: OutboxRecord) -> dict[str, Any]:
    return {"id": record.id, "topic": record.topic, "key": record.key, "value": record.value, "at": record.at}


def compared(world: World) -> list[Comparison]:
    """Scoring's processors, rebuilt from the live topics onto shadow topics."""
    _, live_outcomes, live_penalties = world.streams
    parts, suffix = world.parts, world.parts.shadow_suffix
    return [
        rebuilt(live_outcomes, lambda: parts.outcomes(_shadow(outcomes.shape(), suffix)), SHADOW),
        rebuilt(live_penalties, lambda: parts.penalties(_shadow(penalties.shape(), suffix)), SHADOW),
    ]


def _shadow(shape: Shape, suffix: str) -> Shape:
    """The next version, which reads what the live one reads and writes elsewhere."""
    return replace(shape, outputs=tuple(topic + suffix for topic in shape.outputs), version=shape.version + 1)


def _positions(world: World) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {
        consumer.subscription.group: {}
        for consumer in world.process.consumers
        if consumer.subscription.ordering == "sequenced"
    }
    for (group, source), last in world.inbox._positions.items():
        found.setdefault(group, {})[source] = last
    return found


def _parked(world: World) -> list[ParkedRecord]:
    return [
        ParkedRecord(group, topic, partition, offset, parked.record.lane, parked.reason, parked.detail)
        for (group, topic, partition, offset), parked in world.inbox._parked.items()
    ]
