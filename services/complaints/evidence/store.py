"""How files of evidence are kept: those that nothing refers to are found by since when."""

from collections.abc import Mapping, Sequence
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


class LooseFiles:
    """Files that nothing is known to refer to."""

    def __init__(self, database: Database) -> None:
        self._documents = database.collection(EVIDENCE.collection)

    async def some(self, since: datetime, limit: int) -> Sequence[str]:
        """Ids of some that have been so since then or longer."""
        where = {"ix.loose_since": {"$lte": since}}
        return [each["_id"] for each in await self._documents.find(where, fields=("_id",), limit=limit)]

    async def count(self, party: str) -> int:
        return await self._documents.count({"ix.party": party, "ix.loose_since": {"$exists": True}})
