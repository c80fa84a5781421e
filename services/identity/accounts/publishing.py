"""What the world is told of an account: `identity.accounts.v1`, identifiers and states only."""

from collections.abc import Iterable
from typing import Any

from services.identity.accounts import model as m
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
_NOBODY_ELSES_BUSINESS = (m.IprDocumentReceived, m.ContactChanged)


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
        case m.LegalHoldPlaced(hold_id):
            return contract.LegalHoldPlaced, {"hold_id": hold_id}
        case m.LegalHoldReleased(hold_id):
            return contract.LegalHoldReleased, {"hold_id": hold_id}
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
