"""How erasures are kept."""

from collections.abc import Mapping
from typing import Any, get_args

from services.identity.erasure.model import Erasure, Event, evolve
from services.identity.erasure.publishing import publish
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec


def _index(erasure: Erasure) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"account": erasure.account_id}
    if erasure.is_open:
        fields["open_since"] = erasure.requested_at
    return fields


ERASURES: AggregateType[Erasure, Event] = AggregateType(
    kind="erasure-request",
    collection="erasures",
    state=Erasure,
    events=get_args(Event),
    evolve=evolve,
    publish=publish,
    index=_index,
    indexes=(
        IndexSpec("open", (("ix.open_since", 1), ("_id", 1)), partial={"ix.open_since": {"$exists": True}}),
        IndexSpec("by_account", (("ix.account", 1),)),
    ),
)
