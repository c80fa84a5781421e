"""The audit of a live platform: every history in every store, against the stores' heads and the topics.

The topics are read first, the documents after them, each document before its segments: so what is committed, published
or moved to a segment meanwhile can only add to what is compared. Whatever still looks wrong is read again by itself, a
few times; only what stays wrong is a finding. What documents published and the topics did not show is looked for on
what has come to the topics since.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiokafka import TopicPartition

from deploy.audit.anchors import AnchorBook, Range, collect
from deploy.audit.histories import Anchor, Finding, Judge
from deploy.audit.kinds import KINDS, Kind, anchoring
from deploy.audit.published import claims, missing
from shared.mongo import Database, connect

IDS_AT_ONCE = 500
"""Anchored aggregates whose anchors are in memory at a time."""
DOCUMENTS_AT_ONCE = 100
"""A document has up to 256 KiB."""
FINDINGS_KEPT = 1000
_LOOKS = 3
_PAUSE_SECONDS = 0.5
_FIELDS = ("version", "chainhash", "state", "history", "sequences", "outbox.topic")

Document = dict[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Stores:
    """Where the services' databases are. mainland: the China region's store, empty where it has none of its own."""

    url: str
    prefix: str = "ipp"
    mainland: str = ""


@dataclass
class Audit:
    """What was looked at and what is wrong. `more`: findings beyond those that are kept; unread: records on the topics
    that are none of ours."""

    aggregates: int = 0
    events: int = 0
    anchors: int = 0
    unread: int = 0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    @property
    def whole(self) -> bool:
        return not self.findings

    def add(self, finding: Finding) -> None:
        if len(self.findings) < FINDINGS_KEPT:
            self.findings.append(finding)
        else:
            self.more += 1


async def verify(
    bootstrap: str,
    stores: Stores,
    kinds: Sequence[Kind] = KINDS,
    only: str = "",
    told: Tell = lambda _: None,
) -> Audit:
    """Every aggregate of these kinds, or the one with the id `only`. Raises what keeps broker or store from being
    read."""
    begun, audit = time.monotonic(), Audit()
    with AnchorBook() as book, ExitStack() as open_databases:
        told("reading the topics")
        topics = anchoring(tuple(kinds))
        positions: dict[TopicPartition, int] = {}
        read = partial(collect, book, bootstrap, topics, positions, only)
        await read(lambda count: told(f"reading the topics: {count} records"))
        audit.anchors, audit.unread = book.count, book.unread
        for kind in kinds:
            reader = _Reader(kind, _databases(stores, kind.service, open_databases))
            await _Look(reader, book, audit, only, told, frozenset(topics)).run()
        told("reading what came to the topics since")
        await read()
        for finding in missing(book, kinds, one_by_one=bool(only)):
            audit.add(finding)
        for finding in _of_no_kind(book, kinds):
            audit.add(finding)
    audit.seconds = time.monotonic() - begun
    return audit


def _databases(stores: Stores, service: str, opened: ExitStack) -> list[Database]:
    found = [connect(stores.url, f"{stores.prefix}_{service}")]
    if stores.mainland:
        found.append(connect(stores.mainland, f"{stores.prefix}_{service}_cn"))
    for database in found:
        opened.callback(database.close)
    return found


def _of_no_kind(book: AnchorBook, kinds: Iterable[Kind]) -> Iterable[Finding]:
    known = {kind.name for kind in kinds}
    for name in book.kinds():
        if name not in known:
            for aggregate_id, anchors in book.within(name, Range(None, None)).items():
                first = anchors[0]
                yield Finding(
                    "", name, aggregate_id, first.number, "no aggregate of this kind is told on this topic", first
                )


class _Reader:
    """The documents of one kind, in each store that may have them."""

    def __init__(self, kind: Kind, databases: Sequence[Database]) -> None:
        self.kind = kind
        name = kind.aggregate.collection
        self._documents = [database.collection(name) for database in databases]
        self._segments = [database.collection(f"{name}.segments") for database in databases]

    async def batches(self, where: Mapping[str, Any]) -> AsyncIterator[list[Document]]:
        batch: list[Document] = []
        for collection in self._documents:
            async for document in collection.each(where, fields=_FIELDS):
                batch.append(document)
                if len(batch) == DOCUMENTS_AT_ONCE:
                    yield batch
                    batch = []
        if batch:
            yield batch

    async def one(self, aggregate_id: str) -> Document | None:
        for collection in self._documents:
            if document := await collection.find_one({"_id": aggregate_id}, fields=_FIELDS):
                return document
        return None

    async def segments(self, ids: Sequence[str]) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {}
        for collection in self._segments if ids else ():
            for segment in await collection.find({"aggregate": {"$in": list(ids)}}):
                found.setdefault(segment["aggregate"], []).append(segment)
        return found


@dataclass
class _Look:
    """One kind, range by range."""

    reader: _Reader
    book: AnchorBook
    audit: Audit
    only: str
    told: Tell
    topics: frozenset[str]

    def __post_init__(self) -> None:
        self._judge = Judge(self.reader.kind.service, self.reader.kind.aggregate)

    async def run(self) -> None:
        kind = self.reader.kind
        for ids in self.book.ranges(kind.name, IDS_AT_ONCE):
            anchors = self.book.within(kind.name, ids)
            doubtful: dict[str, list[Anchor]] = {}
            where = {"_id": self.only} if self.only else ids.where()
            async for batch in self.reader.batches(where):
                doubtful |= await self._doubtful(batch, anchors)
                self.audit.aggregates += len(batch)
                self.told(f"{kind.service}: {self.audit.aggregates} aggregates")
            # Anchors that are left are of documents that are not there.
            await self._again(doubtful | anchors)

    async def _doubtful(
        self, batch: Sequence[Document], anchors: dict[str, list[Anchor]]
    ) -> Mapping[str, list[Anchor]]:
        """Those that do not look whole, with their anchors, which are taken out of `anchors` for all."""
        segments = await self.reader.segments([each["_id"] for each in batch if _begins_later(each)])
        found = {}
        for document in batch:
            aggregate_id = document["_id"]
            said = anchors.pop(aggregate_id, [])
            if self._judge.judge(aggregate_id, document, segments.get(aggregate_id, []), said):
                found[aggregate_id] = said
            else:
                self._claim(document, said)
            version = document.get("version")
            self.audit.events += version if isinstance(version, int) else 0
        return found

    async def _again(self, doubtful: Mapping[str, list[Anchor]]) -> None:
        """Looks at each by itself: a write may have been under way. Where very much is wrong, once is enough."""
        found: dict[str, Finding] = {}
        for _ in range(_LOOKS if len(self.audit.findings) < FINDINGS_KEPT else 1):
            if not doubtful:
                return
            await asyncio.sleep(_PAUSE_SECONDS if len(self.audit.findings) < FINDINGS_KEPT else 0)
            found = {}
            for aggregate_id, anchors in doubtful.items():
                document = await self.reader.one(aggregate_id)
                segments = (await self.reader.segments([aggregate_id])).get(aggregate_id, [])
                if finding := self._judge.judge(aggregate_id, document, segments, anchors):
                    found[aggregate_id] = finding
                elif document:
                    self._claim(document, anchors)
            doubtful = {aggregate_id: doubtful[aggregate_id] for aggregate_id in found}
        for finding in found.values():
            self.audit.add(finding)

    def _claim(self, document: Document, anchors: Sequence[Anchor]) -> None:
        for claim in claims(self.reader.kind.name, document, anchors, self.topics):
            self.book.claim(claim)


def _begins_later(document: Document) -> bool:
    """Whether older events are, or should be, in segments."""
    history = document.get("history")
    return not history or not isinstance(history[0], dict) or history[0].get("n") != 1
