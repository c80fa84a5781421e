"""What the world is told of an erasure: `identity.erasures.v1`. Who confirmed what is on the recipients' own topics."""

from collections.abc import Iterable
from typing import Any

from services.identity.erasure import model as m
from shared.contracts.deadlines import DeadlineData
from shared.contracts.identity import erasures as contract
from shared.eventstore import Publication

_WITHOUT_DETAILS: dict[type, type[contract.ErasureEvent]] = {
    m.ErasureConfirmed: contract.ErasureConfirmed,
    m.ErasureCompleted: contract.ErasureCompleted,
    m.ErasureWithdrawn: contract.ErasureWithdrawn,
    m.ErasureOverdue: contract.ErasureOverdue,
}


def publish(erasure: m.Erasure, event: m.Event, _: int) -> Iterable[Publication]:
    told = _told(event)
    if told is None:
        return ()
    kind, details = told
    data = kind(
        account_id=erasure.account_id,
        request=erasure.request,
        language=erasure.language,
        deadlines=(DeadlineData.of(erasure.deadline),) if erasure.deadline else (),
        **details,
    )
    return (Publication(contract.TOPIC.name, erasure_id(erasure.account_id), data),)


def erasure_id(account_id: str) -> str:
    """One for each account."""
    return f"ers-{account_id}"


def account_of(erasure: str) -> str:
    """Whose erasure it is."""
    return erasure.removeprefix("ers-")


def _told(event: m.Event) -> tuple[type[contract.ErasureEvent], dict[str, Any]] | None:
    match event:
        case m.ErasureRequested(ground=ground):
            return contract.ErasureRequested, {"ground": ground}
        case m.ErasureDeferred(reasons=reasons):
            return contract.ErasureDeferred, {"reasons": reasons}
        case m.ErasureOrdered(recipients=recipients):
            return contract.ErasureOrdered, {"recipients": recipients}
        case m.RecipientObstructed() | m.RecipientCleared() | m.RecipientErased():
            return None
        case _:
            return _WITHOUT_DETAILS[type(event)], {}
