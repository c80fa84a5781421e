"""A request of a person about their data: filed, looked at, answered within 30 days (000 V.5, VII). What is granted has
its effect on the account by a reaction. The texts of both sides are in the vault."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from services.identity.accounts.model import Category, Language, Registrant
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.calendars import Deadline
from shared.policies.terms import PRIVACY_ANSWER, PolicyBook

Kind = Literal["correction", "objection", "restriction", "other"]
About = Literal["", "identity", "registration", "good-faith", "other"]
Status = Literal["received", "in-examination", "granted", "refused", "withdrawn", "ended"]
RefusalReason = Literal[
    "data-correct",
    "not-our-data",
    "required-by-law",
    "legal-claims",
    "overriding-grounds",
    "unfounded",
    "fee-not-agreed",
]
"""Why a request is refused (ours; the grounds of 000 VII and of the law that it follows)."""

ABOUT: dict[Kind, tuple[About, ...]] = {
    "correction": ("identity", "registration", "other"),
    "objection": ("good-faith", "other"),
    "restriction": ("",),
    "other": ("",),
}
"""What each kind may be about. Contacts, phone and password are corrected by oneself, so they are not here."""
EEA_ONLY: frozenset[Kind] = frozenset({"objection", "restriction"})
LASTING: frozenset[Kind] = frozenset({"objection", "restriction"})
"""What is granted holds until it ends; a second one of its kind would say nothing."""


@dataclass(frozen=True)
class PrivacyRequestFiled:
    """eea: lives there, as the person declares; earlier: requests of this kind within the policy's time before it;
    fee_may_be_asked: they are more than are free of charge (000 V.5)."""

    request_id: str
    account_id: str
    kind: Kind
    about: About
    eea: bool
    text_ref: str
    language: Language
    earlier: int
    fee_may_be_asked: bool
    deadlines: tuple[Deadline, ...]
    at: datetime


@dataclass(frozen=True)
class ExaminationBegun:
    by: str


@dataclass(frozen=True)
class RequestGranted:
    """category, registrant: as they are to be, where the registration is corrected."""

    by: str
    statement_ref: str | None
    category: Category | None
    registrant: Registrant | None
    at: datetime


@dataclass(frozen=True)
class RequestRefused:
    by: str
    reason: RefusalReason
    statement_ref: str | None
    at: datetime


@dataclass(frozen=True)
class RequestWithdrawn:
    at: datetime


@dataclass(frozen=True)
class AnswerDueSoon:
    deadline_id: str


@dataclass(frozen=True)
class AnswerOverdue:
    deadline_id: str


@dataclass(frozen=True)
class LiftingAnnounced:
    """The person is told; the restriction ends when that notice was served."""

    by: str
    at: datetime


@dataclass(frozen=True)
class EffectEnded:
    """What was granted holds no longer. how: the person wanted it, or the platform lifted it after telling the
    person."""

    how: Literal["by-person", "lifted"]
    at: datetime


Event = (
    PrivacyRequestFiled
    | ExaminationBegun
    | RequestGranted
    | RequestRefused
    | RequestWithdrawn
    | AnswerDueSoon
    | AnswerOverdue
    | LiftingAnnounced
    | EffectEnded
)


@dataclass(frozen=True)
class PrivacyRequest:
    """answer_by: the 30 days; deadlines: those that run still, the warning before it among them. answered_at: also of a
    withdrawal."""

    id: str
    account_id: str
    kind: Kind
    about: About
    eea: bool
    text_ref: str
    language: Language
    earlier: int
    fee_may_be_asked: bool
    filed_at: datetime
    answer_by: Deadline
    deadlines: tuple[Deadline, ...]
    status: Status = "received"
    due_soon: bool = False
    overdue: bool = False
    reason: RefusalReason | None = None
    statement_ref: str | None = None
    answered_at: datetime | None = None
    lifting_announced_at: datetime | None = None

    @property
    def due(self) -> datetime:
        """The first instant at which the answer is too late."""
        return self.answer_by.due

    @property
    def open(self) -> bool:
        return self.status in ("received", "in-examination")

    @property
    def in_force(self) -> bool:
        """Granted, of a kind that holds until it ends."""
        return self.status == "granted" and self.kind in LASTING


@dataclass(frozen=True)
class FileRequest:
    """Its text is sealed. eea: None where no country was named."""

    request_id: str
    account_id: str
    kind: Kind
    about: About
    eea: bool | None
    text_ref: str
    language: Language
    earlier: int


@dataclass(frozen=True)
class BeginExamination:
    by: str


@dataclass(frozen=True)
class GrantRequest:
    by: str
    statement_ref: str | None
    category: Category | None = None
    registrant: Registrant | None = None


@dataclass(frozen=True)
class RefuseRequest:
    by: str
    reason: RefusalReason
    statement_ref: str | None


@dataclass(frozen=True)
class WithdrawRequest:
    pass


@dataclass(frozen=True)
class ExpireAnswer:
    deadline_id: str


@dataclass(frozen=True)
class AnnounceLifting:
    by: str


@dataclass(frozen=True)
class LiftRestriction:
    """The notice that announces it was served."""


Command = (
    FileRequest
    | BeginExamination
    | GrantRequest
    | RefuseRequest
    | WithdrawRequest
    | ExpireAnswer
    | AnnounceLifting
    | LiftRestriction
)


def decide(request: PrivacyRequest | None, command: Command, now: datetime, policy: PolicyBook) -> tuple[Event, ...]:
    """What follows from a command. Raises Refusal; Obsolete where something later overtook the command."""
    if isinstance(command, FileRequest):
        if request is not None:
            raise Obsolete("request-exists", "This request was filed already.")
        return (_filed(command, now, policy),)
    if request is None:
        raise Refusal("no-such-request", "There is no such request.")
    match command:
        case BeginExamination() | GrantRequest() | RefuseRequest() | WithdrawRequest():
            return _answer(request, command, now)
        case ExpireAnswer(deadline_id):
            return (_expired(request, deadline_id, now, policy),)
        case AnnounceLifting(by):
            if request.kind != "restriction" or not request.in_force:
                raise Refusal("nothing-to-lift", "There is no restriction by this request.")
            return (LiftingAnnounced(by, now),)
        case LiftRestriction():
            if request.status != "granted" or request.lifting_announced_at is None:
                raise Obsolete("restriction-not-lifted", "No lifting is announced.")
            return (EffectEnded("lifted", now),)
        case _:
            assert_never(command)


def _answer(
    request: PrivacyRequest, command: BeginExamination | GrantRequest | RefuseRequest | WithdrawRequest, now: datetime
) -> tuple[Event, ...]:
    if isinstance(command, WithdrawRequest) and request.in_force:
        return (EffectEnded("by-person", now),)
    if not request.open:
        raise Refusal("request-answered-already", f"The request is {request.status}.")
    match command:
        case BeginExamination(by):
            return () if request.status == "in-examination" else (ExaminationBegun(by),)
        case GrantRequest():
            return (_granted(request, command, now),)
        case RefuseRequest():
            return (_refused(request, command, now),)
        case WithdrawRequest():
            return (RequestWithdrawn(now),)


def _filed(command: FileRequest, now: datetime, policy: PolicyBook) -> PrivacyRequestFiled:
    if command.kind in EEA_ONLY and not command.eea:
        if command.eea is None:
            mend = "Give the country in which you live (ISO 3166, two letters)."
            raise Refusal("country-missing", "This is offered to residents of the European Economic Area.", mend)
        mend = "You may correct, export and erase your data and withdraw your consents: GET /v1/accounts/me/privacy."
        raise Refusal("not-offered-here", "This is offered to residents of the European Economic Area only.", mend)
    free = policy.at(now).privacy.free_requests
    return PrivacyRequestFiled(
        request_id=command.request_id,
        account_id=command.account_id,
        kind=command.kind,
        about=command.about,
        eea=bool(command.eea),
        text_ref=command.text_ref,
        language=command.language,
        earlier=command.earlier,
        fee_may_be_asked=bool(free) and command.earlier >= free,
        deadlines=(
            policy.privacy_answer("answer", now, PRIVACY_ANSWER),
            policy.privacy_answer_warning("answer-warning", now),
        ),
        at=now,
    )


def _granted(request: PrivacyRequest, command: GrantRequest, now: datetime) -> RequestGranted:
    corrects = command.category is not None or command.registrant is not None
    if corrects and request.about != "registration":
        raise Refusal("correction-not-asked-for", "The request is not about the registration's categories.")
    if request.about == "registration" and not corrects:
        raise Refusal("correction-missing", "What is it to be?", "Give `category` or `registrant` as it is to be.")
    return RequestGranted(command.by, command.statement_ref, command.category, command.registrant, now)


def _refused(request: PrivacyRequest, command: RefuseRequest, now: datetime) -> RequestRefused:
    if command.reason == "fee-not-agreed" and not request.fee_may_be_asked:
        raise Refusal("no-fee-here", "This request is free of charge (000 V.5).", "Answer it, or give another reason.")
    return RequestRefused(command.by, command.reason, command.statement_ref, now)


def _expired(request: PrivacyRequest, deadline_id: str, now: datetime, policy: PolicyBook) -> Event:
    """Warns operators; decides nothing."""
    deadline = next((one for one in request.deadlines if one.id == deadline_id), None)
    if deadline is None:
        raise Obsolete("deadline-not-current", f"{deadline_id} does not run any more.")
    if now <= deadline.due + policy.at(now).deadlines.expiry_grace:
        raise Obsolete("deadline-not-over", f"{deadline_id} is not over yet.")
    return AnswerOverdue(deadline_id) if deadline.kind == PRIVACY_ANSWER else AnswerDueSoon(deadline_id)


def evolve(request: PrivacyRequest | None, event: Event) -> PrivacyRequest:
    if isinstance(event, PrivacyRequestFiled):
        return _begun(event)
    if request is None:
        raise ValueError(f"{type(event).__name__} before the request was filed")
    match event:
        case ExaminationBegun():
            return replace(request, status="in-examination")
        case RequestGranted() | RequestRefused() | RequestWithdrawn():
            return _answered(replace(request, answered_at=event.at, deadlines=()), event)
        case AnswerDueSoon(deadline_id):
            left = tuple(one for one in request.deadlines if one.id != deadline_id)
            return replace(request, due_soon=True, deadlines=left)
        case AnswerOverdue():
            return replace(request, overdue=True, deadlines=())
        case LiftingAnnounced(_, at):
            return replace(request, lifting_announced_at=at)
        case EffectEnded():
            return replace(request, status="ended")
        case _:
            assert_never(event)


def _answered(request: PrivacyRequest, event: RequestGranted | RequestRefused | RequestWithdrawn) -> PrivacyRequest:
    match event:
        case RequestGranted():
            return replace(request, status="granted", statement_ref=event.statement_ref)
        case RequestRefused():
            return replace(request, status="refused", reason=event.reason, statement_ref=event.statement_ref)
        case RequestWithdrawn():
            return replace(request, status="withdrawn")


def _begun(event: PrivacyRequestFiled) -> PrivacyRequest:
    answer_by = next(one for one in event.deadlines if one.kind == PRIVACY_ANSWER)
    return PrivacyRequest(
        id=event.request_id,
        account_id=event.account_id,
        kind=event.kind,
        about=event.about,
        eea=event.eea,
        text_ref=event.text_ref,
        language=event.language,
        earlier=event.earlier,
        fee_may_be_asked=event.fee_may_be_asked,
        filed_at=event.at,
        answer_by=answer_by,
        deadlines=event.deadlines,
    )
