"""Sealed texts of one store: looked at page by page, removed where they are due."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence, Set
from dataclasses import dataclass

import structlog

from shared.kernel.failures import Transient
from shared.policies.retention import UNREFERENCED
from shared.retention.counting import REMOVED, Run
from shared.retention.deciding import Due, decide
from shared.retention.keeping_back import KeptBack
from shared.retention.ledger import Entry, Ledger
from shared.retention.standing import Judges, Standing, judge_of
from shared.vault import Kept, Look, VaultStore

PAGE = 200
UNDECIDED = "undecided"
"""In the place of a rule, for what could not be judged."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Texts:
    """name: tells this store from the service's others."""

    name: str
    store: VaultStore
    judges: Judges
    kept_back: KeptBack
    ledger: Ledger

    async def sweep(self, run: Run) -> None:
        """Every page leaves the schedule before the next is read, so it comes to an end, also after a crash."""
        before: Sequence[Kept] = ()
        while (page := await self.store.to_look_at(run.now, PAGE)) and page != before:
            before = page
            await run.still_ours()
            run.looked_at += len(page)
            looks, due = await self._decided(run, page)
            held = await self.kept_back.among({each.standing.account for each in due if each.standing.account})
            back = [each for each in due if each.standing.account in held]
            entries = [_entry(run, self.name, group, held[group[0].standing.account]) for group in _groups(back)]
            await self.ledger.kept_back(entries)
            run.kept_back.update(each.name for each in back)
            looks += [Look(each.kept.ref, run.tomorrow, each.kept.unused_since) for each in back]
            looks += await self._remove(run, [each for each in due if each.standing.account not in held])
            await self.store.look_again(looks)
        if page:
            log.error("retention.stands-still", service=run.service, store=self.name, texts=len(page))

    async def preview(self, run: Run) -> AsyncIterator[tuple[Due, str]]:
        """What a run would remove or keep back, each with the reason why it is kept back. Changes nothing."""
        async for page in _pages(self.store.each_to_look_at(run.now)):
            run.looked_at += len(page)
            _, due = await self._decided(run, page)
            held = await self.kept_back.among({each.standing.account for each in due if each.standing.account})
            for each in due:
                yield each, held.get(each.standing.account, "")

    async def there(self, things: Sequence[str]) -> int:
        return len(await self.store.there(things))

    async def _decided(self, run: Run, page: Sequence[Kept]) -> tuple[list[Look], list[Due]]:
        looks, due = [], []
        for kept, standing in zip(page, await self._judged(run, page), strict=True):
            decision = decide(run.rules, run.service, kept, standing, run.now) if standing else None
            if isinstance(decision, Due):
                due.append(decision)
            elif decision is not None:
                looks.append(decision)
            else:
                if standing is not None:
                    run.has_no_rule(kept.place)
                    log.warning("retention.no-rule", service=run.service, ref=kept.ref)
                looks.append(Look(kept.ref, run.tomorrow, kept.unused_since))
        return looks, due

    async def _judged(self, run: Run, page: Sequence[Kept]) -> list[Standing | None]:
        """In the order of the page; None for what could not be judged. A place that nobody judges is in use."""
        found: dict[str, Standing | None] = {}
        by_judge = defaultdict(list)
        for kept in page:
            by_judge[judge_of(self.judges, kept.place)].append(kept)
        for judge, many in by_judge.items():
            if judge is None:
                found.update({kept.ref: Standing() for kept in many})
                continue
            try:
                found.update(zip((kept.ref for kept in many), await judge(many), strict=True))
            except Transient:
                raise
            except Exception:
                found.update(await self._judged_alone(run, many))
        return [found[kept.ref] for kept in page]

    async def _judged_alone(self, run: Run, many: Sequence[Kept]) -> dict[str, Standing | None]:
        """One history that cannot be read must not keep the others."""
        found: dict[str, Standing | None] = {}
        for kept in many:
            judge = judge_of(self.judges, kept.place)
            try:
                [found[kept.ref]] = await judge([kept]) if judge else [Standing()]
            except Transient:
                raise
            except Exception:
                log.exception("retention.not-judged", service=run.service, ref=kept.ref)
                run.has_failed(UNDECIDED, 1)
                found[kept.ref] = None
        return found

    async def _remove(self, run: Run, due: Sequence[Due]) -> list[Look]:
        """Looks at what could not be removed."""
        if not due:
            return []
        entries = [_entry(run, self.name, group, "") for group in _groups(due)]
        await self.ledger.open(entries)
        try:
            left = await self._take_away(due)
        except Transient:
            raise
        except Exception:
            # The entries stay open, and are settled by what is still there.
            log.exception("retention.not-removed", service=run.service, run=run.id)
            for entry in entries:
                run.has_failed(entry.rule, len(entry.things))
            return [Look(each.kept.ref, run.tomorrow, each.kept.unused_since) for each in due]
        gone = [(entry, len(set(entry.things) - left)) for entry in entries]
        for entry, count in gone:
            REMOVED.labels(run.service, entry.rule).inc(count)
        await self.ledger.close((entry.id, count) for entry, count in gone)
        return []

    async def _take_away(self, due: Sequence[Due]) -> Set[str]:
        """What is still there after that."""
        unused = [each.kept for each in due if each.rule.counts_from == UNREFERENCED]
        if unused:
            await self.store.drop(unused)
        await self.store.remove([each.kept.ref for each in due if each.rule.counts_from != UNREFERENCED])
        return await self.store.there([each.kept.ref for each in due])


def _groups(due: Iterable[Due]) -> list[list[Due]]:
    """By rule and person."""
    groups: dict[tuple[str, str, str], list[Due]] = defaultdict(list)
    for each in due:
        groups[each.name, each.kept.subject, each.standing.account].append(each)
    return list(groups.values())


def _entry(run: Run, store: str, group: Sequence[Due], because: str) -> Entry:
    first = group[0]
    return Entry(
        run=run.id,
        rule=first.name,
        version=run.rules.version,
        place=first.rule.place or "",
        subject=first.kept.subject,
        account=first.standing.account,
        store=store,
        things=tuple(sorted(each.kept.ref for each in group)),
        about=tuple(sorted({each.standing.about for each in group if each.standing.about})),
        oldest=min(each.since for each in group),
        newest=max(each.since for each in group),
        at=run.now,
        because=because,
    )


async def _pages(each: AsyncIterator[Kept]) -> AsyncIterator[list[Kept]]:
    page: list[Kept] = []
    async for kept in each:
        page.append(kept)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page
