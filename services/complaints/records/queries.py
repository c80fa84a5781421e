"""Finding cases, by fields that are indexed, in pages that stay stable while cases are filed.

What may be a list of all cases is read in `windows`; those of one submission or listing are few.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

from services.complaints.cases.model import OPEN_STATES, Case
from services.complaints.cases.store import CASES
from services.complaints.records.cursors import Cursor
from services.complaints.records.search import Search
from services.complaints.records.windows import INSTANT, Looked, Range, Read, Span, newest_first, oldest_first
from shared.eventstore.documents import Codec
from shared.kernel.clock import Clock
from shared.mongo import Database, Document

_FOUND = ("state", "ix.filed_at")
_PATIENCE = 0.03
"""Seconds of a look that sifts (ours): a page that finds little in that time ends early, and its cursor goes on."""
_NEWEST, _OLDEST = ([("ix.filed_at", direction), ("_id", direction)] for direction in (-1, 1))
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Page:
    """Newest first; `following`: the cursor of what follows, None at the end."""

    cases: Sequence[Case]
    following: Cursor | None


@dataclass(frozen=True)
class Holder:
    """The case that holds a claim, and whose it is."""

    case_id: str
    account_id: str


class CaseQueries:
    def __init__(self, database: Database, clock: Clock, seconds: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: real time, by which a look that sifts ends."""
        self._cases = database.collection(CASES.collection)
        self._codec = Codec(CASES)
        self._clock = clock
        self._seconds = seconds
        # Since when cases waited at the last look, by platform: where the next one begins to read.
        self._waited_since: dict[str | None, datetime] = {}

    async def page(self, search: Search, cursor: Cursor | None, limit: int) -> Page:
        """At most `limit` cases; fewer, or none, also before the end where most of what is read is sifted out."""
        looked = await self._look(search, cursor, limit + 1)
        documents, back_to = looked.rows, looked.back_to
        cases = self._decoded(documents[:limit])
        if len(documents) > limit:
            return Page(cases, Cursor(*_place(documents[limit - 1])))
        return Page(cases, Cursor(back_to, minutes=looked.width // _MINUTE) if back_to else None)

    async def pages(self, search: Search, cursor: Cursor | None, limit: int) -> AsyncIterator[Page]:
        """One page after another, to the end."""
        while True:
            page = await self.page(search, cursor, limit)
            yield page
            cursor = page.following
            if cursor is None:
                return

    async def _look(self, search: Search, cursor: Cursor | None, wanted: int) -> Looked[Document]:
        span = self._span(search, cursor)

        def follows(document: Document) -> bool:
            filed_at, case_id = _place(document)
            return search.fits(document["state"]) and (cursor is None or cursor.is_before(filed_at, case_id))

        async def read(window: Range, most: int) -> Read[Document]:
            # With the cursor's instant comes what was shown already, so that no limit can be set there.
            limit = (
                0
                if search.is_sifted
                or search.is_few
                or (cursor and window.get("$lt", cursor.filed_at) > cursor.filed_at)
                else most
            )
            within = {"ix.filed_at": window} if window else {}
            asked = [
                self._cases.find({**lead, **within}, fields=_FOUND, sort=_NEWEST, limit=limit)
                for lead in search.led_by()
            ]
            every = [each for documents in await asyncio.gather(*asked) for each in documents]
            fitting = sorted((each for each in every if follows(each)), key=_place, reverse=True)
            # Where no index leads, the store has sifted, and an answer without cases says nothing about the range.
            return Read(fitting[: most or None], empty=not every and search.has_lead)

        if search.is_few:
            every = (await read({}, 0)).rows
            return Looked([each for each in every if span.holds(_place(each)[0])][:wanted], None, timedelta())
        patience = _PATIENCE if search.is_sifted else inf
        width = timedelta(minutes=cursor.minutes) if cursor and cursor.minutes else search.first_width
        return await newest_first(span, width, read, wanted, patience, self._seconds)

    def _span(self, search: Search, cursor: Cursor | None) -> Span:
        if cursor is not None and (search.filed_before is None or cursor.filed_at < search.filed_before):
            return Span(cursor.filed_at, since=search.filed_from)
        if search.filed_before is not None:
            return Span(search.filed_before - INSTANT, since=search.filed_from)
        return Span(self._clock.now().replace(microsecond=0), open_ended=True, since=search.filed_from)

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
        documents = await self._oldest(limit, where, oldest_first(since) if since else [{}])
        cases = self._decoded(documents)
        if cases:
            self._waited_since[platform] = cases[0].filed_at
        return cases

    async def _oldest(self, limit: int, where: Mapping[str, Any], ranges: Iterable[Range]) -> list[Document]:
        """The first matches by filing, in the order of the ranges."""
        found: list[Document] = []
        for each in ranges:
            within = {**where, "ix.filed_at": each} if each else where
            found += await self._cases.find(within, fields=_FOUND, sort=_OLDEST, limit=limit - len(found))
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


def _place(document: Document) -> tuple[datetime, str]:
    return document["ix"]["filed_at"], document["_id"]
