"""Entries are documents of their own; nothing personal is in them."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.eventstore import Cause
from shared.kernel.clock import Clock
from shared.kernel.ids import random_id
from shared.mongo import Database, Document, IndexSpec

Ground = Literal["service", "claim", "consent", "law", "own-request"]
"""Why it may be (000 III.1 and VII). service: needed to do what the person asked of us, by us or by those who work for
us; claim: given to the party complained of, as the person authorized; consent: agreed to separately; law: required by
law, court or authority; own-request: given to the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """account: whose data (a data subject's id); what: a code of the data (`identity-document`); purpose: a code;
    to: who received it (an id); about: the case or right that it was for, where there is one; at: business time;
    passed_to: whom it was fetched for, where who received it only carries it (the merchant of a letter)."""

    id: str
    account: str
    what: str
    purpose: str
    ground: Ground
    to: str
    about: str
    at: datetime
    correlation_id: str
    passed_to: str = ""

    @property
    def position(self) -> "Position":
        return self.at, self.id


Position = tuple[datetime, str]
"""Where an entry stands among all: by time, and by id within one instant."""

_noticed: ContextVar[list[str] | None] = ContextVar("noticed", default=None)


@contextmanager
def entries_made() -> Iterator[list[str]]:
    """The ids of the entries that are made inside the block, in any log, by the task and those that it starts; an empty
    one where it was said that none is due."""
    made: list[str] = []
    token = _noticed.set(made)
    try:
        yield made
    finally:
        _noticed.reset(token)


def nothing_of_others() -> None:
    """Says of the request that is handled that its answer holds what is the reader's own, or nothing personal: for a
    route that mostly discloses."""
    made = _noticed.get()
    if made is not None:
        made.append("")


class DisclosureLog:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._entries = database.collection("disclosures")
        self._clock = clock

    async def prepare(self) -> None:
        """Creates the indexes; called once when the service starts."""
        await self._entries.ensure_indexes(
            [
                IndexSpec("of_account", (("account", 1), ("at", 1))),
                IndexSpec("to_actor", (("to", 1), ("at", 1))),
                IndexSpec("passed_to_whom", (("passed_to", 1), ("at", 1)), partial={"passed_to": {"$exists": True}}),
                IndexSpec("by_time", (("at", 1),)),
            ]
        )

    async def record(
        self,
        account: str,
        what: str,
        purpose: str,
        cause: Cause,
        *,
        ground: Ground,
        about: str = "",
        passed_to: str = "",
    ) -> None:
        """Before the data leave: what is not logged is not disclosed."""
        entry: Document = {
            "_id": random_id("dsc"),
            "account": account,
            "what": what,
            "purpose": purpose,
            "ground": ground,
            "to": cause.actor,
            "about": about,
            "at": self._clock.now(),
            "correlation_id": cause.correlation_id,
        }
        if passed_to:
            entry["passed_to"] = passed_to
        await self._entries.insert(entry)
        made = _noticed.get()
        if made is not None:
            made.append(entry["_id"])

    async def of_account(self, account: str, after: datetime | None = None, limit: int = 0) -> Sequence[Disclosure]:
        """What was disclosed of a person, the oldest first, later than `after`."""
        where: dict[str, Any] = {"account": account}
        if after is not None:
            where["at"] = {"$gt": after}
        found = await self._entries.find(where, sort=[("at", 1)], limit=limit)
        return [_disclosure(each) for each in found]

    async def page(self, account: str, after: Position | None, limit: int) -> Sequence[Disclosure]:
        """The same, at most `limit`, past the position given; none is left out or told twice."""
        where: dict[str, Any] = {"account": account}
        if after is not None:
            at, entry_id = after
            where["$or"] = [{"at": {"$gt": at}}, {"at": at, "_id": {"$gt": entry_id}}]
        found = await self._entries.find(where, sort=[("at", 1), ("_id", 1)], limit=limit)
        return [_disclosure(each) for each in found]

    async def each(
        self, *, since: datetime, until: datetime, to: str = "", account: str = ""
    ) -> AsyncIterator[Disclosure]:
        """All of a time (`until` exclusive), by who received and whose it was where they are given."""
        async for each in self._entries.each(_within(since, until, to=to, account=account), sort=[("at", 1)]):
            yield _disclosure(each)

    async def touches(
        self, *, since: datetime, until: datetime, to: str = "", account: str = ""
    ) -> AsyncIterator[tuple[str, str, datetime]]:
        """Whose, what and when, of all that `each` would give, in no order: for millions of them. `to` is also found
        where somebody else carried the data to it."""
        fields = ("account", "what", "at")
        wanted = [_within(since, until, to=to, account=account)]
        if to:
            wanted.append(_within(since, until, passed_to=to, account=account))
        for where in wanted:
            async for each in self._entries.each(where, fields=fields):
                yield each["account"], each["what"], each["at"]


def _within(since: datetime, until: datetime, **more: str) -> dict[str, Any]:
    named = {name: value for name, value in more.items() if value}
    return {**named, "at": {"$gte": since, "$lt": until}}


def _disclosure(document: Mapping[str, Any]) -> Disclosure:
    return Disclosure(
        id=document["_id"],
        account=document["account"],
        what=document["what"],
        purpose=document["purpose"],
        ground=document["ground"],
        to=document["to"],
        about=document["about"],
        at=document["at"],
        correlation_id=document["correlation_id"],
        passed_to=document.get("passed_to", ""),
    )
