"""Commands of erasures; what identity itself holds is erased here."""

from dataclasses import dataclass

from services.identity.access.sessions import Sessions
from services.identity.accounts.model import Account, ChangeDeparture, decide_departure
from services.identity.accounts.model import Event as AccountEvent
from services.identity.erasure.model import Command, Complete, Erasure, Event, decide
from services.identity.erasure.publishing import erasure_id
from shared.eventstore import Cause, Executed, Receipt, Repository
from shared.kernel.clock import Clock
from shared.kernel.decider import Refusal
from shared.policies.terms import PolicyBook
from shared.vault import SubjectVault

Done = Executed[Erasure, Event]


@dataclass
class ErasureCommands:
    repository: Repository[Erasure, Event]
    accounts: Repository[Account, AccountEvent]
    vault: SubjectVault
    sessions: Sessions
    policy: PolicyBook
    clock: Clock

    async def of(self, account_id: str) -> Erasure | None:
        loaded = await self.repository.load(erasure_id(account_id))
        return loaded.state if loaded else None

    async def execute(
        self, account_id: str, command: Command, cause: Cause, receipt: Receipt[Erasure] | None = None
    ) -> Done:
        """Raises Refusal (or Obsolete) as the decider does."""
        loaded = await self.accounts.load(account_id)
        if loaded is None:
            raise Refusal("no-such-account", "There is no such account.")
        hold = bool(loaded.state.legal_holds)
        return await self.repository.execute(
            erasure_id(account_id),
            lambda erasure: decide(erasure, command, self.clock.now(), self.policy, legal_hold=hold),
            cause,
            receipt,
        )

    async def depart(self, account_id: str, change: ChangeDeparture, cause: Cause) -> None:
        """The account leaves, stays after all, or is erased; a repeat changes nothing."""
        await self.accounts.execute(
            account_id, lambda account: decide_departure(account, change, self.clock.now()), cause
        )

    async def complete(self, account_id: str, request: int, told: bool, cause: Cause) -> None:
        """Erases what identity holds. Killed half-way, it is called again: each step may be repeated. The key goes
        first: what is left of the rest after that says nothing of anybody."""
        erasure = await self.of(account_id)
        if erasure is None or erasure.request != request or erasure.status != "confirmed":
            return
        await self.vault.forget(account_id)
        await self.sessions.remove_all(account_id)
        await self.depart(account_id, "erased", cause)
        await self.execute(account_id, Complete(request=request, told=told), cause)
