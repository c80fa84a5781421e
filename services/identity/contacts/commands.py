"""Changing and reading contact sets; each is one ciphertext."""

from dataclasses import dataclass

from services.identity import places
from services.identity.accounts.model import Account, ContactParty, Event
from services.identity.contacts.inputs import Contact
from services.identity.contacts.model import change_contact, contact_ref
from shared.eventstore import Cause, Repository
from shared.vault import SubjectVault


@dataclass
class ContactCommands:
    repository: Repository[Account, Event]
    vault: SubjectVault

    async def change(self, account: Account, party: ContactParty, contact: Contact, cause: Cause) -> None:
        sealed = contact.model_dump_json().encode()
        ref = await self.vault.seal(account.id, places.CONTACTS[party], sealed)
        await self.repository.execute(account.id, lambda known: change_contact(known, party, ref), cause)

    async def read(self, account: Account, party: ContactParty) -> Contact | None:
        """None where the set was never edited."""
        ref = contact_ref(account, party)
        if ref is None:
            return None
        return Contact.model_validate_json(await self.vault.open(account.id, ref, places.CONTACTS[party]))
