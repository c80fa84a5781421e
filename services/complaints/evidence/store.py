"""How files of evidence are kept: those that nothing refers to are found by since when."""

from collections.abc import Mapping
from typing import Any

from services.complaints.evidence.model import EVENTS, Event, EvidenceFile, evolve
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec


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
    ),
)
