"""How rights are kept: the fields they are found by, and that nobody registers the same right twice."""

from collections.abc import Mapping
from typing import Any, get_args

from services.ipr.rights.model import Event, Right, evolve
from services.ipr.rights.publishing import publish
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec

ONE_OF_EACH = "one_of_each"


def _index(right: Right) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"account": right.account_id, "status": right.status}
    if right.status == "under_authentication":
        fields["queued_at"] = right.submitted_at
    if right.status in ("under_authentication", "authenticated") and right.undisclosed:
        fields["undisclosed_since"] = right.submitted_at
    if right.status != "draft" and right.counts:
        fields["registered"] = f"{right.account_id}|{right.principal_id or ''}|{right.details.fingerprint}"
    return fields


RIGHTS: AggregateType[Right, Event] = AggregateType(
    kind="right",
    collection="rights",
    state=Right,
    events=get_args(Event),
    evolve=evolve,
    publish=publish,
    index=_index,
    indexes=(
        IndexSpec(ONE_OF_EACH, (("ix.registered", 1),), unique=True, partial={"ix.registered": {"$exists": True}}),
        IndexSpec("by_account", (("ix.account", 1), ("_id", 1))),
        IndexSpec("queue", (("ix.queued_at", 1), ("_id", 1)), partial={"ix.queued_at": {"$exists": True}}),
        IndexSpec(
            "undisclosed",
            (("ix.undisclosed_since", 1), ("_id", 1)),
            partial={"ix.undisclosed_since": {"$exists": True}},
        ),
    ),
)
