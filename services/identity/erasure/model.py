"""The erasure of an account: one aggregate, whatever becomes of its requests (000 V.3; DOMAIN, Accounts 9).

It is ordered in stages: first where a new case could still begin, then where only data are held, and here last, for
the person is told of the end at the last address that is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar, assert_never

from shared.kernel.decider import Obsolete, Refusal
from shared.policies.calendars import Deadline
from shared.policies.terms import PolicyBook

Ground = Literal["unlawful-processing", "breach-of-agreement", "no-longer-used", "service-ended"]
Status = Literal["requested", "deferred", "ordered", "confirmed", "completed", "withdrawn"]
Language = Literal["zh", "en"]

STAGES: tuple[tuple[str, ...], ...] = (("complaints",), ("ipr", "notifications"))
RECIPIENTS = tuple(recipient for stage in STAGES for recipient in stage)
LEGAL_HOLD = "identity:legal-hold"
Value = TypeVar("Value")
ERASURE = "erasure"
"""The kind of the deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequested:
    at: datetime
    account_id: str
    language: Language
    request: int
    ground: Ground
    by: str
    deadline: Deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientObstructed:
    at: datetime
    recipient: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientCleared:
    at: datetime
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDeferred:
    at: datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureOrdered:
    """`stage` counts from 0."""

    at: datetime
    stage: int
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientErased:
    """`counts`: what was there, by kind."""

    at: datetime
    recipient: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureConfirmed:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCompleted:
    """told: whether the person's last notice was served."""

    at: datetime
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureWithdrawn:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureOverdue:
    at: datetime
    deadline_id: str


