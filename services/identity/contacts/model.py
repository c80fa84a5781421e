"""Changing a contact set. What it says is in the vault."""

from services.identity.accounts.model import Account, ContactChanged, ContactParty, Event, active


def change_contact(account: Account | None, party: ContactParty, ref: str) -> tuple[Event, ...]:
    """Raises Refusal for accounts that are closed or whose e-mail is not verified."""
    active(account)
    return (ContactChanged(party, ref),)


def contact_ref(account: Account, party: ContactParty) -> str | None:
    """None where the set was never edited."""
    return account.disclosed_contact_ref if party == "disclosed" else account.platform_contact_ref
