"""When an export was asked for and answered: an entry each, which also limits unreasonable repeats (000 V.5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.kernel.ids import random_id
from shared.mongo import Database, Document, IndexSpec
from shared.policies.terms import PolicyBook

Outcome = Literal["under-way", "answered", "broken-off", "failed"]
"""broken-off: sent in part, the connection ended; failed: nothing was sent, which does not count."""


class ExportLog:
    def __init__(self, database: Database, policy: PolicyBook, clock: Clock) -> None:
        self._entries = database.collection("exports")
        self._policy = policy
        self._clock = clock

    async def prepare(self) -> None:
        """Creates the indexes; called once when the service starts."""
        await self._entries.ensure_indexes([IndexSpec("of_account", (("account", 1), ("asked_at", 1)))])

    async def begin(self, account_id: str) -> str:
        """The id of the export. Raises Refusal `export-limit-reached`."""
        now = self._clock.now()
        limits = self._policy.at(now).exports
        export_id = random_id("exp")
        entry: Document = {
            "_id": export_id,
            "account": account_id,
            "asked_at": now,
            "answered_at": None,
            "outcome": "under-way",
            "files": 0,
            "bytes": 0,
        }
        # First in, then counted: of many at one moment none gets past the limit.
        await self._entries.insert(entry)
        since = now - timedelta(hours=limits.window_hours)
        where = {"account": account_id, "asked_at": {"$gt": since}, "outcome": {"$ne": "failed"}}
        if await self._entries.count(where) > limits.most:
            await self._entries.delete({"_id": export_id})
            detail = f"There were {limits.most} exports within {limits.window_hours} hours."
            raise Refusal("export-limit-reached", detail, "Take the last one, or wait until tomorrow.")
        return export_id

    async def end(self, export_id: str, outcome: Outcome, files: int = 0, size: int = 0) -> None:
        """`size`: bytes sent."""
        answered_at = self._clock.now() if outcome == "answered" else None
        change = {"outcome": outcome, "answered_at": answered_at, "files": files, "bytes": size}
        await self._entries.update({"_id": export_id}, {"$set": change})

    async def of_account(self, account_id: str) -> Sequence[dict[str, Any]]:
        """All of a person, the oldest first."""
        found = await self._entries.find({"account": account_id}, sort=[("asked_at", 1)])
        return [_told(each) for each in found]


def _told(entry: Document) -> dict[str, Any]:
    answered: datetime | None = entry["answered_at"]
    return {
        "export_id": entry["_id"],
        "asked_at": entry["asked_at"].isoformat(),
        "answered_at": answered.isoformat() if answered else None,
        "outcome": entry["outcome"],
        "files": entry["files"],
        "bytes": entry["bytes"],
    }
