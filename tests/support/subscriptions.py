"""What every service listens to, as its wiring starts it, without the rest of the service."""

from typing import Any, cast

from services.complaints.cases.reactions import Expiries, ServiceOfNotices
from services.complaints.erasure.reactions import CaseEnds
from services.complaints.intake.replicas import AccountReplica, RightReplica
from services.complaints.measures.reactions import Acknowledgements, Holds, MeasureNews
from services.identity.deadlines import Expiries as IdentityExpiries
from services.identity.erasure.reactions import Answers, Farewell, HoldsReleased, OwnPart
from services.identity.incidents.reactions import ServiceOfNotices as IncidentNotices
from services.identity.incidents.reactions import Tellings
from services.identity.privacy_requests.reactions import Effects, ServedNotices
from services.identity.verification.reactions import FirstRights
from services.notifications.notices.reactions import NoticeReactions
from shared.contracts.erasures import ANSWERS
from shared.erasure import ErasureRecipient
from shared.reactions import Subscription

NOTHING = cast("Any", None)  # their handlers are never called here


class NoDatabase:
    """Stands where a replica asks for its collection."""

    def collection(self, _: str) -> None:
        return None


def every_subscription() -> tuple[Subscription, ...]:
    database = cast("Any", NoDatabase())
    return (
        AccountReplica(database).subscription(),
        RightReplica(database).subscription(),
        Holds(NOTHING).subscription(),
        Acknowledgements(NOTHING).subscription(),
        MeasureNews(NOTHING).subscription(),
        ServiceOfNotices(NOTHING).subscription(),
        Expiries(NOTHING, NOTHING).subscription(),
        FirstRights(NOTHING).subscription(),
        Tellings(NOTHING).subscription(),
        IncidentNotices(NOTHING).subscription(),
        IdentityExpiries(NOTHING, NOTHING, NOTHING).subscription(),
        Effects(NOTHING).subscription(),
        ServedNotices(NOTHING).subscription(),
        OwnPart(NOTHING).subscription(),
        Answers(NOTHING).subscription(),
        Farewell(NOTHING).subscription(),
        HoldsReleased(NOTHING).subscription(),
        *(ErasureRecipient(who, NOTHING, NOTHING).subscription() for who in ANSWERS),
        CaseEnds(NOTHING).subscription(),
        *NoticeReactions(NOTHING).subscriptions(),
    )
