"""Files that nothing is known to refer to: each is settled when its period is over."""

import asyncio
from collections.abc import Mapping

import structlog

from services.complaints.evidence.commands import EvidenceFiles, FilesOf
from services.complaints.evidence.model import UseKind
from services.complaints.evidence.store import LooseFiles
from shared.kernel.clock import Clock
from shared.kernel.decider import Obsolete
from shared.kernel.failures import Transient
from shared.retention import KeptBack

SWEEP_EVERY_SECONDS = 5.0
_AT_ONCE = 100

log = structlog.get_logger(__name__)


class Sweeper:
    def __init__(
        self,
        loose: LooseFiles,
        files: EvidenceFiles,
        files_of: Mapping[UseKind, FilesOf],
        clock: Clock,
        kept_back: KeptBack,
    ) -> None:
        self._loose = loose
        self._files = files
        self._files_of = files_of
        self._clock = clock
        self._kept_back = kept_back

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.sweep()
            except Transient as problem:
                log.warning("evidence.sweep-failed", cause=str(problem))
            await asyncio.sleep(SWEEP_EVERY_SECONDS)

    async def sweep(self) -> None:
        """All whose time is over now. What cannot be settled is logged, and the others are settled all the same; what a
        legal hold keeps stays until that ends."""
        before, seen = self._clock.now() - self._files.unused_period(), ""
        while True:
            found = await self._loose.some(before, seen, _AT_ONCE)
            held = await self._kept_back.among({each.party for each in found})
            for each in found:
                if each.party not in held:
                    await self._settle(each.id)
            if len(found) < _AT_ONCE:
                return
            seen = found[-1].id

    async def _settle(self, file_id: str) -> None:
        try:
            await self._files.settle(file_id, self._files_of)
        except Obsolete:
            log.debug("evidence.settled-elsewhere", file=file_id)  # used meanwhile, or by another process
        except Transient:
            raise
        except Exception:
            log.exception("evidence.not-settled", file=file_id)
