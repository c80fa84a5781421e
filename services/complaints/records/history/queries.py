"""An account's figures, read from the index that holds all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.complaints.cases.model import Outcome
from services.complaints.cases.store import CASES
from services.complaints.records.figures import Group, History, history
from shared.mongo import Database


@dataclass(frozen=True)
class Asked:
    """Whose cases are counted, and which of them."""

    account: str
    zone: str
    filed_from: datetime
    filed_before: datetime
    platform: str | None = None
    right: str | None = None
    principal: str | None = None


class Histories:
    """Read from the index `of_account` alone, which holds all that is asked: no case is read for it."""

    def __init__(self, database: Database) -> None:
        self._cases = database.collection(CASES.collection)

    async def of(self, asked: Asked) -> History:
        match: dict[str, Any] = {
            "ix.account": asked.account,
            "ix.filed_at": {"$gte": asked.filed_from, "$lt": asked.filed_before},
        }
        month = {"$dateToString": {"date": "$ix.filed_at", "format": "%Y-%m", "timezone": asked.zone}}
        key = {
            "platform": "$ix.platform",
            "right": "$ix.right",
            "principal": "$ix.principal",
            "outcome": "$ix.outcome",
            "month": month,
        }
        rows = await self._cases.aggregate([{"$match": match}, {"$group": {"_id": key, "count": {"$sum": 1}}}])
        return history(_group(row) for row in rows if _asked_for(row["_id"], asked))


def _asked_for(key: dict[str, Any], asked: Asked) -> bool:
    """Sifted here, so that the store is tempted by no other index."""
    wanted = {"platform": asked.platform, "right": asked.right, "principal": asked.principal}
    return all(value is None or key.get(name) == value for name, value in wanted.items())


def _group(row: dict[str, Any]) -> Group:
    key = row["_id"]
    return Group(key["platform"], key["right"], key["month"], Outcome.of_code(key["outcome"]), row["count"])
