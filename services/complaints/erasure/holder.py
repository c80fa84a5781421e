"""What complaints holds of a person, and what stands in the way of erasing it."""

from collections.abc import Mapping

from services.complaints.intake.replicas import AccountReplica
from services.complaints.records.queries import CaseQueries
from shared.eventstore import Cause
from shared.vault import SubjectVault

OPEN_CASES = "open-cases"


class ComplaintsHolder:
    """See `shared.erasure.Holder`. Cases stay, with references that lead nowhere: decisions can still be explained and
    histories verified. The merchant's own texts are the merchant's."""

    def __init__(self, accounts: AccountReplica, cases: CaseQueries, vault: SubjectVault) -> None:
        self._accounts = accounts
        self._cases = cases
        self._vault = vault

    async def asked(self, account_id: str) -> None:
        await self._accounts.erasure_asked(account_id, True)

    async def obstacles(self, account_id: str) -> tuple[str, ...]:
        """The other side has a right to its answer, and the person to theirs (DOMAIN, Accounts 9, ours)."""
        return (OPEN_CASES,) if await self._cases.any_open(account_id) else ()

    async def erase(self, account_id: str, request: int, cause: Cause) -> Mapping[str, int]:
        return {"texts": await self._vault.forget(account_id)}

    async def withdrawn(self, account_id: str) -> None:
        await self._accounts.erasure_asked(account_id, False)
