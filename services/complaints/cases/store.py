"""How cases are kept: the fields they are found by, and the uniqueness of right and listing while a case is open."""

from collections.abc import Mapping
from typing import Any, get_args

from services.complaints.cases.model import Case, Event, evolve, outcome_of
from services.complaints.cases.publishing import publish
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec

OPEN_CLAIM = "open_claim"
# Ascending, though read from the end: of a descending range the Python stand-in leaves out the first instant.
_FILED = (("ix.filed_at", 1), ("_id", 1))
# What an account's figures are made of: with them the index answers alone, and no case is read (see `records.figures`).
_FIGURES = (("ix.platform", 1), ("ix.right", 1), ("ix.principal", 1), ("ix.outcome", 1))


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
        "principal": case.principal_id,
        "outcome": outcome_of(case).code(),
    }
    if case.merchant_id is not None:
        fields["merchant"] = case.merchant_id
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
        IndexSpec("of_account", (("ix.account", 1), *_FILED, *_FIGURES)),
        IndexSpec("of_right", (("ix.right", 1), *_FILED)),
        IndexSpec("of_listing", (("ix.listing", 1), *_FILED)),
        IndexSpec("of_merchant", (("ix.merchant", 1), *_FILED), partial={"ix.merchant": {"$exists": True}}),
        IndexSpec("by_submission", (("ix.submission", 1),)),
    ),
)
