"""The account: one aggregate for registration, identity, verification, contacts and standing (DOMAIN: Accounts).

No personal data: references into the vault and keyed hashes only. What the other capabilities decide about an account
are events of this module too; `evolve` is here for all of them.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, assert_never

from services.identity.privacy.model import (
    NOTHING_CHOSEN,
    Choices,
    ConsentGiven,
    ConsentWithdrawn,
    IdentityReopened,
    ObjectionEnded,
    ObjectionGranted,
    PhoneChanged,
    PrivacyEvent,
    ProcessingRestricted,
    RegistrationCorrected,
    RestrictionLifted,
)
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.calendars import Deadline, Undated

Region = Literal["cn", "intl"]  # where the account's own data stay; part of its id
Category = Literal["individual", "enterprise"]
Registrant = Literal["rights_holder", "agent"]
Language = Literal["zh", "en"]
Standing = Literal["good", "warned", "suspended", "closed"]
ContactParty = Literal["disclosed", "platform"]
Scan = Literal["clean", "not_configured"]
Verification = Literal["incomplete", "queued", "verified", "failed"]
"""incomplete: the identity or a first document of a right is missing; queued: both are in, reviewers have it."""


@dataclass(frozen=True)
class Accepted:
    """A version of an agreement that the registrant accepted; `sha256` is of the text that was shown."""

    document: Literal["user-agreement", "privacy-policy"]
    version: str
    language: Language
    sha256: str


@dataclass(frozen=True)
class AccountRegistered:
    """`email_index` is a keyed hash; everything that ends in `_ref` is in the vault."""

    account_id: str
    region: Region
    category: Category
    registrant: Registrant
    language: Language
    email_ref: str
    email_index: str
    phone_ref: str | None
    password_ref: str
    code_ref: str
    accepted: tuple[Accepted, ...]
    at: datetime


@dataclass(frozen=True)
class EmailCodeRenewed:
    code_ref: str


@dataclass(frozen=True)
class EmailVerified:
    at: datetime


@dataclass(frozen=True)
class IdentitySubmitted:
    """`subject_index` is a keyed hash of the ID or registration number: one subject, one account.
    document_scan: what the malware scanner said of the image, or that there was none; document_sha256: of the image as
    it came; document_metadata: what kinds of data about data it holds (`gps`: where it was taken), None where that was
    not noted."""

    method: str
    document_kind: str
    details_ref: str
    document_ref: str | None
    subject_index: str
    provider_reference: str | None
    at: datetime
    document_scan: Scan = "not_configured"
    document_sha256: str = ""
    document_metadata: tuple[str, ...] | None = None


@dataclass(frozen=True)
class IprDocumentReceived:
    """The first right of the account is in."""

    right_id: str


@dataclass(frozen=True)
class VerificationStarted:
    """Identity and a document of a right are in; rounds count from 1, a corrected submission begins the next."""

    round: int
    deadline: Deadline | Undated
    at: datetime


@dataclass(frozen=True)
class AccountVerified:
    round: int
    by: str


@dataclass(frozen=True)
class VerificationFailed:
    round: int
    by: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class VerificationOverdue:
    round: int
    deadline_id: str


@dataclass(frozen=True)
class ContactChanged:
    party: ContactParty
    ref: str


@dataclass(frozen=True)
class StandingChanged:
    """`deliberate_falsehood` is a finding by a person; it bars the Good Faith Program for ever."""

    standing: Standing
    reason: str
    deliberate_falsehood: bool
    by: str


@dataclass(frozen=True)
class LegalHoldPlaced:
    """reason: a code; reference: the order's number in the operators' register; review_on: when somebody has to ask
    whether it is still needed. It ends by its release only."""

    hold_id: str
    reason: str
    reference: str
    review_on: date
    by: str
    at: datetime


@dataclass(frozen=True)
class LegalHoldReleased:
    hold_id: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class AccountLeaves:
    """Erasure of everything was asked for: nothing new begins."""

    at: datetime


@dataclass(frozen=True)
class AccountStays:
    """The person withdrew the request for erasure."""

    at: datetime


@dataclass(frozen=True)
class AccountErased:
    """Nothing of the person can be read any more; the account is closed."""

    at: datetime


Event = (
    AccountRegistered
    | EmailCodeRenewed
    | EmailVerified
    | IdentitySubmitted
    | IprDocumentReceived
    | VerificationStarted
    | AccountVerified
    | VerificationFailed
    | VerificationOverdue
    | ContactChanged
    | StandingChanged
    | LegalHoldPlaced
    | LegalHoldReleased
    | PrivacyEvent
    | AccountLeaves
    | AccountStays
    | AccountErased
)


@dataclass(frozen=True)
class Account:
    """State after all events. `identity` is the latest submission; `deadline` runs while verification is queued.

    legal_holds: what keeps everything of the account from being erased; restricted: its data are kept and not used;
    leaving: it asked for everything to be erased, and files nothing more; erased: what the references here lead to is
    gone; choices: consents and objections; identity_reopened: a correction was granted, and the next submission of an
    identity is taken though it is verified.
    """

    id: str
    region: Region
    category: Category
    registrant: Registrant
    language: Language
    email_ref: str
    email_index: str
    phone_ref: str | None
    password_ref: str
    code_ref: str
    accepted: tuple[Accepted, ...]
    registered_at: datetime
    email_verified: bool = False
    identity: IdentitySubmitted | None = None
    first_right_id: str | None = None
    verification: Verification = "incomplete"
    round: int = 0
    queued_at: datetime | None = None
    overdue: bool = False
    failure_reasons: tuple[str, ...] = ()
    deadline: Deadline | Undated | None = None
    disclosed_contact_ref: str | None = None
    platform_contact_ref: str | None = None
    standing: Standing = "good"
    deliberate_falsehood: bool = False
    legal_holds: tuple[str, ...] = ()
    restricted: bool = False
    leaving: bool = False
    choices: Choices = NOTHING_CHOSEN
    identity_reopened: bool = False
    erased: bool = False

    @property
    def verified(self) -> bool:
        return self.verification == "verified"


@dataclass(frozen=True)
class Register:
    """Everything of the registrant is in the vault already. `accepted` was checked against what is published."""

    registered: AccountRegistered


@dataclass(frozen=True)
class RenewEmailCode:
    code_ref: str


@dataclass(frozen=True)
class VerifyEmail:
    """What came of comparing the code that was sent with the one that was typed in."""

    finding: Literal["right", "wrong", "expired"]


@dataclass(frozen=True)
class ChangeStanding:
    standing: Standing
    reason: str
    by: str
    deliberate_falsehood: bool = False


ChangeDeparture = Literal["leaves", "stays", "erased"]
"""What an erasure makes of its account."""

Command = Register | RenewEmailCode | VerifyEmail | ChangeStanding


def decide(account: Account | None, command: Command, now: datetime) -> tuple[Event, ...]:
    """What follows from a command. Raises Refusal."""
    match command:
        case Register(registered):
            if account is not None:
                raise Obsolete("account-exists", "This account is registered already.")
            return (registered,)
        case RenewEmailCode(code_ref):
            known = existing(account)
            if known.email_verified:
                raise Refusal("email-verified-already", "The e-mail address is verified already.", "Log in.")
            return (EmailCodeRenewed(code_ref),)
        case VerifyEmail(finding):
            return _verify_email(existing(account), finding, now)
        case ChangeStanding():
            return _change_standing(existing(account), command)
        case _:
            assert_never(command)


def existing(account: Account | None) -> Account:
    """Raises Refusal where there is no such account."""
    if account is None:
        raise Refusal("no-such-account", "There is no such account.")
    return account


def active(account: Account | None) -> Account:
    """An account that may still change something: its e-mail is verified and it is not closed."""
    known = existing(account)
    if known.standing == "closed":
        raise Refusal("account-closed", "The account is closed.")
    if not known.email_verified:
        mend = "Type in the code that was sent to the login e-mail."
        raise Refusal("email-not-verified", "The e-mail address is not verified yet.", mend)
    return known


def _verify_email(account: Account, finding: str, now: datetime) -> tuple[Event, ...]:
    if account.email_verified:
        raise Refusal("email-verified-already", "The e-mail address is verified already.", "Log in.")
    if finding == "expired":
        raise Refusal("code-expired", "The code has expired.", "Ask for a new one.")
    if finding == "wrong":
        raise Refusal("code-wrong", "This is not the code that was sent.", "Look for the latest e-mail.")
    return (EmailVerified(now),)


def _change_standing(account: Account, command: ChangeStanding) -> tuple[Event, ...]:
    if account.standing == "closed":
        raise Refusal("account-closed", "The account is closed; that is final.")
    falsehood_is_new = command.deliberate_falsehood and not account.deliberate_falsehood
    if command.standing == account.standing and not falsehood_is_new:
        raise Refusal("standing-unchanged", f"The standing is {account.standing} already.")
    return (StandingChanged(command.standing, command.reason, command.deliberate_falsehood, command.by),)


def decide_departure(account: Account | None, change: ChangeDeparture, now: datetime) -> tuple[Event, ...]:
    """No event where it is so already."""
    known = existing(account)
    match change:
        case "leaves":
            return () if known.leaving or known.erased else (AccountLeaves(now),)
        case "stays":
            return (AccountStays(now),) if known.leaving else ()
        case "erased":
            return () if known.erased else (AccountErased(now),)


def evolve(account: Account | None, event: Event) -> Account:
    if isinstance(event, AccountRegistered):
        return _registered(event)
    if account is None:
        raise ValueError(f"{type(event).__name__} before the account was registered")
    return _of_account(account, event) or _of_privacy(account, event) or _of_verification(account, event)


def _registered(event: AccountRegistered) -> Account:
    return Account(
        id=event.account_id,
        region=event.region,
        category=event.category,
        registrant=event.registrant,
        language=event.language,
        email_ref=event.email_ref,
        email_index=event.email_index,
        phone_ref=event.phone_ref,
        password_ref=event.password_ref,
        code_ref=event.code_ref,
        accepted=event.accepted,
        registered_at=event.at,
    )


def _of_account(account: Account, event: Event) -> Account | None:
    match event:
        case EmailCodeRenewed(code_ref):
            return replace(account, code_ref=code_ref)
        case EmailVerified():
            return replace(account, email_verified=True)
        case ContactChanged("disclosed", ref):
            return replace(account, disclosed_contact_ref=ref)
        case ContactChanged("platform", ref):
            return replace(account, platform_contact_ref=ref)
        case _:
            return _of_standing(account, event)


def _of_standing(account: Account, event: Event) -> Account | None:
    match event:
        case StandingChanged(standing, _, falsehood):
            found = account.deliberate_falsehood or falsehood
            return replace(account, standing=standing, deliberate_falsehood=found)
        case LegalHoldPlaced(hold_id):
            return replace(account, legal_holds=(*account.legal_holds, hold_id))
        case LegalHoldReleased(hold_id):
            return replace(account, legal_holds=tuple(each for each in account.legal_holds if each != hold_id))
        case AccountLeaves():
            return replace(account, leaving=True)
        case AccountStays():
            return replace(account, leaving=False)
        case AccountErased():
            return replace(account, leaving=False, erased=True, standing="closed", deadline=None, queued_at=None)
        case _:
            return None


def _of_privacy(account: Account, event: Event) -> Account | None:
    choices = account.choices
    match event:
        case ConsentGiven() | ConsentWithdrawn() | ObjectionGranted() | ObjectionEnded():
            return replace(account, choices=choices.after(event))
        case ProcessingRestricted(request_id):
            return replace(account, restricted=True, choices=choices.restricted(request_id))
        case RestrictionLifted(request_id):
            left = choices.unrestricted(request_id)
            return replace(account, restricted=bool(left.restricted_by), choices=left)
        case IdentityReopened(request_id):
            known = replace(choices, reopened_by=(*choices.reopened_by, request_id))
            return replace(account, identity_reopened=True, choices=known)
        case RegistrationCorrected(category, registrant):
            return replace(account, category=category, registrant=registrant)
        case PhoneChanged(ref):
            return replace(account, phone_ref=ref)
        case _:
            return None


def _of_verification(account: Account, event: Event) -> Account:
    match event:
        case IdentitySubmitted():
            submitted = replace(account, identity=event, verification="incomplete", failure_reasons=())
            return replace(submitted, identity_reopened=False)
        case IprDocumentReceived(right_id):
            return replace(account, first_right_id=right_id)
        case VerificationStarted(number, deadline, at):
            return replace(account, verification="queued", round=number, deadline=deadline, queued_at=at, overdue=False)
        case AccountVerified():
            return replace(account, verification="verified", deadline=None, queued_at=None)
        case VerificationFailed(_, _, reasons):
            return replace(account, verification="failed", deadline=None, queued_at=None, failure_reasons=reasons)
        case VerificationOverdue():
            return replace(account, overdue=True, deadline=None)
        case _:
            raise ValueError(f"{type(event).__name__} is no event of an account")
