"""How submissions are kept; one that may lack cases is found by the sweeper (see `unfinished`)."""

from collections.abc import Mapping
from typing import Any

from services.complaints.intake.model import EVENTS, Event, Submission, evolve
from services.complaints.intake.publishing import publish
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec


def _index(submission: Submission) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"account": submission.account_id, "filed_at": submission.filed_at}
    if not submission.completed:
        fields["unfinished"] = True
    return fields


SUBMISSIONS: AggregateType[Submission, Event] = AggregateType(
    kind="submission",
    collection="submissions",
    state=Submission,
    events=EVENTS,
    evolve=evolve,
    publish=publish,
    index=_index,
    indexes=(
        IndexSpec("by_account", (("ix.account", 1), ("ix.filed_at", -1))),
        IndexSpec("unfinished", (("ix.unfinished", 1),), partial={"ix.unfinished": {"$exists": True}}),
    ),
)
