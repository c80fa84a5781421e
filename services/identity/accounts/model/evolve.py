"""The account after an event, of whichever capability."""

from dataclasses import replace

from services.identity.accounts.model.events import (
    AccountErased,
    AccountLeaves,
    AccountRegistered,
    AccountStays,
    AccountVerified,
    ContactChanged,
    EmailCodeRenewed,
    EmailVerified,
    Event,
    IdentitySubmitted,
    IprDocumentReceived,
    LegalHoldPlaced,
    LegalHoldReleased,
    StandingChanged,
    VerificationFailed,
    VerificationOverdue,
    VerificationStarted,
)
from services.identity.accounts.model.state import Account
from services.identity.privacy.model import (
    ConsentGiven,
    ConsentWithdrawn,
    IdentityReopened,
    ObjectionEnded,
    ObjectionGranted,
    PhoneChanged,
    ProcessingRestricted,
    RegistrationCorrected,
    RestrictionLifted,
)


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
