"""Which submissions may lack cases: marked with their first write, until their cases are there."""

import asyncio
from collections.abc import Sequence

import structlog

from services.complaints.intake.store import SUBMISSIONS
from shared.eventstore.group_commit import Coalescer
from shared.kernel.failures import Transient
from shared.mongo import Database

_MARK = "ix.unfinished"
_GATHER_SECONDS = 0.05
"""Nobody waits for a mark to go, so that many may go in one call."""

log = structlog.get_logger()


class Unfinished:
    """The mark is no event: taking it off touches no version, and one that stays costs the sweeper a look.

    most: how many are named at once.
    """

    def __init__(self, database: Database, most: int = 100) -> None:
        self.most = most
        self._documents = database.collection(SUBMISSIONS.collection)
        self._finished: Coalescer[str, None] = Coalescer(self._take_off)

    def finished(self, number: str) -> None:
        """All its cases are there. Nobody waits for the mark to go."""
        self._finished.begin(number).add_done_callback(_told)

    async def some(self, after: str = "") -> Sequence[str]:
        """The first by number of those after this one."""
        where = {_MARK: True, "_id": {"$gt": after}} if after else {_MARK: True}
        found = await self._documents.find(where, fields=("_id",), sort=[("_id", 1)], limit=self.most)
        return [each["_id"] for each in found]

    async def count(self) -> int:
        return await self._documents.count({_MARK: True})

    async def _take_off(self, numbers: Sequence[str]) -> Sequence[None]:
        await asyncio.sleep(_GATHER_SECONDS)
        await self._documents.update_many({"_id": {"$in": list(numbers)}}, {"$unset": {_MARK: ""}})
        return [None] * len(numbers)


def _told(done: asyncio.Future[None]) -> None:
    problem = None if done.cancelled() else done.exception()
    if isinstance(problem, Transient):
        log.warning("intake.mark-stays", cause=str(problem))
    elif problem is not None:
        log.error("intake.mark-stays", exc_info=problem)
