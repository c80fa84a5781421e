"""What the world is told of a request: `identity.privacy-requests.v1`, ids, codes and times only."""

from collections.abc import Iterable
from typing import Any

from services.identity.privacy_requests import model as m
from shared.contracts.deadlines import DeadlineData
from shared.contracts.identity import privacy_requests as contract
from shared.eventstore import Publication

_KINDS: dict[type, type[contract.PrivacyRequestEvent]] = {
    m.PrivacyRequestFiled: contract.PrivacyRequestReceived,
    m.ExaminationBegun: contract.PrivacyRequestInExamination,
    m.RequestGranted: contract.PrivacyRequestGranted,
    m.RequestRefused: contract.PrivacyRequestRefused,
    m.RequestWithdrawn: contract.PrivacyRequestWithdrawn,
    m.AnswerDueSoon: contract.PrivacyAnswerDueSoon,
    m.AnswerOverdue: contract.PrivacyAnswerOverdue,
    m.LiftingAnnounced: contract.RestrictionLiftingAnnounced,
    m.EffectEnded: contract.PrivacyRequestEnded,
}


def publish(request: m.PrivacyRequest, event: m.Event, _: int) -> Iterable[Publication]:
    data = _KINDS[type(event)](
        request_id=request.id,
        account_id=request.account_id,
        kind=request.kind,
        about=request.about,
        status=request.status,
        due=request.due,
        overdue=request.overdue,
        language=request.language,
        deadlines=tuple(DeadlineData.of(one) for one in request.deadlines),
        **_details(event),
    )
    return (Publication(contract.TOPIC.name, request.id, data),)


def _details(event: m.Event) -> dict[str, Any]:
    match event:
        case m.RequestGranted():
            return {"category": event.category, "registrant": event.registrant}
        case m.RequestRefused():
            return {"reason": event.reason}
        case m.EffectEnded():
            return {"how": event.how}
        case _:
            return {}
