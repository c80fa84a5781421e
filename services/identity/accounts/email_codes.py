"""The code that proves the login e-mail: six digits in the vault, never in an event; it lives in real time."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import orjson

from services.identity import places
from services.identity.accounts.model import Account
from shared.kernel.clock import wall_seconds
from shared.vault import Removed, SubjectVault

VALID_FOR_S = 24 * 3600
"""Ours; mail may be slow."""


@dataclass(frozen=True)
class EmailCode:
    """`expires_at`: the machine's seconds since 1970."""

    code: str
    expires_at: float


class EmailCodes:
    def __init__(self, vault: SubjectVault, seconds: Callable[[], float] = wall_seconds) -> None:
        self._vault = vault
        self._seconds = seconds

    async def make(self, account_id: str, once: str) -> str:
        """The reference of a fresh code; a repeat of the same attempt keeps the first one."""
        body = {"code": f"{secrets.randbelow(1_000_000):06d}", "expires_at": self._seconds() + VALID_FOR_S}
        return await self._vault.seal(account_id, places.EMAIL_CODE, orjson.dumps(body), once)

    async def read(self, account: Account) -> EmailCode:
        body = orjson.loads(await self._vault.open(account.id, account.code_ref, places.EMAIL_CODE))
        return EmailCode(body["code"], body["expires_at"])

    async def compare(self, account: Account, typed: str) -> Literal["right", "wrong", "expired"]:
        try:
            code = await self.read(account)
        except Removed:
            return "expired"
        if not hmac.compare_digest(code.code.encode(), typed.encode()):
            return "wrong"
        return "right" if self._seconds() < code.expires_at else "expired"
