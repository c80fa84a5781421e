"""`identity.accounts.v1`: the life of an account. No personal data: who the person is stays in the vault."""

from typing import ClassVar, Literal

from shared.contracts.deadlines import WithDeadlines
from shared.contracts.topic import Topic

Standing = Literal["good", "warned", "suspended", "closed"]


class AccountEvent(WithDeadlines):
    """What every event of an account says, as it is after the event.

    legal_hold: nothing of the account may be erased or removed; restricted: its data are kept and not used, nothing is
    disclosed; leaving: it asked for erasure: it files nothing more, and finishes what is open; objections: the purposes
    for which its data are no longer processed (`good-faith`).
    """

    account_id: str
    verified: bool = False
    standing: Standing = "good"
    language: Literal["zh", "en"] = "en"
    legal_hold: bool = False
    restricted: bool = False
    leaving: bool = False
    objections: tuple[str, ...] = ()


class AccountRegistered(AccountEvent):
    type: ClassVar[str] = "ipp.identity.account-registered"

    region: Literal["cn", "intl"]
    category: Literal["individual", "enterprise"]
    registrant: Literal["rights_holder", "agent"]
    agreement_version: str
    privacy_policy_version: str


class EmailCodeRenewed(AccountEvent):
    """A new e-mail code was made; as the first one, it is fetched from identity and sent to the login e-mail."""

    type: ClassVar[str] = "ipp.identity.email-code-renewed"


class EmailVerified(AccountEvent):
    type: ClassVar[str] = "ipp.identity.email-verified"


class IdentitySubmitted(AccountEvent):
    """A document, or for the mainland a completed verification method, is in."""

    type: ClassVar[str] = "ipp.identity.identity-submitted"

    document_kind: str


class AccountVerificationStarted(AccountEvent):
    """Identity and at least one IPR document are in: the three working days run (001, Account Verification)."""

    type: ClassVar[str] = "ipp.identity.account-verification-started"


class AccountVerified(AccountEvent):
    type: ClassVar[str] = "ipp.identity.account-verified"


class AccountVerificationFailed(AccountEvent):
    type: ClassVar[str] = "ipp.identity.account-verification-failed"

    reasons: tuple[str, ...]


class AccountVerificationOverdue(AccountEvent):
    """The three working days passed undecided: operators are warned, nothing is decided by it."""

    type: ClassVar[str] = "ipp.identity.account-verification-overdue"


class StandingChanged(AccountEvent):
    type: ClassVar[str] = "ipp.identity.standing-changed"

    reason: str
    deliberate_falsehood: bool = False


class LegalHoldPlaced(AccountEvent):
    """Nothing of the account may be removed or erased until all of its holds are released. Why, stays with identity."""

    type: ClassVar[str] = "ipp.identity.legal-hold-placed"

    hold_id: str


class LegalHoldReleased(AccountEvent):
    """`legal_hold` says whether another one still holds."""

    type: ClassVar[str] = "ipp.identity.legal-hold-released"

    hold_id: str


class ConsentGiven(AccountEvent):
    """To one version of the text of one purpose. `sha256` is of the text that was shown, in `text_language`."""

    type: ClassVar[str] = "ipp.identity.consent-given"

    purpose: str
    text_version: str
    text_language: Literal["zh", "en"]
    sha256: str


class ConsentWithdrawn(AccountEvent):
    """Names the text that had been agreed to. What was done before stays lawful (000 VII.3)."""

    type: ClassVar[str] = "ipp.identity.consent-withdrawn"

    purpose: str
    text_version: str
    text_language: Literal["zh", "en"]
    sha256: str


class ProcessingRestricted(AccountEvent):
    """The account's data are kept and not used (000 VII.2)."""

    type: ClassVar[str] = "ipp.identity.processing-restricted"

    request_id: str


class RestrictionLifted(AccountEvent):
    """`restricted` says whether another request still holds."""

    type: ClassVar[str] = "ipp.identity.restriction-lifted"

    request_id: str


class ObjectionGranted(AccountEvent):
    """`purpose` is among `objections` from now on (000 VII.2)."""

    type: ClassVar[str] = "ipp.identity.objection-granted"

    purpose: str
    request_id: str


class ObjectionEnded(AccountEvent):
    type: ClassVar[str] = "ipp.identity.objection-ended"

    purpose: str
    request_id: str


