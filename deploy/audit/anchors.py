"""What the topics say of all histories, kept on disk while an audit runs: there may be more than fits in memory."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from aiokafka import TopicPartition

from deploy.audit.histories import Anchor, anchor_of
from deploy.simulator.ledger import read_to_end
from shared.contracts.envelope import Undecodable

_BATCH = 5000
_TABLE = """
    CREATE TABLE anchors (
        kind TEXT, aggregate TEXT, number INTEGER, chainhash TEXT, topic TEXT, part INTEGER, place INTEGER,
        sequence INTEGER
    )
"""
_CLAIMS = "CREATE TABLE claims (kind TEXT, aggregate TEXT, topic TEXT, last INTEGER)"
_NEXT = "SELECT DISTINCT aggregate FROM anchors WHERE kind = ? AND aggregate >= ? ORDER BY aggregate LIMIT 1 OFFSET ?"
_ROW = "SELECT kind, aggregate, number, chainhash, topic, part, place, sequence FROM anchors WHERE kind = ?"


@dataclass(frozen=True)
class Claim:
    """A document says that its records up to the sequence `last` are on the topic, and not all were seen there."""

    kind: str
    aggregate: str
    topic: str
    last: int


@dataclass(frozen=True)
class Range:
    """Ids from `first` up to, not including, `end`; None: open."""

    first: str | None
    end: str | None

    def where(self) -> dict[str, object]:
        """As the store is asked."""
        bounds = {"$gte": self.first, "$lt": self.end}
        named = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"_id": named} if named else {}


class AnchorBook:
    """A file of its own, gone at the end of the block. Read only after `index`."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="audit-")
        self._file = sqlite3.connect(Path(self._folder.name) / "anchors")
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(_TABLE)
        self._file.execute(_CLAIMS)
        self._waiting: list[Anchor] = []
        self.count = 0
        self.unread = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._folder.cleanup()

    def add(self, anchor: Anchor) -> None:
        self.count += 1
        self._waiting.append(anchor)
        if len(self._waiting) >= _BATCH:
            self._write()

    def index(self) -> None:
        """All is there, for now."""
        self._write()
        self._file.execute("CREATE INDEX IF NOT EXISTS by_aggregate ON anchors (kind, aggregate)")

    def kinds(self) -> list[str]:
        return [kind for (kind,) in self._file.execute("SELECT DISTINCT kind FROM anchors ORDER BY kind")]

    def ranges(self, kind: str, ids: int) -> Iterator[Range]:
        """Cuts all ids that there can be into ranges, with so many anchored ones in each."""
        first: str | None = None
        while True:
            query = (
                "SELECT DISTINCT aggregate FROM anchors WHERE kind = ? AND aggregate >= ? ORDER BY 1 LIMIT 1 OFFSET ?"
            )
            row = self._file.execute(query, (kind, first or "", ids)).fetchone()
            yield Range(first, row[0] if row else None)
            if row is None:
                return
            first = row[0]

    def within(self, kind: str, ids: Range) -> dict[str, list[Anchor]]:
        """The anchors of a range, by aggregate."""
        query, values = _ROW, [kind]
        for sign, bound in ((">=", ids.first), ("<", ids.end)):
            if bound is not None:
                query, values = f"{query} AND aggregate {sign} ?", [*values, bound]
        found: dict[str, list[Anchor]] = {}
        for row in self._file.execute(f"{query} ORDER BY aggregate, number", values):
            found.setdefault(row[1], []).append(Anchor(*row))
        return found

    def of(self, kind: str, aggregate: str) -> list[Anchor]:
        query = f"{_ROW} AND aggregate = ?"
        return [Anchor(*row) for row in self._file.execute(query, (kind, aggregate))]

    def tells(self, kind: str, topic: str) -> bool:
        """Whether anything of this kind is on the topic."""
        query = "SELECT 1 FROM anchors WHERE kind = ? AND topic = ? LIMIT 1"
        return self._file.execute(query, (kind, topic)).fetchone() is not None

    def claim(self, claim: Claim) -> None:
        row = (claim.kind, claim.aggregate, claim.topic, claim.last)
        self._file.execute("INSERT INTO claims VALUES (?, ?, ?, ?)", row)

    def claims(self) -> Iterator[Claim]:
        for row in self._file.execute("SELECT kind, aggregate, topic, last FROM claims"):
            yield Claim(*row)

    def _write(self) -> None:
        rows = [
            (
                each.kind,
                each.aggregate,
                each.number,
                each.chainhash,
                each.topic,
                each.partition,
                each.offset,
                each.sequence,
            )
            for each in self._waiting
        ]
        self._file.executemany("INSERT INTO anchors VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._waiting.clear()


async def collect(
    book: AnchorBook,
    bootstrap: str,
    topics: Sequence[str],
    positions: dict[TopicPartition, int],
    only: str = "",
    told: Callable[[int], None] = lambda _: None,
) -> None:
    """Everything that is on the topics now, from `positions`, which is moved on; `only`: of this aggregate. What cannot
    be read anchors nothing and is counted: a dead letter of somebody is no finding about a history."""
    read = 0
    async for topic, record in read_to_end(bootstrap, topics, positions):
        read += 1
        if read % _BATCH == 0:
            told(read)
        try:
            anchor = anchor_of(topic, record.partition, record.offset, record.value)
        except Undecodable:
            book.unread += 1
            continue
        if anchor is not None and only in ("", anchor.aggregate):
            book.add(anchor)
    book.index()
