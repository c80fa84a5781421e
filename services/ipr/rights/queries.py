"""Finding rights, by fields that are indexed."""

from collections.abc import Sequence
from datetime import datetime

from services.ipr.rights.model import Right
from services.ipr.rights.store import RIGHTS
from shared.eventstore.documents import Codec
from shared.kernel.clock import EPOCH
from shared.mongo import Database

_FOUND = ("state",)


class RightQueries:
    def __init__(self, database: Database) -> None:
        self._rights = database.collection(RIGHTS.collection)
        self._codec = Codec(RIGHTS)

    async def of_account(self, account_id: str, after: str, limit: int) -> Sequence[Right]:
        """In the order of their ids, later than `after`."""
        where = {"ix.account": account_id, "_id": {"$gt": after}}
        found = await self._rights.find(where, fields=_FOUND, sort=[("_id", 1)], limit=limit)
        return [self._codec.load_state(document["state"]) for document in found]

    async def queued(self, after: datetime | None, limit: int) -> Sequence[Right]:
        """Rights under authentication, submitted later than the instant given; the longest waiting first."""
        return await self._waiting("ix.queued_at", after, limit)

    async def undisclosed(self, after: datetime | None, limit: int) -> Sequence[Right]:
        """Rights of whose documents nobody said yet what is to be covered, submitted later than the instant given; the
        longest waiting first."""
        return await self._waiting("ix.undisclosed_since", after, limit)

    async def _waiting(self, since: str, after: datetime | None, limit: int) -> Sequence[Right]:
        where = {since: {"$gt": after or EPOCH}}
        sort = [(since, 1), ("_id", 1)]
        found = await self._rights.find(where, fields=_FOUND, sort=sort, limit=limit)
        return [self._codec.load_state(document["state"]) for document in found]