class IdentityReopened(AccountEvent):
    """A corrected identity may be submitted; until it is, the account stays as it is (000 V.2)."""

    type: ClassVar[str] = "ipp.identity.identity-reopened"

    request_id: str


class RegistrationCorrected(AccountEvent):
    type: ClassVar[str] = "ipp.identity.registration-corrected"

    category: Literal["individual", "enterprise"]
    registrant: Literal["rights_holder", "agent"]
    request_id: str


_CONSENT = {"purpose": "contact-disclosure", "text_version": "2026-01", "text_language": "en", "sha256": "0" * 64}
_REQUEST = "prq-3V9YQ2C7XN4M8K1TZ0RB"


class AccountLeaves(AccountEvent):
    """The person asked that everything be erased: nothing new begins, what is open is finished."""

    type: ClassVar[str] = "ipp.identity.account-leaves"


class AccountStays(AccountEvent):
    """The person withdrew that request before anything was erased."""

    type: ClassVar[str] = "ipp.identity.account-stays"


class AccountErased(AccountEvent):
    """Nothing of the person can be read any more; the account is closed."""

    type: ClassVar[str] = "ipp.identity.account-erased"


_ID = "acc-intl-3V9YQ2C7XN4M8K1TZ0RB"

TOPIC = Topic(
    name="identity.accounts.v1",
    key="account id",
    producers=("identity",),
    consumers=("ipr", "complaints", "notifications", "scoring", "deadline processor of identity"),
    events=(
        AccountRegistered,
        EmailCodeRenewed,
        EmailVerified,
        IdentitySubmitted,
        AccountVerificationStarted,
        AccountVerified,
        AccountVerificationFailed,
        AccountVerificationOverdue,
        StandingChanged,
        LegalHoldPlaced,
        LegalHoldReleased,
        ConsentGiven,
        ConsentWithdrawn,
        ProcessingRestricted,
        RestrictionLifted,
        ObjectionGranted,
        ObjectionEnded,
        IdentityReopened,
        RegistrationCorrected,
        AccountLeaves,
        AccountStays,
        AccountErased,
    ),
    examples=(
        AccountRegistered(
            account_id=_ID,
            region="intl",
            category="enterprise",
            registrant="rights_holder",
            agreement_version="2019-09",
            privacy_policy_version="2018-05",
        ),
        EmailCodeRenewed(account_id=_ID),
        EmailVerified(account_id=_ID),
        IdentitySubmitted(account_id=_ID, document_kind="business-licence"),
        AccountVerificationStarted(account_id=_ID),
        AccountVerified(account_id=_ID, verified=True),
        AccountVerificationFailed(account_id=_ID, reasons=("image-unclear",)),
        AccountVerificationOverdue(account_id=_ID),
        StandingChanged(
            account_id=_ID,
            verified=True,
            standing="suspended",
            reason="malicious-complaints",
            deliberate_falsehood=True,
        ),
        LegalHoldPlaced(account_id=_ID, legal_hold=True, hold_id="lgh-6T0RB3V9YQ2C7XN4M8K1"),
        LegalHoldReleased(account_id=_ID, hold_id="lgh-6T0RB3V9YQ2C7XN4M8K1"),
        ConsentGiven.model_validate({"account_id": _ID, **_CONSENT}),
        ConsentWithdrawn.model_validate({"account_id": _ID, **_CONSENT}),
        ProcessingRestricted(account_id=_ID, verified=True, restricted=True, request_id=_REQUEST),
        RestrictionLifted(account_id=_ID, verified=True, request_id=_REQUEST),
        ObjectionGranted(account_id=_ID, objections=("good-faith",), purpose="good-faith", request_id=_REQUEST),
        ObjectionEnded(account_id=_ID, purpose="good-faith", request_id=_REQUEST),
        IdentityReopened(account_id=_ID, verified=True, request_id=_REQUEST),
        RegistrationCorrected(
            account_id=_ID, category="enterprise", registrant="agent", request_id=_REQUEST, verified=True
        ),
        AccountLeaves(account_id=_ID, verified=True, leaving=True),
        AccountStays(account_id=_ID, verified=True),
        AccountErased(account_id=_ID, verified=True, standing="closed"),
    ),
)
