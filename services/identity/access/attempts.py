"""Failed attempts (passwords, e-mail codes): counted in documents of their own, in real time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from shared.kernel.clock import wall_seconds
from shared.kernel.decider import Refusal
from shared.mongo import Database, IndexSpec, UpdateOne

LIMIT = 5
WINDOW_S = 900
"""Ours: five wrong ones in fifteen minutes, then nothing more until they are over."""


class Attempts:
    def __init__(self, database: Database, seconds: Callable[[], float] = wall_seconds) -> None:
        self._documents = database.collection("attempts")
        self._seconds = seconds
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def prepare(self) -> None:
        await self._documents.ensure_indexes([IndexSpec("gone", (("gone_at", 1),), expire_after_seconds=0)])

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """One attempt after the other: a thousand at once would all be checked before the first failure is counted.
        Raises Refusal `too-many-attempts` once the limit was reached in the present window."""
        lock = self._turns.get(name)
        if lock is None:
            lock = self._turns[name] = asyncio.Lock()
        async with lock:
            await self._check(name)
            yield

    async def _check(self, name: str) -> None:
        found = await self._documents.find_one({"_id": self._key(name)})
        if found is not None and found["count"] >= LIMIT:
            mend = "Wait a quarter of an hour."
            raise Refusal("too-many-attempts", "There were too many failed attempts.", mend)

    async def failed(self, name: str) -> None:
        gone_at = datetime.fromtimestamp(self._seconds(), UTC) + timedelta(seconds=2 * WINDOW_S)
        change = {"$inc": {"count": 1}, "$set": {"gone_at": gone_at}}
        await self._documents.write([UpdateOne({"_id": self._key(name)}, change, upsert=True)])

    def _key(self, name: str) -> str:
        """One document a window, so that no window needs to be closed."""
        return f"{name}/{int(self._seconds() // WINDOW_S)}"
