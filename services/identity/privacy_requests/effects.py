"""What follows for the account from what was granted to its person, and from its end. Coming twice changes nothing."""

from dataclasses import dataclass

from services.identity.accounts.model import Account, Category, Event, Registrant, existing
from services.identity.privacy.model import (
    IdentityReopened,
    ObjectionEnded,
    ObjectionGranted,
    ProcessingRestricted,
    RegistrationCorrected,
    RestrictionLifted,
)
from services.identity.privacy_requests.model import About, Kind


@dataclass(frozen=True)
class Granted:
    request_id: str
    kind: Kind
    about: About
    category: Category | None
    registrant: Registrant | None


def grant(account: Account | None, granted: Granted) -> tuple[Event, ...]:
    known, request_id = existing(account), granted.request_id
    match granted.kind, granted.about:
        case "restriction", _:
            return () if request_id in known.choices.restricted_by else (ProcessingRestricted(request_id),)
        case "objection", purpose:
            there = (purpose, request_id) in known.choices.objections
            return () if there else (ObjectionGranted(purpose, request_id),)
        case "correction", "identity":
            return _reopened(known, request_id)
        case "correction", "registration":
            category = granted.category or known.category
            registrant = granted.registrant or known.registrant
            if (category, registrant) == (known.category, known.registrant):
                return ()
            corrected = RegistrationCorrected(category, registrant, request_id)
            # Each category is proved by documents of its own: the identity goes with it.
            return (corrected, *(_reopened(known, request_id) if category != known.category else ()))
        case _:
            return ()


def end(account: Account | None, request_id: str) -> tuple[Event, ...]:
    """What this request had led to, if it holds still."""
    known = existing(account)
    if request_id in known.choices.restricted_by:
        return (RestrictionLifted(request_id),)
    return tuple(ObjectionEnded(purpose, by) for purpose, by in known.choices.objections if by == request_id)


def _reopened(account: Account, request_id: str) -> tuple[Event, ...]:
    """Nothing where there is no verified identity to be corrected, or it was opened for this request before."""
    if not account.verified or request_id in account.choices.reopened_by:
        return ()
    return (IdentityReopened(request_id),)
