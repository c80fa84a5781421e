"""The reviewers' queue."""

from datetime import datetime

from services.identity.accounts.store import ACCOUNTS
from shared.mongo import Database


class VerificationQueries:
    def __init__(self, database: Database) -> None:
        self._accounts = database.collection(ACCOUNTS.collection)

    async def queued(self, after: datetime | None, limit: int) -> list[str]:
        """Account ids whose verification waits, longest first, queued after the instant given."""
        since = {"$gt": after} if after is not None else {"$exists": True}
        found = await self._accounts.find(
            {"ix.queued_at": since}, fields=("_id",), sort=[("ix.queued_at", 1), ("_id", 1)], limit=limit
        )
        return [str(document["_id"]) for document in found]
