"""`identity.privacy-requests.v1`: requests of persons about their own data. What they wrote stays in the vault."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from shared.contracts.deadlines import WithDeadlines
from shared.contracts.topic import Topic


class PrivacyRequestEvent(WithDeadlines):
    """What every event says, as it is after the event. about: what exactly, a code; due: the first instant at which
    the answer is too late (000 V.5); language: of the person."""

    request_id: str
    account_id: str
    kind: Literal["correction", "objection", "restriction", "other"]
    about: str = ""
    status: Literal["received", "in-examination", "granted", "refused", "withdrawn", "ended"]
    due: datetime
    overdue: bool = False
    language: Literal["zh", "en"] = "en"


class PrivacyRequestReceived(PrivacyRequestEvent):
    type: ClassVar[str] = "ipp.identity.privacy-request-received"


class PrivacyRequestInExamination(PrivacyRequestEvent):
    type: ClassVar[str] = "ipp.identity.privacy-request-in-examination"


class PrivacyRequestGranted(PrivacyRequestEvent):
    """category, registrant: as they are to be, where the registration is corrected."""

    type: ClassVar[str] = "ipp.identity.privacy-request-granted"

    category: Literal["individual", "enterprise"] | None = None
    registrant: Literal["rights_holder", "agent"] | None = None


class PrivacyRequestRefused(PrivacyRequestEvent):
    type: ClassVar[str] = "ipp.identity.privacy-request-refused"

    reason: str


class PrivacyRequestWithdrawn(PrivacyRequestEvent):
    type: ClassVar[str] = "ipp.identity.privacy-request-withdrawn"


class PrivacyAnswerDueSoon(PrivacyRequestEvent):
    """Operators are warned: the answer is due soon."""

    type: ClassVar[str] = "ipp.identity.privacy-answer-due-soon"


class PrivacyAnswerOverdue(PrivacyRequestEvent):
    """The 30 days passed unanswered: operators are warned, nothing is decided by it."""

    type: ClassVar[str] = "ipp.identity.privacy-answer-overdue"


class RestrictionLiftingAnnounced(PrivacyRequestEvent):
    """The person is to be told; the restriction ends when that notice was served."""

    type: ClassVar[str] = "ipp.identity.restriction-lifting-announced"


class PrivacyRequestEnded(PrivacyRequestEvent):
    """What was granted holds no longer: the person wanted it so, or it was lifted after the person was told."""

    type: ClassVar[str] = "ipp.identity.privacy-request-ended"

    how: Literal["by-person", "lifted"]


def _example(event: type[PrivacyRequestEvent], status: str, **more: Any) -> PrivacyRequestEvent:
    return event.model_validate(
        {
            "request_id": "prq-3V9YQ2C7XN4M8K1TZ0RB",
            "account_id": "acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
            "kind": "restriction",
            "status": status,
            "due": "2026-04-01T16:00:00Z",
            **more,
        }
    )


TOPIC = Topic(
    name="identity.privacy-requests.v1",
    key="request id",
    producers=("identity",),
    consumers=("identity", "notifications", "deadline processor of identity"),
    events=(
        PrivacyRequestReceived,
        PrivacyRequestInExamination,
        PrivacyRequestGranted,
        PrivacyRequestRefused,
        PrivacyRequestWithdrawn,
        PrivacyAnswerDueSoon,
        PrivacyAnswerOverdue,
        RestrictionLiftingAnnounced,
        PrivacyRequestEnded,
    ),
    examples=(
        _example(PrivacyRequestReceived, "received"),
        _example(PrivacyRequestInExamination, "in-examination"),
        _example(PrivacyRequestGranted, "granted"),
        _example(PrivacyRequestRefused, "refused", kind="correction", about="identity", reason="data-correct"),
        _example(PrivacyRequestWithdrawn, "withdrawn"),
        _example(PrivacyAnswerDueSoon, "received"),
        _example(PrivacyAnswerOverdue, "received", overdue=True),
        _example(RestrictionLiftingAnnounced, "granted"),
        _example(PrivacyRequestEnded, "ended", how="lifted"),
    ),
)
