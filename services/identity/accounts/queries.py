"""Finding accounts."""

from services.identity.accounts.store import ACCOUNTS
from shared.mongo import Database
from shared.vault import SubjectVault


def email_index(vault: SubjectVault, email: str) -> str:
    """The keyed hash of a login e-mail. Upper and lower case are one address (ours: mail boxes are, nowadays)."""
    return vault.blind_index("login-email", email.casefold())


class AccountQueries:
    def __init__(self, database: Database, vault: SubjectVault) -> None:
        self._accounts = database.collection(ACCOUNTS.collection)
        self._vault = vault

    async def holder_of(self, email: str) -> str | None:
        """The account that logs in with this e-mail, closed ones left out."""
        found = await self._accounts.find_one({"ix.email": email_index(self._vault, email)}, fields=("_id",))
        return str(found["_id"]) if found else None
