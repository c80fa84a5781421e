"""The inbox in the service's own database: one document a position, one a parked record."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.kernel.clock import wall_seconds
from shared.mongo import Database, DeleteOne, IndexSpec, InsertOne, Operation, UpdateOne
from shared.reactions.inbox import Parked, Record

Document = dict[str, Any]


class MongoInbox:
    """See `Inbox`. `list_parked` and `decide` are what an operator's tools use, from any process."""

    def __init__(self, database: Database) -> None:
        self._positions = database.collection("inbox.positions")
        self._parked = database.collection("inbox.parked")

    async def prepare(self) -> None:
        await self._parked.ensure_indexes(
            [
                IndexSpec("partition", (("group", 1), ("topic", 1), ("partition", 1), ("offset", 1))),
                IndexSpec("lane", (("group", 1), ("topic", 1), ("partition", 1), ("lane", 1), ("offset", 1))),
                IndexSpec("verdict", (("group", 1), ("topic", 1), ("partition", 1), ("verdict", 1))),
            ]
        )

    async def positions(self, group: str, sources: Sequence[str]) -> Mapping[str, int]:
        prefix = f"{group}|"
        found = await self._positions.find({"_id": {"$in": [prefix + source for source in sources]}})
        return {document["_id"].removeprefix(prefix): document["last"] for document in found}

    async def advance(self, group: str, positions: Mapping[str, int]) -> None:
        changes = [
            UpdateOne({"_id": f"{group}|{source}"}, {"$max": {"last": last}}, upsert=True)
            for source, last in positions.items()
        ]
        while changes:
            report = await self._positions.write(changes)
            # Two that set the first position of a source at once: the slower one's insert meets the other's document,
            # which a repeat then finds and updates.
            changes = [changes[i] for i in report.violations]

    async def parked(self, group: str, topic: str, partition: int) -> Sequence[Parked]:
        return await self._found({"group": group, "topic": topic, "partition": partition})

    async def lane(self, group: str, topic: str, partition: int, lane: str) -> Sequence[Parked]:
        return await self._found({"group": group, "topic": topic, "partition": partition, "lane": lane})

    async def decided(self, group: str, topic: str, partition: int) -> Sequence[Parked]:
        verdicts = {"$in": ["retry", "discard"]}
        return await self._found({"group": group, "topic": topic, "partition": partition, "verdict": verdicts})

    async def _found(self, where: Mapping[str, Any]) -> Sequence[Parked]:
        return [_parked(document) for document in await self._parked.find(where, sort=[("offset", 1)])]

    async def park(self, group: str, records: Sequence[Parked]) -> None:
        await self._parked.write([InsertOne(_document(group, parked)) for parked in records])

    async def park_again(self, group: str, parked: Parked) -> None:
        change = {"reason": parked.reason, "detail": parked.detail, "verdict": parked.verdict}
        await self._parked.update({"_id": _id(group, parked.record)}, {"$set": change})

    async def release(self, group: str, records: Sequence[Record]) -> None:
        operations: list[Operation] = [DeleteOne({"_id": _id(group, record)}) for record in records]
        await self._parked.write(operations)

    async def list_parked(self, group: str | None = None) -> list[tuple[str, Parked]]:
        """Every parked record with its id, by group and offset."""
        where = {"group": group} if group else {}
        found = await self._parked.find(where, sort=[("group", 1), ("topic", 1), ("partition", 1), ("offset", 1)])
        return [(document["_id"], _parked(document)) for document in found]

    async def decide(self, parked_id: str, verdict: str) -> bool:
        """An operator's `retry` or `discard`; carried out by the process that owns the partition. False: unknown id."""
        return await self._parked.update({"_id": parked_id}, {"$set": {"verdict": verdict}})

    async def parked_keys(self) -> Mapping[str, Mapping[tuple[str, int, str], float]]:
        """By group the keys that wait (topic, partition, key), each with the machine's time since when, in seconds."""
        found: dict[str, dict[tuple[str, int, str], float]] = {}
        fields = ("group", "topic", "partition", "lane", "parked_at")
        async for document in self._parked.each({}, fields=fields):
            keys = found.setdefault(document["group"], {})
            key = (document["topic"], document["partition"], document["lane"])
            keys[key] = min(document["parked_at"], keys.get(key, document["parked_at"]))
        return found

    async def count_parked(self) -> int:
        return await self._parked.count({})


def _id(group: str, record: Record) -> str:
    return f"{group}|{record.topic}|{record.partition}|{record.offset}"


def _document(group: str, parked: Parked) -> Document:
    record = parked.record
    return {
        "_id": _id(group, record),
        "group": group,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "lane": record.lane,
        "headers": [[name, value] for name, value in record.headers],
        "value": record.value,
        "reason": parked.reason,
        "detail": parked.detail,
        "verdict": parked.verdict,
        "parked_at": wall_seconds(),
    }


def _parked(document: Document) -> Parked:
    return Parked(
        record=Record(
            topic=document["topic"],
            partition=document["partition"],
            offset=document["offset"],
            key=_bytes(document["key"]),
            headers=tuple((name, _bytes(value)) for name, value in document["headers"]),
            value=_bytes(document["value"]),
        ),
        reason=document["reason"],
        detail=document["detail"],
        verdict=document["verdict"],
    )


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
