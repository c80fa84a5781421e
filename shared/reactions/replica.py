"""What a service keeps of others: one document per source subject, fed by topics, joined when read."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from shared.eventstore.group_commit import Coalescer
from shared.mongo import Database, IndexSpec, UpdateOne


class Replica:
    """Latest known facts of each subject. A put that comes late or twice changes nothing."""

    def __init__(self, database: Database, name: str, indexes: Sequence[IndexSpec] = ()) -> None:
        self._documents = database.collection(f"replica.{name}")
        self._indexes = indexes
        self._puts: Coalescer[UpdateOne, None] = Coalescer(self._put_many)
        self._gets: Coalescer[str, Mapping[str, Any] | None] = Coalescer(self._get_many)

    async def prepare(self) -> None:
        await self._documents.ensure_indexes(self._indexes)

    async def put(self, subject: str, sequence: int, facts: Mapping[str, Any]) -> None:
        """Sets the facts (others stay) if the sequence is later than what is known."""
        where = {"_id": subject, "sequence": {"$lt": sequence}}
        await self._puts.ask(UpdateOne(where, {"$set": {**facts, "sequence": sequence}}, upsert=True))

    async def mark(self, subject: str, facts: Mapping[str, Any]) -> None:
        """Sets what another source than the usual one says of the subject; nothing that comes late undoes it."""
        change = {"$set": dict(facts), "$setOnInsert": {"sequence": 0}}
        await self._documents.write([UpdateOne({"_id": subject}, change, upsert=True)])

    async def get(self, subject: str) -> Mapping[str, Any] | None:
        return await self.begin_get(subject)

    def begin_get(self, subject: str) -> asyncio.Future[Mapping[str, Any] | None]:
        """Asks without waiting, for several questions at once."""
        return self._gets.begin(subject)

    async def find(self, where: Mapping[str, Any], limit: int = 0) -> list[dict[str, Any]]:
        return await self._documents.find(where, limit=limit)

    async def _put_many(self, updates: Sequence[UpdateOne]) -> Sequence[None]:
        report = await self._documents.write(updates)
        # The upsert met its own id: known with the same or a later sequence, or put there by another at this moment.
        # Without upsert the first changes nothing, and the second is set if it is later.
        met = [UpdateOne(updates[i].where, updates[i].change) for i in report.violations]
        await self._documents.write(met)
        return [None] * len(updates)

    async def _get_many(self, subjects: Sequence[str]) -> Sequence[Mapping[str, Any] | None]:
        found = await self._documents.find({"_id": {"$in": list(set(subjects))}})
        by_id = {document["_id"]: document for document in found}
        return [by_id.get(subject) for subject in subjects]
