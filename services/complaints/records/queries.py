"""Finding cases, by fields that are indexed, in pages that stay stable while cases are filed."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from services.complaints.cases.model import Case
from services.complaints.cases.store import CASES
from shared.eventstore.documents import Codec
from shared.kernel.decider import Refusal
from shared.mongo import Database

_FOUND = ("state",)


@dataclass(frozen=True)
class Filter:
    """Each given field narrows; `account` None is every account (staff)."""

    account: str | None = None
    state: str | None = None
    platform: str | None = None
    right: str | None = None
    submission: str | None = None


@dataclass(frozen=True)
class Holder:
    """The case that holds a claim, and whose it is."""

    case_id: str
    account_id: str


class CaseQueries:
    def __init__(self, database: Database) -> None:
        self._cases = database.collection(CASES.collection)
        self._codec = Codec(CASES)

    async def page(self, found_by: Filter, cursor: str | None, limit: int) -> tuple[Sequence[Case], str | None]:
        """Newest first; the second value is the cursor of what follows."""
        wanted = {"account": found_by.account, "state": found_by.state, "platform": found_by.platform}
        wanted |= {"right": found_by.right, "submission": found_by.submission}
        where: dict[str, Any] = {f"ix.{name}": value for name, value in wanted.items() if value is not None}
        if cursor:
            filed_at, case_id = _read_cursor(cursor)
            earlier = {"ix.filed_at": {"$lt": filed_at}}
            same_instant = {"ix.filed_at": filed_at, "_id": {"$lt": case_id}}
            where["$or"] = [earlier, same_instant]
        sort = [("ix.filed_at", -1), ("_id", -1)]
        documents = await self._cases.find(where, fields=_FOUND, sort=sort, limit=limit + 1)
        cases = self._decoded(documents[:limit])
        return cases, _cursor(cases[-1]) if len(documents) > limit else None

    async def queue(self, platform: str | None, limit: int) -> Sequence[Case]:
        """Cases that nobody reviews yet, the oldest first."""
        where: dict[str, Any] = {"ix.state": "received"}
        if platform:
            where["ix.platform"] = platform
        documents = await self._cases.find(where, fields=_FOUND, sort=[("ix.filed_at", 1), ("_id", 1)], limit=limit)
        return self._decoded(documents)

    async def holders(self, claims: Sequence[str]) -> Sequence[Holder | None]:
        """The case that holds each claim (right and listing), where there is one."""
        fields = ("ix.claim", "ix.account")
        documents = await self._cases.find({"ix.claim": {"$in": list(claims)}}, fields=fields)
        found = {each["ix"]["claim"]: Holder(each["_id"], each["ix"]["account"]) for each in documents}
        return [found.get(claim) for claim in claims]

    def _decoded(self, documents: Sequence[Mapping[str, Any]]) -> Sequence[Case]:
        return [self._codec.load_state(document["state"]) for document in documents]


def _cursor(case: Case) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([case.filed_at, case.id])).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        filed_at, case_id = orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
        return datetime.fromisoformat(filed_at).astimezone(UTC), str(case_id)
    except (ValueError, TypeError, OverflowError, binascii.Error) as problem:
        raise Refusal("cursor-not-valid", "This is no cursor of ours.", "Start again without a cursor.") from problem
