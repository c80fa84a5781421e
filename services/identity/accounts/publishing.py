"""What the world is told of an account: `identity.accounts.v1`, identifiers and states only."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from services.identity.accounts import model as m
from services.identity.privacy import model as p
from shared.contracts.deadlines import DeadlineData
from shared.contracts.identity import accounts as contract
from shared.eventstore import Publication


def publish(account: m.Account, event: m.Event, _: int) -> Iterable[Publication]:
    told = _told(event)
    if told is None:
        return ()
    kind, details = told
    data = kind(
        account_id=account.id,
        verified=account.verified,
        standing=account.standing,
        language=account.language,
        legal_hold=bool(account.legal_holds),
        restricted=account.restricted,
        leaving=account.leaving,
        objections=account.choices.objected_to,
        deadlines=(DeadlineData.of(account.deadline),) if account.deadline else (),
        **details,
    )
    return (Publication(contract.TOPIC.name, account.id, data),)


_WITHOUT_DETAILS: dict[type, type[contract.AccountEvent]] = {
    m.EmailCodeRenewed: contract.EmailCodeRenewed,
    m.EmailVerified: contract.EmailVerified,
    m.VerificationStarted: contract.AccountVerificationStarted,
    m.AccountVerified: contract.AccountVerified,
    m.VerificationOverdue: contract.AccountVerificationOverdue,
    m.AccountLeaves: contract.AccountLeaves,
    m.AccountStays: contract.AccountStays,
    m.AccountErased: contract.AccountErased,
}
_OF_REQUESTS: dict[type, type[contract.AccountEvent]] = {
    p.ProcessingRestricted: contract.ProcessingRestricted,
    p.RestrictionLifted: contract.RestrictionLifted,
    p.ObjectionGranted: contract.ObjectionGranted,
    p.ObjectionEnded: contract.ObjectionEnded,
    p.IdentityReopened: contract.IdentityReopened,
    p.RegistrationCorrected: contract.RegistrationCorrected,
}
"""What a privacy request led to: told with the same fields as it is kept with."""
_OF_HOLDS: dict[type, type[contract.AccountEvent]] = {
    m.LegalHoldPlaced: contract.LegalHoldPlaced,
    m.LegalHoldReleased: contract.LegalHoldReleased,
}
_NOBODY_ELSES_BUSINESS = (m.IprDocumentReceived, m.ContactChanged, p.PhoneChanged)


def _told(event: m.Event) -> tuple[type[contract.AccountEvent], dict[str, Any]] | None:
    """The contract's class and what it says beyond the common fields; None for what is not told."""
    match event:
        case m.AccountRegistered():
            return contract.AccountRegistered, _registered(event)
        case m.IdentitySubmitted():
            return contract.IdentitySubmitted, {"document_kind": event.document_kind}
        case m.VerificationFailed():
            return contract.AccountVerificationFailed, {"reasons": event.reasons}
        case m.StandingChanged():
            found = {"reason": event.reason, "deliberate_falsehood": event.deliberate_falsehood}
            return contract.StandingChanged, found
        case m.LegalHoldPlaced(hold_id) | m.LegalHoldReleased(hold_id):
            return _OF_HOLDS[type(event)], {"hold_id": hold_id}
        case p.ConsentGiven():
            return contract.ConsentGiven, _consent(event)
        case p.ConsentWithdrawn():
            return contract.ConsentWithdrawn, _consent(event)
        case _ if type(event) in _OF_REQUESTS:
            return _OF_REQUESTS[type(event)], asdict(event)
        case _ if isinstance(event, _NOBODY_ELSES_BUSINESS):
            return None
        case _:
            return _WITHOUT_DETAILS[type(event)], {}


def _registered(event: m.AccountRegistered) -> dict[str, Any]:
    versions = {accepted.document: accepted.version for accepted in event.accepted}
    return {
        "region": event.region,
        "category": event.category,
        "registrant": event.registrant,
        "agreement_version": versions["user-agreement"],
        "privacy_policy_version": versions["privacy-policy"],
    }


def _consent(event: p.ConsentGiven | p.ConsentWithdrawn) -> dict[str, Any]:
    return {
        "purpose": event.purpose,
        "text_version": event.version,
        "text_language": event.language,
        "sha256": event.sha256,
    }
