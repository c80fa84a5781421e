"""The log of disclosures: who was given what of whom, when and for what (DOMAIN: Accounts 6 and 9)."""

from services.identity.accounts.model import Account
from shared.eventstore import Cause
from shared.kernel.clock import Clock
from shared.kernel.ids import random_id
from shared.mongo import Database, IndexSpec


class Disclosures:
    """Entries are documents of their own; nothing personal is in them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._entries = database.collection("disclosures")
        self._clock = clock

    async def prepare(self) -> None:
        await self._entries.ensure_indexes([IndexSpec("of_account", (("account", 1), ("at", 1)))])

    async def record(self, account: Account, what: str, purpose: str, cause: Cause) -> None:
        """Before the data leave: what is not logged is not disclosed."""
        entry = {
            "_id": random_id("dsc"),
            "account": account.id,
            "what": what,
            "purpose": purpose,
            "to": cause.actor,
            "at": self._clock.now(),
            "correlation_id": cause.correlation_id,
        }
        await self._entries.insert(entry)

    async def of_account(self, account_id: str) -> list[dict[str, object]]:
        return await self._entries.find({"account": account_id}, sort=[("at", 1)])
