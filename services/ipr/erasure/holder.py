"""What ipr holds of a person."""

from collections.abc import Mapping

from services.ipr.rights.accounts import AccountReplica
from services.ipr.rights.commands import RightCommands
from services.ipr.rights.model import WithdrawRight
from services.ipr.rights.queries import RightQueries
from shared.eventstore import Cause
from shared.vault import SubjectVault

ERASURE = "erasure"
"""The reason of the withdrawal."""
_AT_ONCE = 100


class RightsHolder:
    """See `shared.erasure.Holder`. A right's name and number stay: they are in public registers."""

    def __init__(
        self, accounts: AccountReplica, commands: RightCommands, queries: RightQueries, vault: SubjectVault
    ) -> None:
        self._accounts = accounts
        self._commands = commands
        self._queries = queries
        self._vault = vault

    async def asked(self, account_id: str) -> None:
        await self._accounts.erasure_asked(account_id, True)

    async def obstacles(self, account_id: str) -> tuple[str, ...]:
        """None of its own: as long as a case needs a right, complaints answers."""
        return ()

    async def erase(self, account_id: str, request: int, cause: Cause) -> Mapping[str, int]:
        withdrawn = await self._withdraw_all(account_id, cause)
        return {"rights_withdrawn": withdrawn, "texts": await self._vault.forget(account_id)}

    async def withdrawn(self, account_id: str) -> None:
        await self._accounts.erasure_asked(account_id, False)

    async def _withdraw_all(self, account_id: str, cause: Cause) -> int:
        count, after = 0, ""
        while rights := await self._queries.of_account(account_id, after, _AT_ONCE):
            for right in rights:
                after = right.id
                if right.status != "withdrawn":
                    await self._commands.execute(right.id, WithdrawRight(reason=ERASURE), cause)
                    count += 1
        return count
