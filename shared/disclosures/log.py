"""Entries are documents of their own; nothing personal is in them."""

from collections.abc import AsyncIterator, Mapping, Sequence
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
    to: who received it (an id); about: the case or right that it was for, where there is one; at: business time."""

    id: str
    account: str
    what: str
    purpose: str
    ground: Ground
    to: str
    about: str
    at: datetime
    correlation_id: str


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
                IndexSpec("by_time", (("at", 1),)),
            ]
        )

    async def record(
        self, account: str, what: str, purpose: str, cause: Cause, *, ground: Ground, about: str = ""
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
        await self._entries.insert(entry)

    async def of_account(self, account: str, after: datetime | None = None, limit: int = 0) -> Sequence[Disclosure]:
        """What was disclosed of a person, the oldest first, later than `after`."""
        where: dict[str, Any] = {"account": account}
        if after is not None:
            where["at"] = {"$gt": after}
        found = await self._entries.find(where, sort=[("at", 1)], limit=limit)
        return [_disclosure(each) for each in found]

    async def each(
        self, *, since: datetime, until: datetime, to: str = "", account: str = ""
    ) -> AsyncIterator[Disclosure]:
        """All of a time (`until` exclusive), by who received and whose it was where they are given."""
        where: dict[str, Any] = {"at": {"$gte": since, "$lt": until}}
        if to:
            where["to"] = to
        if account:
            where["account"] = account
        async for each in self._entries.each(where, sort=[("at", 1)]):
            yield _disclosure(each)


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
    )
