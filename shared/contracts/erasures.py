"""`<recipient>.erasures.v1`: what a holder of personal data answers to a request for erasure, and its confirmation."""

from collections.abc import Mapping
from typing import ClassVar

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class ErasureAnswer(EventData):
    """`recipient`: who answers; `request`: which request of the account, as `identity.erasures.v1` numbers it."""

    account_id: str
    recipient: str
    request: int


class ErasureObstructed(ErasureAnswer):
    """Something stands in the way here, as codes such as `open-cases`; answered again when that changes."""

    type: ClassVar[str] = "ipp.erasures.obstructed"

    reasons: tuple[str, ...]


class ErasureCleared(ErasureAnswer):
    """Nothing stands in the way here."""

    type: ClassVar[str] = "ipp.erasures.cleared"


class PersonalDataErased(ErasureAnswer):
    """It is erased here. `counts`: what was there, by kind; figures only."""

    type: ClassVar[str] = "ipp.erasures.erased"

    counts: Mapping[str, int]


_ID = "acc-intl-3V9YQ2C7XN4M8K1TZ0RB"


def _answers(recipient: str, counts: Mapping[str, int]) -> Topic:
    return Topic(
        name=f"{recipient}.erasures.v1",
        key="account id",
        producers=(recipient,),
        consumers=("identity",),
        events=(ErasureObstructed, ErasureCleared, PersonalDataErased),
        examples=(
            ErasureObstructed(account_id=_ID, recipient=recipient, request=1, reasons=("legal-hold",)),
            ErasureCleared(account_id=_ID, recipient=recipient, request=1),
            PersonalDataErased(account_id=_ID, recipient=recipient, request=1, counts=counts),
        ),
    )


COMPLAINTS_ERASURES = _answers("complaints", {"texts": 12})
IPR_ERASURES = _answers("ipr", {"texts": 9, "rights_withdrawn": 2})
NOTIFICATIONS_ERASURES = _answers("notifications", {"merchants_told": 3})
ANSWERS: Mapping[str, Topic] = {
    "complaints": COMPLAINTS_ERASURES,
    "ipr": IPR_ERASURES,
    "notifications": NOTIFICATIONS_ERASURES,
}
