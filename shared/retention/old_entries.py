"""Documents of a collection that count from when they were written: found by time, removed as they are."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.mongo import Database, DeleteOne
from shared.policies.retention import Rule
from shared.retention.counting import REMOVED, Run
from shared.retention.keeping_back import KeptBack
from shared.retention.ledger import Entry, Ledger

PAGE = 500


@dataclass(frozen=True, slots=True)
class OldEntry:
    id: str
    account: str
    at: datetime


class OldEntries:
    """told: whether the removal of an entry is told to its person; a note about a removal is not noted again."""

    def __init__(
        self, database: Database, collection: str, kept_back: KeptBack, ledger: Ledger, *, told: bool = True
    ) -> None:
        self.name = collection
        self._told = told
        self._documents = database.collection(collection)
        self._kept_back = kept_back
        self._ledger = ledger

    async def sweep(self, run: Run) -> None:
        async for name, page, held in self._pages(run):
            back = [each for each in page if each.account in held]
            await self._ledger.kept_back(self._entries(run, name, back, held))
            run.kept_back[name] += len(back)
            due = [each for each in page if each.account not in held]
            entries = self._entries(run, name, due, {}) if self._told else []
            await self._ledger.open(entries)
            await self._documents.write([DeleteOne({"_id": each.id}) for each in due])
            await self._ledger.close([(entry.id, len(entry.things)) for entry in entries])
            REMOVED.labels(run.service, name).inc(len(due))
            if not self._told:
                run.removed[name] += len(due)

    async def preview(self, run: Run) -> AsyncIterator[tuple[str, OldEntry, str]]:
        """Rule, entry, and why it is kept back where it is. Changes nothing."""
        async for name, page, held in self._pages(run):
            for each in page:
                yield name, each, held.get(each.account, "")

    async def there(self, things: Sequence[str]) -> int:
        return len(await self._documents.find({"_id": {"$in": list(things)}}, fields=("_id",)))

    async def _pages(self, run: Run) -> AsyncIterator[tuple[str, list[OldEntry], Mapping[str, str]]]:
        """What is due, by rule; with those accounts that are kept back."""
        for name, rule in run.rules.of_collection(run.service, self.name).items():
            length, seen = rule.length, None
            if length is None or rule.enforced_by != "job":
                continue
            while page := await self._before(run.now - length.at_least, seen):
                await run.still_ours()
                seen = page[-1]
                run.looked_at += len(page)
                due = [each for each in page if _is_due(run, rule, each)]
                yield name, due, await self._kept_back.among({each.account for each in due if each.account})

    async def _before(self, instant: datetime, after: OldEntry | None) -> Sequence[OldEntry]:
        """Written before the instant, the oldest first, past one that was seen."""
        where: dict[str, Any] = {"at": {"$lt": instant}}
        if after is not None:
            where["at"]["$gte"] = after.at
            where["$or"] = [{"at": {"$gt": after.at}}, {"_id": {"$gt": after.id}}]
        found = await self._documents.find(where, fields=("account", "at"), sort=[("at", 1), ("_id", 1)], limit=PAGE)
        return [OldEntry(each["_id"], each.get("account", ""), each["at"]) for each in found]

    def _entries(self, run: Run, rule: str, found: Sequence[OldEntry], held: Mapping[str, str]) -> list[Entry]:
        """One for each account."""
        by_account = defaultdict(list)
        for each in found:
            by_account[each.account].append(each)
        return [
            Entry(
                run=run.id,
                rule=rule,
                version=run.rules.version,
                place=self.name,
                subject=account,
                account=account,
                store=self.name,
                things=tuple(sorted(each.id for each in many)),
                about=(),
                oldest=min(each.at for each in many),
                newest=max(each.at for each in many),
                at=run.now,
                because=held.get(account, ""),
            )
            for account, many in by_account.items()
        ]


def _is_due(run: Run, rule: Rule, entry: OldEntry) -> bool:
    due = run.rules.due(rule, entry.at)
    return due is not None and due <= run.now
