"""Notices as documents: what is published of them, and how the open ones are found."""

import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.notifications.notices import model
from services.notifications.notices.model import Event, Notice
from shared.contracts.notifications import deliveries
from shared.eventstore import AggregateType, Publication
from shared.mongo import Database, IndexSpec

COLLECTION = "notices"
CARRIES_CONTACT = "takedown"
"""The template of the notice that discloses the complainant's contact (001, Account Settings)."""

# Open notices are found shard by shard, each in the order of ids: no query is ever over all of them.
SHARDS = 16


def shard_of(notice_id: str) -> int:
    return zlib.crc32(notice_id.encode()) % SHARDS


def publish(notice: Notice, event: Event, _: int) -> Iterator[Publication]:
    """Service and its failure, for those whose clocks depend on it. Planning and copies concern nobody else."""
    said = {
        "notice_id": notice.id,
        "about": notice.about,
        "about_kind": notice.about_kind,
        "party": notice.party,
        "recipient_id": notice.recipient_id,
        "template": notice.template,
        "language": notice.language,
        "cause_id": notice.cause_id,
        "channel": "email",
    }
    match event:
        case model.NoticeServed(proof=proof):
            data = deliveries.NoticeServed.model_validate({**said, "served_at": proof.at})
            yield Publication(deliveries.TOPIC.name, notice.about, data)
        case model.NoticeFailed(cause=cause):
            failed = deliveries.NoticeFailed.model_validate({**said, "cause": cause})
            yield Publication(deliveries.TOPIC.name, notice.about, failed)


def index(notice: Notice) -> Mapping[str, Any]:
    found: dict[str, Any] = {"about": notice.about, "account": notice.account_id}
    if notice.open:
        found["open"] = shard_of(notice.id)
    return found


NOTICE: AggregateType[Notice, Event] = AggregateType(
    kind="notice",
    collection=COLLECTION,
    state=Notice,
    events=model.EVENTS,
    evolve=model.evolve,
    publish=publish,
    index=index,
    indexes=(
        IndexSpec("about", (("ix.about", 1), ("_id", 1))),
        IndexSpec("by_account", (("ix.account", 1), ("_id", 1))),
        IndexSpec("open", (("ix.open", 1), ("_id", 1)), partial={"ix.open": {"$gte": 0}}),
    ),
)


@dataclass(frozen=True)
class OpenNotice:
    """lane: with whom else it shares its turn (see the sender)."""

    id: str
    lane: str


def lane_of(notice: Notice) -> str:
    """Merchants wait for their own marketplace only; owners for identity."""
    return f"merchant:{notice.fact('platform')}" if notice.party == "merchant" else "owner"


@dataclass(frozen=True)
class ServedWithContact:
    """A notice by which a merchant was given the contact of an account."""

    case_id: str
    platform: str
    merchant_id: str


class NoticeIndex:
    """Reading notices other than by their id."""

    def __init__(self, database: Database) -> None:
        self._documents = database.collection(COLLECTION)

    async def open(self, shard: int, after: str, limit: int) -> list[OpenNotice]:
        """Open notices of a shard with ids later than `after`, in their order."""
        where = {"ix.open": shard, "_id": {"$gt": after}}
        fields = ("_id", "state.party", "state.facts")
        found = await self._documents.find(where, fields=fields, sort=[("_id", 1)], limit=limit)
        return [OpenNotice(document["_id"], _lane(document["state"])) for document in found]

    async def served_with_contact(self, account_id: str) -> AsyncIterator[ServedWithContact]:
        """Takedown notices that were served: they carry the complainant's disclosed contact."""
        where = {"ix.account": account_id, "state.template": CARRIES_CONTACT, "state.status": "served"}
        fields = ("state.about", "state.recipient_id", "state.facts")
        async for document in self._documents.each(where, fields=fields, sort=[("_id", 1)]):
            state = document["state"]
            yield ServedWithContact(state["about"], dict(state["facts"]).get("platform", ""), state["recipient_id"])

    async def count_open(self) -> int:
        return await self._documents.count({"ix.open": {"$gte": 0}})

    async def ids_about(self, about: str, account_id: str | None, limit: int) -> list[str]:
        """Notices about a case, account or right; of one account only where one is given."""
        where: dict[str, Any] = {"ix.about": about}
        if account_id is not None:
            where["ix.account"] = account_id
        found = await self._documents.find(where, fields=("_id",), limit=limit)
        return [document["_id"] for document in found]


def _lane(state: Mapping[str, Any]) -> str:
    facts = dict(state["facts"])
    return f"merchant:{facts.get('platform', '')}" if state["party"] == "merchant" else "owner"
