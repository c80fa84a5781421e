"""Aggregates of one kind in one collection, by compare-and-set; a document is never replaced whole."""

from collections.abc import Mapping, Sequence

import orjson
import structlog

from shared.eventstore.aggregate import Answer
from shared.eventstore.documents import (
    RECEIPTS_KEPT,
    Change,
    Document,
    Head,
    OutboxRecord,
    StoredReceipt,
)
from shared.eventstore.store import Committed, Conflict, Outcome, Taken
from shared.mongo import Database, DeleteOne, IndexSpec, InsertOne, Operation, UpdateOne

HISTORY_LIMIT_BYTES = 256 * 1024
_HEAD = ("version", "state", "chainhash", "sequences", "receipts", "history_bytes", "outbox.id")
_OUTBOX_INDEX = IndexSpec("outbox", (("outbox.at", 1),))

log = structlog.get_logger()


class MongoAggregateStore:
    """See `AggregateStore`. Old published events move to `<collection>.segments` when a history grows too long."""

    def __init__(self, database: Database, collection: str, indexes: Sequence[IndexSpec] = ()) -> None:
        self._documents = database.collection(collection)
        self._segments = database.collection(f"{collection}.segments")
        self._indexes = (_OUTBOX_INDEX, *indexes)

    async def prepare(self) -> None:
        """Creates the indexes; called once when the service starts."""
        await self._documents.ensure_indexes(self._indexes)
        await self._segments.ensure_indexes([IndexSpec("aggregate", (("aggregate", 1), ("first", 1)))])

    async def load(self, ids: Sequence[str]) -> Mapping[str, Head]:
        found = await self._documents.find({"_id": {"$in": list(ids)}, "version": {"$gt": 0}}, fields=_HEAD)
        return {document["_id"]: _head(document) for document in found}

    async def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        report = await self._documents.write([_operation(change) for change in changes])
        taken = {
            i: Taken(violation.index)
            for i, violation in report.violations.items()
            if not violation.exists and not await self._inserted_past_stale_entry(changes[i], violation.index)
        }
        updates = {i for i, change in enumerate(changes) if change.expected_version and i not in taken}
        # An insert that finds its id there, and any update where fewer matched than were sent, may be another writer's
        # doing or a repeat of our own (a driver's retry, a batch that is repeated): the token tells.
        doubtful = {i for i, violation in report.violations.items() if violation.exists}
        if report.matched != len(updates):
            doubtful |= updates
        lost = await self._lost(changes, sorted(doubtful)) if doubtful else set()
        lost -= await self._inserted_into_empty(
            [(i, changes[i]) for i in sorted(lost) if not changes[i].expected_version]
        )
        outcomes = [taken.get(i) or (Conflict() if i in lost else Committed()) for i in range(len(changes))]
        for change, outcome in zip(changes, outcomes, strict=True):
            if isinstance(outcome, Committed):
                await self._keep_bounded(change)
        return outcomes

    async def _inserted_past_stale_entry(self, change: Change, index: str) -> bool:
        """Inserts after all where nobody holds the value. SecantusDB in Rust (0.5.3-beta.196) refuses inserts, but not
        updates, with a value that an update once freed; so an empty document (version 0) goes first."""
        spec = next(spec for spec in self._indexes if spec.name == index)
        where = {name: change.index.get(name.removeprefix("ix.")) for name, _ in spec.keys}
        if change.expected_version or await self._documents.find(where, fields=("_id",), limit=1):
            return False
        empty = {"_id": change.head.id, "version": 0}
        await self._documents.write([InsertOne(empty)])
        report = await self._documents.write([_into_empty(change)])
        await self._documents.write([DeleteOne(empty)])
        return report.matched == 1 and not report.violations

    async def _inserted_into_empty(self, inserts: Sequence[tuple[int, Change]]) -> set[int]:
        """Inserts that met an empty document, left behind where a process was killed between the two steps above."""
        ids = [change.head.id for _, change in inserts]
        where = {"_id": {"$in": ids}, "version": 0}
        empty = {document["_id"] for document in await self._documents.find(where, fields=("_id",))} if ids else set()
        filled = set()
        for i, change in inserts:
            if change.head.id in empty:
                report = await self._documents.write([_into_empty(change)])
                if report.matched and not report.violations:
                    filled.add(i)
        return filled

    async def _keep_bounded(self, change: Change) -> None:
        before, after = change.head.history_bytes, change.head.history_bytes + change.size
        if before <= HISTORY_LIMIT_BYTES // 2 < after:
            log.warning("history.half-full", aggregate=change.head.id, bytes=after)
        if after <= HISTORY_LIMIT_BYTES:
            return
        try:
            await self._move_to_segment(change.head.id)
        except Exception:
            # The commit is durable and must not look failed; the next one tries again.
            log.exception("history.not-moved", aggregate=change.head.id)

    async def _lost(self, changes: Sequence[Change], doubtful: Sequence[int]) -> set[int]:
        """Which of these writes are not there: those whose token is in no entry of the history."""
        ids = [changes[i].head.id for i in doubtful]
        found = await self._documents.find({"_id": {"$in": ids}}, fields=("history.commit", "history.n"))
        tokens = {entry["commit"] for document in found for entry in document.get("history", ())}
        first = {document["_id"]: document["history"][0]["n"] for document in found if document.get("history")}
        moved = [
            changes[i].head.id for i in doubtful if first.get(changes[i].head.id, 0) > changes[i].expected_version + 1
        ]
        if moved:
            segments = await self._segments.find({"aggregate": {"$in": moved}}, fields=("events.commit",))
            tokens |= {entry["commit"] for segment in segments for entry in segment["events"]}
        return {i for i in doubtful if changes[i].token not in tokens}

    async def history(self, aggregate_id: str) -> Sequence[Document]:
        # The document first: what moves to a segment meanwhile is then read twice rather than not at all.
        document = await self._documents.find_one({"_id": aggregate_id}, fields=("history",))
        segments = await self._segments.find({"aggregate": aggregate_id}, sort=[("first", 1)])
        entries = {entry["n"]: entry for segment in segments for entry in segment["events"]}
        entries.update({entry["n"]: entry for entry in (document or {}).get("history", ())})
        return [entries[number] for number in sorted(entries)]

    async def outboxes(self, ids: Sequence[str]) -> Mapping[str, Sequence[OutboxRecord]]:
        found = await self._documents.find({"_id": {"$in": list(ids)}}, fields=("outbox",))
        return {document["_id"]: [_record(entry) for entry in document["outbox"]] for document in found}

    async def waiting(self, older_than: float, limit: int) -> Sequence[str]:
        where = {"outbox.at": {"$gt": 0.0, "$lt": older_than}}
        found = await self._documents.find(where, fields=("_id",), limit=limit)
        return [document["_id"] for document in found]

    async def sent(self, records: Mapping[str, Sequence[str]]) -> None:
        """One statement for all: a record's id names its aggregate, so no other outbox holds it."""
        if records:
            ids = [record_id for each in records.values() for record_id in each]
            pull = {"$pull": {"outbox": {"id": {"$in": ids}}}}
            await self._documents.update_many({"_id": {"$in": list(records)}}, pull)

    async def unsent(self) -> int:
        return await self._documents.count({"outbox.at": {"$gt": 0.0}})

    async def _move_to_segment(self, aggregate_id: str) -> None:
        """Copies the older half of the published events away, then takes it out of the document."""
        document = await self._documents.find_one({"_id": aggregate_id}, fields=("history", "outbox"))
        if document is None:
            return
        # An event's id ends with its number, and `.k` where it published more than one record.
        unsent = {int(entry["id"].rpartition("/")[2].partition(".")[0]) for entry in document["outbox"]}
        oldest_unsent = min(unsent, default=document["history"][-1]["n"] + 1)
        half = [entry for entry in document["history"] if entry["n"] < oldest_unsent][: len(document["history"]) // 2]
        if not half:
            log.warning("history.too-long-but-unsent", aggregate=aggregate_id)
            return
        first, last = half[0]["n"], half[-1]["n"]
        segment = {"_id": f"{aggregate_id}#{first}", "aggregate": aggregate_id, "first": first, "events": half}
        # A repeat after a crash finds the segment there; what it holds is the same or a prefix, and both are read.
        await self._segments.insert(segment)
        kept = await self._segments.find_one({"_id": segment["_id"]}, fields=("events",))
        last = kept["events"][-1]["n"] if kept else last
        moved = [entry for entry in document["history"] if entry["n"] <= last]
        await self._documents.update(
            {"_id": aggregate_id, "history.0.n": first},
            {"$pull": {"history": {"n": {"$lte": last}}}, "$inc": {"history_bytes": -_bytes(moved)}},
        )


def _operation(change: Change) -> Operation:
    if change.expected_version == 0:
        return InsertOne(_document(change))
    return UpdateOne(
        {"_id": change.head.id, "version": change.expected_version},
        {
            "$set": _fields(change),
            "$push": {
                "history": {"$each": list(change.history)},
                "outbox": {"$each": [_entry(record) for record in change.outbox]},
                "receipts": {"$each": _receipts(change), "$slice": -RECEIPTS_KEPT},
            },
            "$inc": {"history_bytes": change.size},
        },
    )


def _into_empty(change: Change) -> Operation:
    fields = {name: value for name, value in _document(change).items() if name != "_id"}
    return UpdateOne({"_id": change.head.id, "version": 0}, {"$set": fields})


def _document(change: Change) -> Document:
    return {
        "_id": change.head.id,
        **_fields(change),
        "history": list(change.history),
        "outbox": [_entry(record) for record in change.outbox],
        "receipts": _receipts(change),
        "history_bytes": change.size,
    }


def _fields(change: Change) -> Document:
    return {
        "version": change.head.version,
        "state": change.head.state,
        "ix": change.index,
        "chainhash": change.head.chainhash,
        "sequences": [list(pair) for pair in change.head.sequences],
        "commit": change.token,
    }


def _receipts(change: Change) -> list[Document]:
    return [_receipt_entry(change.receipt)] if change.receipt else []


def _head(document: Document) -> Head:
    return Head(
        id=document["_id"],
        version=document["version"],
        state=document["state"],
        chainhash=document["chainhash"],
        sequences=tuple((topic, number) for topic, number in document["sequences"]),
        receipts=tuple(
            StoredReceipt(entry["key"], entry["body_hash"], Answer(entry["status"], bytes(entry["answer"])))
            for entry in document["receipts"]
        ),
        history_bytes=document["history_bytes"],
        unsent=bool(document["outbox"]),
    )


def _receipt_entry(receipt: StoredReceipt) -> Document:
    return {
        "key": receipt.key,
        "body_hash": receipt.body_hash,
        "status": receipt.answer.status,
        "answer": receipt.answer.body,
    }


def _entry(record: OutboxRecord) -> Document:
    return {
        "id": record.id,
        "topic": record.topic,
        "key": record.key,
        "headers": [[name, value] for name, value in record.headers],
        "value": record.value,
        "at": record.at,
    }


def _record(entry: Document) -> OutboxRecord:
    return OutboxRecord(
        id=entry["id"],
        topic=entry["topic"],
        key=entry["key"],
        headers=tuple((name, bytes(value)) for name, value in entry["headers"]),
        value=bytes(entry["value"]),
        at=entry["at"],
    )


def _bytes(entries: Sequence[Document]) -> int:
    return sum(len(orjson.dumps(entry)) for entry in entries)
