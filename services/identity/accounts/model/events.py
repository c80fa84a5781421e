"""What happened to an account. Class names are what the store keeps: never rename one.

No personal data: references into the vault and keyed hashes only.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.identity.privacy.model import PrivacyEvent
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
