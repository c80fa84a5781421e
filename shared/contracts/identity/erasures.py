"""`identity.erasures.v1`: a person asks that everything of theirs be erased (000 V.3), and what becomes of it.

Who holds personal data of an account reads it and answers on an own topic (`shared/contracts/erasures.py`).
"""

from datetime import UTC, datetime
from typing import ClassVar, Literal

from shared.contracts.deadlines import DeadlineData, WithDeadlines
from shared.contracts.topic import Topic

Ground = Literal["unlawful-processing", "breach-of-agreement", "no-longer-used", "service-ended"]
"""000 V.3 (1) to (4)."""


class ErasureEvent(WithDeadlines):
    """`request` counts the requests of an account from 1: one that was withdrawn may be followed by another."""

    account_id: str
    request: int
    language: Literal["zh", "en"] = "en"


class ErasureRequested(ErasureEvent):
    """Everybody who holds data of the account answers whether something stands in the way. Answered within 30 days."""

    type: ClassVar[str] = "ipp.identity.erasure-requested"

    ground: Ground


class ErasureDeferred(ErasureEvent):
    """Something stands in the way (an open case, a legal hold); it goes on by itself when nothing does any more.
    `reasons`: `<who>:<code>`, each once."""

    type: ClassVar[str] = "ipp.identity.erasure-deferred"

    reasons: tuple[str, ...]


class ErasureOrdered(ErasureEvent):
    """`recipients` erase now and confirm. Those that could still be used for a new case come first, by themselves."""

    type: ClassVar[str] = "ipp.identity.erasure-ordered"

    recipients: tuple[str, ...]


class ErasureConfirmed(ErasureEvent):
    """All recipients have confirmed. The person is told, at the last address that is known; then that is erased too."""

    type: ClassVar[str] = "ipp.identity.erasure-confirmed"


class ErasureCompleted(ErasureEvent):
    """Nothing of the person can be read any more; the account is closed."""

    type: ClassVar[str] = "ipp.identity.erasure-completed"


class ErasureWithdrawn(ErasureEvent):
    """The person wants to stay after all; nothing had been erased."""

    type: ClassVar[str] = "ipp.identity.erasure-withdrawn"


class ErasureOverdue(ErasureEvent):
    """Thirty days passed without an answer: operators are warned, nothing is decided by it."""

    type: ClassVar[str] = "ipp.identity.erasure-overdue"


_ID = "acc-intl-3V9YQ2C7XN4M8K1TZ0RB"
_DEADLINE = DeadlineData(
    id="erasure:1",
    kind="erasure",
    due=datetime(2026, 4, 2, 16, tzinfo=UTC),
    start=datetime(2026, 3, 3, 2, tzinfo=UTC),
    business_days=0,
    calendar="CN-PRC",
    calendar_version="2026-01",
    policy_version="2026-01",
)

TOPIC = Topic(
    name="identity.erasures.v1",
    key="id of the account's erasure",
    producers=("identity",),
    consumers=("complaints", "ipr", "notifications", "identity", "deadline processor of identity"),
    events=(
        ErasureRequested,
        ErasureDeferred,
        ErasureOrdered,
        ErasureConfirmed,
        ErasureCompleted,
        ErasureWithdrawn,
        ErasureOverdue,
    ),
    examples=(
        ErasureRequested(account_id=_ID, request=1, ground="no-longer-used", deadlines=(_DEADLINE,)),
        ErasureDeferred(account_id=_ID, request=1, reasons=("complaints:open-cases",)),
        ErasureOrdered(account_id=_ID, request=1, recipients=("complaints",)),
        ErasureConfirmed(account_id=_ID, request=1),
        ErasureCompleted(account_id=_ID, request=1),
        ErasureWithdrawn(account_id=_ID, request=1),
        ErasureOverdue(account_id=_ID, request=1),
    ),
)
