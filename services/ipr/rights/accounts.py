"""What ipr keeps of accounts, so that rights are taken while identity is down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.identity import accounts
from shared.kernel.decider import Refusal
from shared.mongo import Database
from shared.reactions import Message, Subscription, source
from shared.reactions.replica import Replica

# Events that may come before the login e-mail is verified; identity lets nothing else happen until then.
_BEFORE_VERIFICATION = (accounts.AccountRegistered, accounts.EmailCodeRenewed, accounts.StandingChanged)
_MAY_SUBMIT = frozenset({"good", "warned"})


@dataclass(frozen=True)
class AccountFacts:
    """What is known of an account from its events so far. restricted: its data are kept and not used."""

    account_id: str
    email_verified: bool
    standing: str
    leaving: bool = False
    restricted: bool = False


class AccountNotYetKnown(Exception):
    """The account has a token, so identity knows it with a verified e-mail; its events are still under way to us."""


class AccountReplica:
    """Group `ipr.accounts`."""

    def __init__(self, database: Database) -> None:
        self.replica = Replica(database, "accounts")

    def subscription(self) -> Subscription:
        handlers = dict.fromkeys(accounts.TOPIC.events, self.remember)
        return Subscription("ipr.accounts", (source(accounts.TOPIC),), handlers)

    async def remember(self, message: Message[accounts.AccountEvent]) -> None:
        account = message.data
        facts: dict[str, Any] = {
            "standing": account.standing,
            "legal_hold": account.legal_hold,
            "restricted": account.restricted,
            "leaving": account.leaving,
        }
        if isinstance(account, accounts.StandingChanged) and account.standing == "closed":
            facts["closed_at"] = message.envelope.time
        if not isinstance(account, _BEFORE_VERIFICATION):
            facts["email_verified"] = True
        await self.replica.put(account.account_id, message.envelope.sequence, facts)

    async def get(self, account_id: str) -> AccountFacts | None:
        facts = await self.replica.get(account_id)
        if facts is None or "standing" not in facts:
            return None
        leaving = facts.get("leaving", False) or facts.get("erasure_asked", False)
        restricted, verified = facts.get("restricted", False), facts.get("email_verified", False)
        return AccountFacts(account_id, verified, facts["standing"], leaving=leaving, restricted=restricted)

    async def erasure_asked(self, account_id: str, asked: bool) -> None:
        """Known here before the account itself says that it leaves."""
        await self.replica.mark(account_id, {"erasure_asked": asked})

    async def closed_at(self, account_id: str) -> datetime | None:
        """Since when the account is closed, for good."""
        facts = await self.replica.get(account_id)
        return facts.get("closed_at") if facts else None


def may_submit(facts: AccountFacts | None) -> None:
    """Raises AccountNotYetKnown, or Refusal where the account may submit nothing (DOMAIN, Accounts 8)."""
    if facts is None or not facts.email_verified:
        raise AccountNotYetKnown
    if facts.standing not in _MAY_SUBMIT:
        raise Refusal("account-not-in-standing", f"The account is {facts.standing}.", "Ask the platform's operators.")
    if facts.leaving:
        mend = "Withdraw the request for erasure first."
        raise Refusal("account-leaving", "The account asked for erasure and submits nothing more.", mend)
    if facts.restricted:
        mend = "Withdraw the restriction (POST /v1/accounts/me/privacy-requests/…/withdrawal), or wait for its end."
        raise Refusal("account-restricted", "At your request your data are kept and not used.", mend)
