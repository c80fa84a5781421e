"""Works off files in the background, a batch of each account in turn, so that no file starves another."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from services.complaints.bulk.commands import BulkCommands
from services.complaints.bulk.filing import BatchFiling, Filed, StillUnknown
from services.complaints.bulk.model import BulkImport
from services.complaints.bulk.store import BulkQueries, Outcome, Outcomes
from shared.eventstore import Cause
from shared.kernel.clock import wall_seconds
from shared.kernel.decider import Obsolete
from shared.kernel.failures import Gone, Transient

_LOOK_EVERY_S = 1.0
_ACCOUNTS_AT_ONCE = 4
_SEEN_AT_ONCE = 200
PATIENCE_S = 30.0
"""How long a right that is not known here is waited for [ours]: an event that is under way takes seconds."""

log = structlog.get_logger(__name__)


@dataclass
class BulkWorker:
    """Any number may run: what two of them do with the same batch is the same, and told once."""

    commands: BulkCommands
    queries: BulkQueries
    outcomes: Outcomes
    filing: BatchFiling
    patience_s: float = PATIENCE_S
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _waits_since: dict[str, float] = field(default_factory=dict)

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if not await self._turn():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _LOOK_EVERY_S)
                self._wake.clear()

    async def backlog(self) -> Mapping[str, int]:
        return {"bulk-imports-open": await self.queries.count_open()}

    async def _turn(self) -> bool:
        """One batch of the oldest file of each of some accounts; whether anything was done."""
        try:
            oldest: dict[str, BulkImport] = {}
            for each in await self.queries.open(_SEEN_AT_ONCE):
                oldest.setdefault(each.account_id, each)
        except Transient as problem:
            log.warning("bulk.not-looked", cause=str(problem))
            return False
        some = list(oldest.values())
        done = False
        for start in range(0, len(some), _ACCOUNTS_AT_ONCE):
            results = await asyncio.gather(*map(self._step, some[start : start + _ACCOUNTS_AT_ONCE]))
            done = done or any(results)
        return done

    async def _step(self, found: BulkImport) -> bool:
        """The next batch of a file, or its end. What goes wrong with one file stays with it."""
        try:
            return await self._next(found)
        except Transient as problem:
            log.info("bulk.batch-postponed", bulk_import=found.id, cause=str(problem))
        except Exception:
            log.exception("bulk.batch-failed", bulk_import=found.id)
        return False

    async def _next(self, found: BulkImport) -> bool:
        done = await self.outcomes.done(found.id)
        numbers = {each["batch"] for each in done}
        number = next((each for each in range(len(found.batches)) if each not in numbers), None)
        if number is None:
            await self._end(found, sum(each["cases"] for each in done), sum(each["refused"] for each in done))
            return True
        filed: Counter[str] = Counter()
        for each in done:
            filed.update(dict(each["by_right"]))
        result = await self._filed(found, number, filed)
        await self.outcomes.add(found.id, number, result.outcomes, result.by_right)
        self._waits_since.pop(found.id, None)
        return True

    async def _filed(self, found: BulkImport, number: int, filed: Mapping[str, int]) -> Filed:
        try:
            rows = await self.commands.rows_of(found, number)
        except Gone:  # its person had everything erased meanwhile
            batch = found.batches[number]
            lines = range(batch.first_line, batch.first_line + batch.rows)
            return Filed([Outcome(line=line, problems=(("removed", ""),)) for line in lines], {})
        since = self._waits_since.setdefault(found.id, wall_seconds())
        patient = wall_seconds() - since < self.patience_s
        try:
            return await self.filing.file(f"{found.id}/{number}", found.account_id, rows, filed, patient=patient)
        except StillUnknown:
            await asyncio.sleep(_LOOK_EVERY_S)
            raise

    async def _end(self, found: BulkImport, cases: int, refused: int) -> None:
        """Rows go first: an end that is told leaves none behind."""
        await self.commands.forget_rows(found)
        try:
            await self.commands.finish(found.id, cases, refused, Cause("bulk-worker", found.id))
        except Obsolete:
            log.debug("bulk.finished-elsewhere", bulk_import=found.id)
