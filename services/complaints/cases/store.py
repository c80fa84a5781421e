"""How cases are kept: the fields they are found by, and the uniqueness of right and listing while a case is open."""

from collections.abc import Mapping
from typing import Any, get_args

from services.complaints.cases.model import Case, Event, evolve
from services.complaints.cases.publishing import publish
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec

OPEN_CLAIM = "open_claim"


def _index(case: Case) -> Mapping[str, Any]:
    fields: dict[str, Any] = {
        "account": case.account_id,
        "submission": case.submission_id,
        "platform": case.platform,
        "listing": case.listing_id,
        "right": case.right_id,
        "state": case.state,
        "filed_at": case.filed_at,
        "reviewer": case.reviewer_id,
    }
    if case.uniqueness_key is not None:
        fields["claim"] = case.uniqueness_key
    return fields


CASES: AggregateType[Case, Event] = AggregateType(
    kind="case",
    collection="cases",
    state=Case,
    events=get_args(Event),
    evolve=evolve,
    publish=publish,
    index=_index,
    indexes=(
        IndexSpec(OPEN_CLAIM, (("ix.claim", 1),), unique=True, partial={"ix.claim": {"$exists": True}}),
        IndexSpec("by_state", (("ix.state", 1), ("ix.filed_at", 1), ("_id", 1))),
        IndexSpec("by_time", (("ix.filed_at", 1), ("_id", 1))),
        IndexSpec("by_account", (("ix.account", 1), ("ix.filed_at", -1), ("_id", -1))),
        IndexSpec("by_right", (("ix.right", 1), ("ix.filed_at", -1))),
        IndexSpec("by_submission", (("ix.submission", 1),)),
    ),
)
