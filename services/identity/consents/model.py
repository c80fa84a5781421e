"""Giving a consent and taking it back. Which texts are in force is checked before."""

from datetime import datetime

from services.identity.accounts.model import Account, Event, active, existing
from services.identity.privacy.model import ConsentGiven, ConsentWithdrawn
from shared.kernel.decider import Refusal


def give_consent(account: Account | None, given: ConsentGiven) -> tuple[Event, ...]:
    """Nothing where the same version was agreed to already: the first time is what counts."""
    known = active(account).choices.consent(given.purpose)
    if known is not None and known.version == given.version:
        return ()
    return (given,)


def withdraw_consent(account: Account | None, purpose: str, now: datetime) -> tuple[Event, ...]:
    """At any time (000 VII.3), also of an account that is closed."""
    given = existing(account).choices.consent(purpose)
    if given is None:
        raise Refusal("consent-not-given", f"There is no consent for {purpose} to withdraw.")
    return (ConsentWithdrawn(purpose, given.version, given.language, given.sha256, now),)
