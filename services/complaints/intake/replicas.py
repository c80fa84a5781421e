"""What intake keeps of accounts and rights, so that it goes on while identity and ipr are down."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

from services.complaints.intake.checks import AccountFacts, RightFacts
from shared.contracts.identity import accounts
from shared.contracts.ipr import rights
from shared.mongo import Database
from shared.reactions import Message, Subscription, source
from shared.reactions.replica import Replica

Facts = Mapping[str, Any]


class AccountReplica:
    """Group `complaints.accounts`."""

    def __init__(self, database: Database) -> None:
        self.replica = Replica(database, "accounts")

    def subscription(self) -> Subscription:
        handlers = dict.fromkeys(accounts.TOPIC.events, self.remember)
        return Subscription("complaints.accounts", (source(accounts.TOPIC),), handlers)

    async def remember(self, message: Message[accounts.AccountEvent]) -> None:
        account = message.data
        facts = {
            "verified": account.verified,
            "standing": account.standing,
            "legal_hold": account.legal_hold,
            "restricted": account.restricted,
            "leaving": account.leaving,
        }
        await self.replica.put(account.account_id, message.envelope.sequence, facts)

    async def erasure_asked(self, account_id: str, asked: bool) -> None:
        """Known here before the account itself says that it leaves."""
        await self.replica.mark(account_id, {"erasure_asked": asked})

    def begin_get(self, account_id: str) -> asyncio.Future[Facts | None]:
        """What is known of the account now, for `account_facts`."""
        return self.replica.begin_get(account_id)


class RightReplica:
    """Group `complaints.rights`."""

    def __init__(self, database: Database) -> None:
        self._replica = Replica(database, "rights")

    def subscription(self) -> Subscription:
        handlers = dict.fromkeys(rights.TOPIC.events, self.remember)
        return Subscription("complaints.rights", (source(rights.TOPIC),), handlers)

    async def remember(self, message: Message[rights.RightEvent]) -> None:
        right = message.data
        facts = {
            "account_id": right.account_id,
            "principal_id": right.principal_id,
            "right_type": right.right_type,
            "place": right.place,
            "madrid_designations": list(right.madrid_designations),
            "fingerprint": right.fingerprint,
            "status": right.status,
            "expires_on": right.expires_on.isoformat() if right.expires_on else None,
        }
        await self._replica.put(right.right_id, message.envelope.sequence, facts)

    def begin_get(self, right_id: str) -> asyncio.Future[Facts | None]:
        """What is known of the right now, for `right_facts`."""
        return self._replica.begin_get(right_id)


def account_facts(account_id: str, facts: Facts | None) -> AccountFacts | None:
    """None where nothing of the account itself has come yet."""
    if facts is None or "verified" not in facts:
        return None
    leaving = facts.get("leaving", False) or facts.get("erasure_asked", False)
    restricted = facts.get("restricted", False)
    return AccountFacts(account_id, facts["verified"], facts["standing"], leaving=leaving, restricted=restricted)


def right_facts(right_id: str, facts: Facts) -> RightFacts:
    return RightFacts(
        right_id=right_id,
        account_id=facts["account_id"],
        principal_id=facts["principal_id"],
        right_type=facts["right_type"],
        place=facts["place"],
        madrid_designations=tuple(facts["madrid_designations"]),
        fingerprint=facts["fingerprint"],
        status=facts["status"],
        expires_on=date.fromisoformat(facts["expires_on"]) if facts["expires_on"] else None,
    )
