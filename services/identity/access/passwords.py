"""Passwords: argon2id, computed beside the event loop."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's second choice: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AT_ONCE = 2
"""Each takes 19 MiB and a core for 50 ms."""


class Passwords:
    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def fits(self, password: str, hashed: str) -> bool:
        async with self._slots:
            return await asyncio.to_thread(_fits, password, hashed)

    async def waste_time(self, password: str) -> None:
        """An unknown login takes as long as a wrong password, so that neither can be told from the other."""
        await self.hash(password)


def _fits(password: str, hashed: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
