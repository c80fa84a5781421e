"""`ipr.rights.v1`: the life of a right and what it covers. Names and documents of the right stay with ipr."""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.deadlines import WithDeadlines
from shared.contracts.topic import Topic

# The handbook's words (001, IPR Management), in the case of an identifier.
RightStatus = Literal["under_authentication", "authentication_failed", "authenticated", "withdrawn"]
RightType = Literal["trademark", "copyright", "patent", "registered_design", "other"]


class RightEvent(WithDeadlines):
    """What every event of a right says, as it is after the event.

    place: ISO 3166 alpha-2 (CN, HK, MO, US, …); fingerprint: derived from type, office and number, the same for all
    accounts that register the same right; expires_on: last day of validity, None where it has none.
    """

    right_id: str
    account_id: str
    principal_id: str | None = None
    right_type: RightType
    place: str
    madrid_designations: tuple[str, ...] = ()
    fingerprint: str
    nice_classes: tuple[int, ...] = ()
    expires_on: date | None = None
    status: RightStatus


class RightSubmitted(RightEvent):
    """Submitted for authentication with its documents; the three working days run."""

    type: ClassVar[str] = "ipp.ipr.right-submitted"


class RightAuthenticated(RightEvent):
    type: ClassVar[str] = "ipp.ipr.right-authenticated"


class RightAuthenticationFailed(RightEvent):
    type: ClassVar[str] = "ipp.ipr.right-authentication-failed"

    reasons: tuple[str, ...]


class RightAuthenticationOverdue(RightEvent):
    """The three working days passed undecided: operators are warned, nothing is decided by it."""

    type: ClassVar[str] = "ipp.ipr.right-authentication-overdue"


class RightWithdrawn(RightEvent):
    type: ClassVar[str] = "ipp.ipr.right-withdrawn"


class RightExpired(RightEvent):
    """Its last day of validity is over. The status stays; the right stops counting."""

    type: ClassVar[str] = "ipp.ipr.right-expired"


def _example(event: type[RightEvent], status: RightStatus, **more: object) -> RightEvent:
    return event.model_validate(
        {
            "right_id": "rgt-8Y1D6ZK4W0QF3M7XB2NC",
            "account_id": "acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
            "right_type": "trademark",
            "place": "CN",
            "fingerprint": "fp-5J8QW1ZC9RD2T7NX0KME",
            "nice_classes": (25,),
            "expires_on": date(2030, 12, 6),
            "status": status,
            **more,
        }
    )


TOPIC = Topic(
    name="ipr.rights.v1",
    key="right id",
    producers=("ipr",),
    consumers=("identity", "complaints", "notifications", "deadline processor of ipr"),
    events=(
        RightSubmitted,
        RightAuthenticated,
        RightAuthenticationFailed,
        RightAuthenticationOverdue,
        RightWithdrawn,
        RightExpired,
    ),
    examples=(
        _example(RightSubmitted, "under_authentication"),
        _example(RightAuthenticated, "authenticated"),
        _example(RightAuthenticationFailed, "authentication_failed", reasons=("certificate-unclear",)),
        _example(RightAuthenticationOverdue, "under_authentication"),
        _example(RightWithdrawn, "withdrawn"),
        _example(RightExpired, "authenticated"),
    ),
)
