"""The daily run: once a business day of the rules' zone it removes what is due, and reports what and why."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog

from shared.kernel.clock import Clock, wall_seconds
from shared.kernel.failures import Transient
from shared.mongo import Database
from shared.policies.retention import RetentionBook
from shared.retention.counting import Run
from shared.retention.keeping_back import KeptBack
from shared.retention.ledger import REMOVALS, Ledger, Report
from shared.retention.old_entries import OldEntries
from shared.retention.standing import Judges
from shared.retention.texts import Texts
from shared.vault import VaultStore

LOOK_EVERY_S = 1.0
"""Between two looks at the clock: nothing is asked of the store while a day lasts."""

RETRY_FIRST_S, RETRY_LIMIT_S = 2.0, 60.0
LEASE_S = 120.0
"""A run of a process that says nothing for so long may be taken over."""

log = structlog.get_logger()


class TakenOver(Transient):
    """Another process has the run; it goes on with it."""


@dataclass
class RetentionJob:
    """holder: tells this process from the others of the service, the same after a restart."""

    service: str
    book: RetentionBook
    clock: Clock
    ledger: Ledger
    texts: Sequence[Texts]
    entries: Sequence[OldEntries] = ()
    holder: str = "1"
    _done: date | None = field(default=None, init=False)

    async def run(self) -> None:
        """Until cancelled."""
        wait = LOOK_EVERY_S
        while True:
            try:
                await self.once_a_day()
                wait = LOOK_EVERY_S
            except Transient as problem:
                wait = min(max(2 * wait, RETRY_FIRST_S), RETRY_LIMIT_S)
                log.warning("retention.put-off", service=self.service, cause=str(problem))
            await asyncio.sleep(wait)

    async def once_a_day(self) -> Report | None:
        """None where the day's run is done, or another process has it."""
        now = self.clock.now()
        day = self.book.at(now).day(now)
        if day == self._done:
            return None
        known = await self.ledger.run(day.isoformat())
        if known is not None and known.finished_at is not None:
            self._done = day
            return None
        report = await self.perform(day.isoformat())
        if report is not None:
            self._done = day
        return report

    async def perform(self, run_id: str) -> Report | None:
        """One run, begun anew where it was left. None where another process has it. Raises Transient where the store or
        identity cannot be asked: what was not done stays due."""
        now = self.clock.now()
        run = Run(run_id, self.service, self.book.at(now), now, self._still_ours(run_id))
        if not await self.ledger.begin(
            run_id, self.service, run.rules.version, now, self.holder, wall_seconds() + LEASE_S
        ):
            return None
        await self._settle()
        await self._look_anew(run)
        for part in self._parts:
            await part.sweep(run)
        lines = run.lines([each async for each in self.ledger.of_run(run_id)])
        report = Report(
            run=run_id,
            service=self.service,
            version=run.rules.version,
            started_at=now,
            finished_at=self.clock.now(),
            looked_at=run.looked_at,
            without_rule=run.without_rule,
            lines=lines,
        )
        await self.ledger.finished(report)
        counts = {"removed": sum(e.removed for e in lines), "kept_back": sum(e.kept_back for e in lines)}
        log.info("retention.done", service=self.service, run=run_id, looked_at=run.looked_at, **counts)
        return report

    async def preview(self, at: datetime) -> "Preview":
        """What a run at this instant would do. Changes nothing."""
        run = Run("preview", self.service, self.book.at(at), at)
        preview = Preview(run)
        for texts in self.texts:
            async for due, because in texts.preview(run):
                preview.add(due.name, due.kept.subject, because)
        for entries in self.entries:
            async for name, entry, because in entries.preview(run):
                preview.add(name, entry.account, because)
        return preview

    @property
    def _parts(self) -> tuple[Texts | OldEntries, ...]:
        return (*self.texts, *self.entries)

    def _still_ours(self, run_id: str) -> Callable[[], Awaitable[None]]:
        async def hold() -> None:
            if not await self.ledger.hold(run_id, self.holder, wall_seconds() + LEASE_S):
                raise TakenOver(run_id)

        return hold

    async def _settle(self) -> None:
        """What a crash left open: gone is gone, and what is still there is judged again."""
        by_name = {part.name: part for part in self._parts}
        settled = []
        for entry_id, entry in await self.ledger.left_open(self.holder):
            part = by_name.get(entry.store)
            if part is not None:
                settled.append((entry_id, len(entry.things) - await part.there(entry.things)))
        await self.ledger.close(settled)

    async def _look_anew(self, run: Run) -> None:
        """Under another version of the rules what waits for a later look may be due at once."""
        latest = await self.ledger.latest(1, finished=True)
        if latest and latest[0].version != run.rules.version:
            for texts in self.texts:
                await texts.store.look_anew(run.now)


@dataclass
class Preview:
    """removed, kept_back: by rule and person, how much."""

    run: Run
    removed: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept_back: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, rule: str, subject: str, because: str) -> None:
        if because:
            self.kept_back[rule, subject, because] += 1
        else:
            self.removed[rule, subject] += 1


def retention_job(
    service: str,
    database: Database,
    stores: Mapping[str, VaultStore],
    judges: Judges,
    book: RetentionBook,
    clock: Clock,
    kept_back: KeptBack,
    *,
    holder: str = "1",
) -> RetentionJob:
    """Of a service: its vault's stores by region, its log of disclosures, and the notes about removals themselves."""
    ledger = Ledger(database)
    return RetentionJob(
        service=service,
        book=book,
        clock=clock,
        ledger=ledger,
        texts=[Texts(region, store, judges, kept_back, ledger) for region, store in stores.items()],
        entries=[
            OldEntries(database, "disclosures", kept_back, ledger),
            OldEntries(database, REMOVALS, kept_back, ledger, told=False),
        ],
        holder=holder,
    )
