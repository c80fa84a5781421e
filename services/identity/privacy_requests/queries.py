"""Finding requests: a person's own, the desk's by due date."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.identity.privacy_requests.model import PrivacyRequest
from services.identity.privacy_requests.store import REQUESTS, sort_of
from shared.eventstore import Repository
from shared.mongo import Database


class RequestQueries:
    def __init__(self, database: Database, repository: Repository[PrivacyRequest, Any]) -> None:
        self._documents = database.collection(REQUESTS.collection)
        self._repository = repository

    async def of_account(self, account_id: str) -> Sequence[PrivacyRequest]:
        """The oldest first."""
        return await self._found({"ix.account": account_id}, [("ix.filed_at", 1)])

    async def desk(self, after: PrivacyRequest | None, limit: int) -> Sequence[PrivacyRequest]:
        """Those that wait for an answer, soonest due first, behind the one given. All of a day are due at once."""
        where: dict[str, Any] = {"ix.due": {"$exists": True}}
        if after is not None:
            where = {"$or": [{"ix.due": {"$gt": after.due}}, {"ix.due": after.due, "_id": {"$gt": after.id}}]}
        found = await self._found(where, [("ix.due", 1), ("_id", 1)], limit)
        return [request for request in found if request.open]

    async def current(self, account_id: str, kind: str, about: str) -> str | None:
        """The request of this sort that is open or in force."""
        found = await self._documents.find_one({"ix.current": sort_of(account_id, kind, about)}, fields=("_id",))
        return str(found["_id"]) if found else None

    async def filed_since(self, account_id: str, kind: str, since: datetime, but: str) -> int:
        """How many requests of this kind the account has filed, `but` left out."""
        where = {"ix.account": account_id, "ix.kind": kind, "ix.filed_at": {"$gte": since}}
        found = await self._documents.find(where, fields=("_id",))
        return sum(document["_id"] != but for document in found)

    async def _found(
        self, where: dict[str, Any], sort: list[tuple[str, int]], limit: int = 0
    ) -> Sequence[PrivacyRequest]:
        found = await self._documents.find(where, fields=("_id",), sort=sort, limit=limit)
        loaded = [await self._repository.load(str(document["_id"])) for document in found]
        return [each.state for each in loaded if each is not None]