Event = (
    ErasureRequested
    | RecipientObstructed
    | RecipientCleared
    | ErasureDeferred
    | ErasureOrdered
    | RecipientErased
    | ErasureConfirmed
    | ErasureCompleted
    | ErasureWithdrawn
    | ErasureOverdue
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """obstacles: by recipient, what stands in the way there, empty where nothing does; a recipient that has not
    answered yet is not in it. erased: by recipient, what it confirmed. deadline: runs until the person is answered, by
    the end or by being told why not yet."""

    account_id: str
    language: Language
    request: int
    ground: Ground
    status: Status
    requested_at: datetime
    deadline: Deadline | None
    obstacles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    deferred_for: tuple[str, ...] = ()
    stage: int | None = None
    erased: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    completed_at: datetime | None = None
    overdue: bool = False

    @property
    def is_open(self) -> bool:
        return self.status not in ("completed", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestErasure:
    account_id: str
    language: Language
    ground: Ground
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawErasure:
    """The person wants to stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordObstacles:
    """A recipient's answer; no `reasons`: nothing stands in the way there."""

    recipient: str
    request: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordErased:
    recipient: str
    request: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """What stands in the way in identity itself may have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The last notice was served, or cannot be; what identity held is erased."""

    request: int
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    deadline_id: str


Command = RequestErasure | WithdrawErasure | RecordObstacles | RecordErased | LookAgain | Complete | Expire


def decide(
    erasure: Erasure | None, command: Command, now: datetime, policy: PolicyBook, *, legal_hold: bool = False
) -> tuple[Event, ...]:
    """`legal_hold`: whether the account is under one now. Raises Refusal; Obsolete for what was overtaken."""
    if isinstance(command, RequestErasure):
        return _request(erasure, command, now, policy, legal_hold)
    if erasure is None:
        raise Refusal("no-erasure", "No erasure was asked for.", "Ask for one.")
    match command:
        case WithdrawErasure():
            return _withdraw(erasure, now)
        case RecordObstacles():
            return _answered(erasure, command, now, legal_hold)
        case RecordErased():
            return _erased(erasure, command, now, legal_hold)
        case LookAgain():
            return _with_next(erasure, (), now, legal_hold) if erasure.status in ("requested", "deferred") else ()
        case Complete():
            return _complete(erasure, command, now)
        case Expire(deadline_id=deadline_id):
            return _expire(erasure, deadline_id, now, policy)
        case _:
            assert_never(command)


def _request(
    erasure: Erasure | None, command: RequestErasure, now: datetime, policy: PolicyBook, legal_hold: bool
) -> tuple[Event, ...]:
    if erasure is not None and erasure.is_open:
        raise Refusal("erasure-under-way", "The erasure was asked for already.", "Look at how far it is.")
    if erasure is not None and erasure.status == "completed":
        raise Obsolete("erasure-completed", "Everything was erased already.")
    number = erasure.request + 1 if erasure else 1
    requested = ErasureRequested(
        at=now,
        account_id=command.account_id,
        language=command.language,
        request=number,
        ground=command.ground,
        by=command.by,
        deadline=policy.privacy_answer(f"{ERASURE}:{number}", now, ERASURE),
    )
    if legal_hold:
        return (requested, ErasureDeferred(at=now, reasons=(LEGAL_HOLD,)))
    return (requested,)


def _withdraw(erasure: Erasure, now: datetime) -> tuple[Event, ...]:
    if not erasure.is_open:
        raise Obsolete("erasure-overtaken", f"The erasure is {erasure.status}.")
    if erasure.status in ("ordered", "confirmed") or erasure.erased:
        raise Refusal("erasure-ordered", "Data are being erased: it can be undone no more.", "Register anew later.")
    return (ErasureWithdrawn(at=now),)


def _answered(erasure: Erasure, command: RecordObstacles, now: datetime, legal_hold: bool) -> tuple[Event, ...]:
    _current(erasure, command.request)
    if erasure.status not in ("requested", "deferred", "ordered"):
        raise Obsolete("erasure-overtaken", f"The erasure is {erasure.status}.")
    if command.reasons:
        answer: Event = RecipientObstructed(at=now, recipient=command.recipient, reasons=command.reasons)
    else:
        answer = RecipientCleared(at=now, recipient=command.recipient)
    return _with_next(erasure, (answer,), now, legal_hold)


def _erased(erasure: Erasure, command: RecordErased, now: datetime, legal_hold: bool) -> tuple[Event, ...]:
    _current(erasure, command.request)
    if command.recipient in dict(erasure.erased) or erasure.status in ("completed", "withdrawn"):
        raise Obsolete("erasure-overtaken", f"{command.recipient} has confirmed already.")
    confirmed = RecipientErased(at=now, recipient=command.recipient, counts=tuple(sorted(command.counts.items())))
    return _with_next(erasure, (confirmed,), now, legal_hold)


def _complete(erasure: Erasure, command: Complete, now: datetime) -> tuple[Event, ...]:
    _current(erasure, command.request)
    if erasure.status != "confirmed":
        raise Obsolete("erasure-overtaken", f"The erasure is {erasure.status}.")
    return (ErasureCompleted(at=now, told=command.told),)


def _with_next(erasure: Erasure, events: tuple[Event, ...], now: datetime, legal_hold: bool) -> tuple[Event, ...]:
    """The events, and what follows from them: deferred, ordered, or confirmed by all."""
    after = erasure
    for event in events:
        after = evolve(after, event)
    return (*events, *_next(after, now, legal_hold))


def _next(erasure: Erasure, now: datetime, legal_hold: bool) -> tuple[Event, ...]:
    reasons = reasons_of(erasure, legal_hold)
    confirmed = dict(erasure.erased)
    if reasons:
        # Whoever has erased already stays erased; the others wait, and the person is told why.
        return (ErasureDeferred(at=now, reasons=reasons),) if reasons != erasure.deferred_for else ()
    if any(recipient not in dict(erasure.obstacles) for recipient in RECIPIENTS):
        return ()
    for number, stage in enumerate(STAGES):
        missing = tuple(recipient for recipient in stage if recipient not in confirmed)
        if missing:
            under_way = erasure.status == "ordered" and erasure.stage == number
            return () if under_way else (ErasureOrdered(at=now, stage=number, recipients=missing),)
    return (ErasureConfirmed(at=now),)


def reasons_of(erasure: Erasure, legal_hold: bool) -> tuple[str, ...]:
    """All that stands in the way, as `<who>:<code>`, in order. A hold stops nothing that was ordered before it."""
    own = (LEGAL_HOLD,) if legal_hold and erasure.status in ("requested", "deferred") else ()
    return own + tuple(f"{who}:{code}" for who, codes in sorted(erasure.obstacles) for code in codes)


def _current(erasure: Erasure, request: int) -> None:
    if request != erasure.request:
        raise Obsolete("erasure-overtaken", f"The present request is number {erasure.request}.")


def _expire(erasure: Erasure, deadline_id: str, now: datetime, policy: PolicyBook) -> tuple[Event, ...]:
    deadline = erasure.deadline
    if deadline is None or deadline.id != deadline_id:
        raise Obsolete("deadline-not-current", f"{deadline_id} does not run any more.")
    if now <= deadline.due + policy.at(now).deadlines.expiry_grace:
        raise Obsolete("deadline-not-over", f"{deadline_id} is not over yet.")
    return (ErasureOverdue(at=now, deadline_id=deadline_id),)


def evolve(erasure: Erasure | None, event: Event) -> Erasure:
    if isinstance(event, ErasureRequested):
        return Erasure(
            account_id=event.account_id,
            language=event.language,
            request=event.request,
            ground=event.ground,
            status="requested",
            requested_at=event.at,
            deadline=event.deadline,
        )
    if erasure is None:
        raise ValueError("an erasure begins with its request")
    return _of_recipients(erasure, event) or _of_status(erasure, event)


def _of_recipients(erasure: Erasure, event: Event) -> Erasure | None:
    match event:
        case RecipientObstructed(recipient=recipient, reasons=reasons):
            return replace(erasure, obstacles=_put(erasure.obstacles, recipient, reasons))
        case RecipientCleared(recipient=recipient):
            return replace(erasure, obstacles=_put(erasure.obstacles, recipient, ()))
        case RecipientErased(recipient=recipient, counts=counts):
            return replace(erasure, erased=_put(erasure.erased, recipient, counts))
        case _:
            return None


def _of_status(erasure: Erasure, event: Event) -> Erasure:
    match event:
        case ErasureDeferred(reasons=reasons):
            return replace(erasure, status="deferred", deferred_for=reasons, deadline=None, stage=None)
        case ErasureOrdered(stage=stage):
            return replace(erasure, status="ordered", stage=stage, deferred_for=())
        case ErasureConfirmed():
            return replace(erasure, status="confirmed", deferred_for=())
        case ErasureCompleted(at=at):
            return replace(erasure, status="completed", completed_at=at, deadline=None)
        case ErasureWithdrawn():
            return replace(erasure, status="withdrawn", deadline=None, deferred_for=())
        case ErasureOverdue():
            return replace(erasure, overdue=True, deadline=None)
        case _:
            raise ValueError(f"{type(event).__name__} is no event of an erasure")


def _put(pairs: tuple[tuple[str, Value], ...], name: str, value: Value) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted({**dict(pairs), name: value}.items(), key=lambda pair: pair[0]))
