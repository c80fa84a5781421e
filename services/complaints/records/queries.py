"""Finding cases, by fields that are indexed, in pages that stay stable while cases are filed.

What may be a list of all cases is read in `windows`; those of one account, right or submission are few.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from services.complaints.cases.model import OPEN_STATES, Case
from services.complaints.cases.store import CASES
from services.complaints.records.windows import Range, newest_first, oldest_first
from shared.eventstore.documents import Codec
from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.mongo import Database, Document

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
    def __init__(self, database: Database, clock: Clock) -> None:
        self._cases = database.collection(CASES.collection)
        self._codec = Codec(CASES)
        self._clock = clock
        # Since when cases waited at the last look, by platform: where the next one begins to read.
        self._waited_since: dict[str | None, datetime] = {}

    async def page(self, found_by: Filter, cursor: str | None, limit: int) -> tuple[Sequence[Case], str | None]:
        """Newest first; the second value is the cursor of what follows."""
        wanted = {"account": found_by.account, "state": found_by.state, "platform": found_by.platform}
        wanted |= {"right": found_by.right, "submission": found_by.submission}
        where: dict[str, Any] = {f"ix.{name}": value for name, value in wanted.items() if value is not None}
        start = self._clock.now()
        if cursor:
            start, case_id = _read_cursor(cursor)
            where["$or"] = [{"ix.filed_at": {"$lt": start}}, {"ix.filed_at": start, "_id": {"$lt": case_id}}]
        few = found_by.account or found_by.right or found_by.submission
        ranges = [{}] if few else newest_first(start, to_the_end=not cursor)
        documents = await self._first(limit + 1, where, ranges, descending=True)
        cases = self._decoded(documents[:limit])
        return cases, _cursor(cases[-1]) if len(documents) > limit else None

    async def any_open(self, account: str) -> bool:
        """Whether a case of the account has not come to one of its ends."""
        where = {"ix.account": account, "ix.state": {"$in": sorted(OPEN_STATES)}}
        return bool(await self._cases.find(where, fields=("_id",), limit=1))

    async def queue(self, platform: str | None, limit: int) -> Sequence[Case]:
        """Cases that nobody reviews yet, the oldest first."""
        where: dict[str, Any] = {"ix.state": "received"}
        if platform:
            where["ix.platform"] = platform
        since = self._waited_since.get(platform)
        documents = await self._first(limit, where, oldest_first(since) if since else [{}], descending=False)
        cases = self._decoded(documents)
        if cases:
            self._waited_since[platform] = cases[0].filed_at
        return cases

    async def _first(
        self, limit: int, where: Mapping[str, Any], ranges: Iterable[Range], *, descending: bool
    ) -> list[Document]:
        """The first matches by filing, in the order of the ranges."""
        direction = -1 if descending else 1
        sort = [("ix.filed_at", direction), ("_id", direction)]
        found: list[Document] = []
        for each in ranges:
            within = {**where, "ix.filed_at": each} if each else where
            found += await self._cases.find(within, fields=_FOUND, sort=sort, limit=limit - len(found))
            if len(found) >= limit:
                break
        return found

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
