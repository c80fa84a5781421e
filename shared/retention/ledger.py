"""What was removed and why, and what was kept back: one entry for each page of work, rule and person. Never content.

An entry is written before the removal and closed after it. What a crash left open is settled by looking at what is
still there: so nothing is removed without an entry, and nothing is told that is still there.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.kernel.clock import wall_seconds
from shared.kernel.ids import derived_id
from shared.mongo import Database, DeleteOne, Document, IndexSpec, InsertOne

REMOVALS = "retention.removals"
RUNS = "retention.runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """subject: a data subject's id; account: whose legal holds were asked for; store: where the things are (a region's
    vault, or a collection); things: references or ids; oldest, newest: since when they counted; because: why they were
    kept back, empty for what was removed."""

    run: str
    rule: str
    version: str
    place: str
    subject: str
    account: str
    store: str
    things: tuple[str, ...]
    about: tuple[str, ...]
    oldest: datetime
    newest: datetime
    at: datetime
    because: str = ""

    @property
    def id(self) -> str:
        """The same for a repeat after a crash; of what is kept back, the same every day."""
        first = self.because or self.run
        return derived_id("rtn", first, self.rule, self.store, self.subject, *self.things)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a run did by one rule. oldest, newest: since when the removed counted."""

    rule: str
    version: str
    ground: str
    removed: int = 0
    kept_back: int = 0
    failed: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """looked_at: how many texts and entries were asked about; without_rule: places and how many texts there."""

    run: str
    service: str
    version: str
    started_at: datetime
    finished_at: datetime | None
    looked_at: int = 0
    without_rule: Mapping[str, int] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()


class Ledger:
    def __init__(self, database: Database) -> None:
        self._removals = database.collection(REMOVALS)
        self._runs = database.collection(RUNS)

    async def prepare(self) -> None:
        """Creates the indexes; called once when the service starts."""
        await self._removals.ensure_indexes(
            [
                IndexSpec("open", (("open", 1),), partial={"open": {"$exists": True}}),
                IndexSpec("of_run", (("run", 1),)),
                IndexSpec("of_subject", (("subject", 1), ("at", 1))),
                IndexSpec("by_time", (("at", 1),)),
            ]
        )
        unfinished = IndexSpec("unfinished", (("finished_at", 1),))
        await self._runs.ensure_indexes([unfinished])

    async def open(self, entries: Sequence[Entry]) -> None:
        await self._removals.write([InsertOne({**_document(each), "open": True}) for each in entries])

    async def close(self, gone: Iterable[tuple[str, int]]) -> None:
        """Entries by id, each with how many of its things are gone. One of which nothing is gone says nothing."""
        by_count: dict[int, list[str]] = defaultdict(list)
        for entry_id, count in gone:
            by_count[count].append(entry_id)
        await self._removals.write([DeleteOne({"_id": entry_id}) for entry_id in by_count.pop(0, ())])
        for count, ids in by_count.items():
            change = {"$set": {"count": count}, "$unset": {"open": ""}}
            await self._removals.update_many({"_id": {"$in": ids}}, change)

    async def left_open(self, holder: str) -> Sequence[tuple[str, Entry]]:
        """Of runs that no other process is at."""
        under_way = await self.under_way(holder)
        found = await self._removals.find({"open": True})
        return [(each["_id"], _entry(each)) for each in found if each["run"] not in under_way]

    async def under_way(self, holder: str = "") -> Set[str]:
        """Runs that a living process is at, but for this holder's."""
        others = {"finished_at": None, "holder": {"$ne": holder}, "held_until": {"$gte": wall_seconds()}}
        return {each["_id"] for each in await self._runs.find(others, fields=("_id",))}

    async def kept_back(self, entries: Sequence[Entry]) -> None:
        """Noted once, however long it is kept back."""
        await self._removals.write([InsertOne({**_document(each), "count": len(each.things)}) for each in entries])

    async def of_run(self, run: str) -> AsyncIterator[tuple[Entry, int]]:
        """Closed ones, with how many things each is about."""
        async for each in self._removals.each({"run": run}):
            if "open" not in each:
                yield _entry(each), each["count"]

    async def of_person(self, subject: str) -> Sequence[tuple[Entry, int]]:
        """What was removed of a data subject, or kept back; the oldest first."""
        found = await self._removals.find({"subject": subject}, sort=[("at", 1)])
        return [(_entry(each), each["count"]) for each in found if "open" not in each]

    async def begin(self, run: str, service: str, version: str, now: datetime, holder: str, until: float) -> bool:
        """Whether the run is this process's. until: in the machine's seconds, when another may take it over."""
        self_made = {"service": service, "version": version, "started_at": now, "finished_at": None}
        await self._runs.insert({"_id": run, **self_made, "holder": holder, "held_until": until})
        return await self.hold(run, holder, until)

    async def hold(self, run: str, holder: str, until: float) -> bool:
        """Goes on with it; False where another process has it."""
        free = {"_id": run, "$or": [{"holder": holder}, {"held_until": {"$lt": wall_seconds()}}]}
        return await self._runs.update(free, {"$set": {"holder": holder, "held_until": until}})

    async def finished(self, report: Report) -> None:
        said = {
            "version": report.version,
            "finished_at": report.finished_at,
            "looked_at": report.looked_at,
            "without_rule": [[place, count] for place, count in sorted(report.without_rule.items())],
            "lines": [{name: getattr(line, name) for name in Line.__slots__} for line in report.lines],
        }
        await self._runs.update({"_id": report.run}, {"$set": said})

    async def run(self, run: str) -> Report | None:
        found = await self._runs.find_one({"_id": run})
        return _report(found) if found else None

    async def latest(self, limit: int, *, finished: bool = False) -> Sequence[Report]:
        """The newest first; run ids begin with their day."""
        where = {"finished_at": {"$ne": None}} if finished else {}
        return [_report(each) for each in await self._runs.find(where, sort=[("_id", -1)], limit=limit)]


def _document(entry: Entry) -> Document:
    return {"_id": entry.id, **{name: _plain(getattr(entry, name)) for name in Entry.__slots__}}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _entry(document: Document) -> Entry:
    said = {name: document[name] for name in Entry.__slots__}
    return Entry(**{**said, "things": tuple(said["things"]), "about": tuple(said["about"])})


def _report(document: Document) -> Report:
    return Report(
        run=document["_id"],
        service=document["service"],
        version=document["version"],
        started_at=document["started_at"],
        finished_at=document["finished_at"],
        looked_at=document.get("looked_at", 0),
        without_rule=dict(document.get("without_rule", ())),
        lines=tuple(Line(**line) for line in document.get("lines", ())),
    )
