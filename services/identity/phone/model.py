"""Changing or taking away the phone number. What it is, is in the vault."""

from services.identity.accounts.model import Account, Event, active
from services.identity.privacy.model import PhoneChanged
from shared.kernel.decider import Refusal


def change_phone(account: Account | None, ref: str | None) -> tuple[Event, ...]:
    """Raises Refusal where a number is needed (DOMAIN, Accounts 1)."""
    known = active(account)
    if ref is None and known.region == "cn" and known.category == "individual":
        raise Refusal("phone-missing", "Individuals from mainland China give a phone number.", "Give the new one.")
    return (PhoneChanged(ref),)
