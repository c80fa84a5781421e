"""How files of evidence are kept: those that nothing refers to are found by since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.complaints.evidence.model import EVENTS, Event, EvidenceFile, evolve
from shared.eventstore import AggregateType
from shared.mongo import Database, IndexSpec


def _index(file: EvidenceFile) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"party": file.party}
    if file.use is not None:
        fields["use"] = file.use.id
    if file.loose_since is not None:
        fields["loose_since"] = file.loose_since
    return fields


# Nothing is told of a file by itself: what refers to it tells of the complaint or the answer.
EVIDENCE: AggregateType[EvidenceFile, Event] = AggregateType(
    kind="evidence",
    collection="evidence",
    state=EvidenceFile,
    events=EVENTS,
    evolve=evolve,
    publish=lambda _state, _event, _number: (),
    index=_index,
    indexes=(
        IndexSpec("by_party", (("ix.party", 1), ("_id", 1))),
        IndexSpec("by_use", (("ix.use", 1),), partial={"ix.use": {"$exists": True}}),
        IndexSpec("loose", (("ix.loose_since", 1),), partial={"ix.loose_since": {"$exists": True}}),
        IndexSpec("loose_of", (("ix.party", 1), ("ix.loose_since", 1)), partial={"ix.loose_since": {"$exists": True}}),
    ),
)


@dataclass(frozen=True)
class LooseFile:
    """party: who uploaded it."""

    id: str
    party: str


class LooseFiles:
    """Files that nothing is known to refer to."""

    def __init__(self, database: Database) -> None:
        self._documents = database.collection(EVIDENCE.collection)

    async def some(self, since: datetime, after: str, limit: int) -> Sequence[LooseFile]:
        """Some that have been so since then or longer, in the order of their ids."""
        where = {"ix.loose_since": {"$lte": since}, "_id": {"$gt": after}}
        found = await self._documents.find(where, fields=("ix.party",), sort=[("_id", 1)], limit=limit)
        return [LooseFile(each["_id"], each["ix"]["party"]) for each in found]

    async def count(self, party: str) -> int:
        return await self._documents.count({"ix.party": party, "ix.loose_since": {"$exists": True}})
