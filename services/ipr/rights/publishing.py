"""What the world is told of a right: `ipr.rights.v1`. Its number, names and documents stay here; drafts are private,
and so is what was covered on a certificate."""

from collections.abc import Iterable
from typing import Any

from services.ipr.rights import model as m
from shared.contracts.deadlines import DeadlineData
from shared.contracts.ipr import rights as contract
from shared.eventstore import Publication

_WITHOUT_DETAILS: dict[type, type[contract.RightEvent]] = {
    m.RightSubmitted: contract.RightSubmitted,
    m.RightAuthenticated: contract.RightAuthenticated,
    m.AuthenticationOverdue: contract.RightAuthenticationOverdue,
    m.RightExpired: contract.RightExpired,
}


def publish(right: m.Right, event: m.Event, _: int) -> Iterable[Publication]:
    told = _told(right, event)
    if told is None:
        return ()
    kind, more = told
    details = right.details
    data = kind.model_validate(
        {
            "right_id": right.id,
            "account_id": right.account_id,
            "principal_id": right.principal_id,
            "right_type": details.right_type,
            "place": details.place,
            "madrid_designations": details.madrid_designations,
            "fingerprint": details.fingerprint,
            "nice_classes": details.nice_classes,
            "expires_on": details.expires_on,
            "status": right.status,
            "deadlines": tuple(DeadlineData.of(deadline) for deadline in right.deadlines),
            **more,
        }
    )
    return (Publication(contract.TOPIC.name, right.id, data),)


def _told(right: m.Right, event: m.Event) -> tuple[type[contract.RightEvent], dict[str, Any]] | None:
    match event:
        case m.RightDrafted() | m.CopyDisclosed():
            return None
        case m.AuthenticationFailed(reasons=reasons):
            return contract.RightAuthenticationFailed, {"reasons": reasons}
        case m.RightWithdrawn() if right.round == 0:  # a draft that was thrown away: nobody had heard of it
            return None
        case m.RightWithdrawn():
            return contract.RightWithdrawn, {}
        case _:
            return _WITHOUT_DETAILS[type(event)], {}
