"""How requests are kept: by account, by when they are due, and one of each sort at a time."""

from collections.abc import Mapping
from typing import Any, get_args

from services.identity.privacy_requests.model import Event, PrivacyRequest, evolve
from services.identity.privacy_requests.publishing import publish
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec

ONE_AT_A_TIME = "one_at_a_time"


def sort_of(account_id: str, kind: str, about: str) -> str:
    """Under which a person has one request at a time."""
    return f"{account_id}/{kind}/{about}"


def _index(request: PrivacyRequest) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"account": request.account_id, "kind": request.kind, "filed_at": request.filed_at}
    if request.open:
        fields["due"] = request.due
    if request.open or request.in_force:
        fields["current"] = sort_of(request.account_id, request.kind, request.about)
    return fields


REQUESTS: AggregateType[PrivacyRequest, Event] = AggregateType(
    kind="privacy-request",
    collection="privacy_requests",
    state=PrivacyRequest,
    events=get_args(Event),
    evolve=evolve,
    publish=publish,
    index=_index,
    indexes=(
        IndexSpec(ONE_AT_A_TIME, (("ix.current", 1),), unique=True, partial={"ix.current": {"$exists": True}}),
        IndexSpec("desk", (("ix.due", 1), ("_id", 1)), partial={"ix.due": {"$exists": True}}),
        IndexSpec("of_account", (("ix.account", 1), ("ix.filed_at", 1))),
    ),
)
