"""Two computations of the same, told apart by key. Pure."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from shared.contracts.envelope import Undecodable, decode

SHOWN = 200
"""Differences told one by one; all are counted."""

Content = Mapping[str, Any] | None
"""What a key says, as plain values; None: nothing."""


@dataclass(frozen=True)
class Difference:
    """A key of a topic (or of a table) that says one thing live and another rebuilt."""

    topic: str
    key: str
    live: Content
    rebuilt: Content

    @property
    def fields(self) -> tuple[str, ...]:
        """Which parts differ; empty where one of the two says nothing."""
        if self.live is None or self.rebuilt is None:
            return ()
        names = {*self.live, *self.rebuilt}
        return tuple(sorted(name for name in names if self.live.get(name) != self.rebuilt.get(name)))

    def __str__(self) -> str:
        place = f"{self.topic} {self.key}"
        if self.live is None:
            return f"{place}: not there live, rebuilt it is {_text(self.rebuilt)}"
        if self.rebuilt is None:
            return f"{place}: live it is {_text(self.live)}, rebuilt it is not there"
        said = (
            f"{name} is {_text(self.live.get(name))}, rebuilt {_text(self.rebuilt.get(name))}" for name in self.fields
        )
        return f"{place}: {'; '.join(said)}"


@dataclass(frozen=True)
class Comparison:
    """What a rebuild came to. live, rebuilt: keys compared on each side; differences: at most `SHOWN`; different: all
    of them; foreign_writes: topics outside the shadow that the rebuilt processor wanted to write to (it was not let);
    records: read from offset 0; unread: records of both sides' outputs that could not be read; moved: at most `SHOWN`
    keys that differed to the last, but otherwise each time; moving: all of them."""

    processor: str
    live: int = 0
    rebuilt: int = 0
    differences: tuple[Difference, ...] = ()
    different: int = 0
    foreign_writes: tuple[str, ...] = ()
    records: int = 0
    seconds: float = 0.0
    unread: int = 0
    moved: tuple[str, ...] = ()
    moving: int = 0

    @property
    def equal(self) -> bool:
        return not self.different and not self.foreign_writes and not self.moving

    @property
    def undecided(self) -> str:
        """What kept moving, as a sentence; empty where nothing did."""
        more = ", …" if self.moving > len(self.moved) else ""
        keys = f"{self.moving} keys still moved: {', '.join(self.moved)}{more}"
        return keys if self.moving else ""


Read = Callable[[str, bytes], tuple[str, int, Content]]
"""A record's key and value to: what is compared under which key, by which sequence, and what it says."""


@dataclass
class Latest:
    """The latest of each key of one topic, as a reader keeps it: the highest sequence, of two alike the later. Contents
    are kept as digests: there may be many keys. note: is told each that becomes the latest."""

    read: Read
    note: Callable[[str, Content], None] = lambda _, __: None
    digests: dict[str, bytes] = field(default_factory=dict)
    unread: int = 0
    _sequences: dict[str, int] = field(default_factory=dict)

    def take(self, key: bytes | None, value: bytes | None) -> None:
        try:
            name, sequence, content = self.read((key or b"").decode(errors="replace"), value or b"")
        except (Undecodable, KeyError, TypeError, ValueError):
            self.unread += 1
            return
        if sequence < self._sequences.get(name, 0):
            return
        self._sequences[name] = sequence
        self.note(name, content)
        if content is None:
            self.digests.pop(name, None)
        else:
            material = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
            self.digests[name] = hashlib.blake2b(material, digest_size=16).digest()


Pair = tuple[bytes | None, bytes | None]


def apart(live: Mapping[str, bytes], rebuilt: Mapping[str, bytes]) -> dict[str, Pair]:
    """The keys under which the two say different things, with both digests."""
    keys: Iterable[str] = live.keys() | rebuilt.keys()
    return {key: (live.get(key), rebuilt.get(key)) for key in keys if live.get(key) != rebuilt.get(key)}


def of_event(without: frozenset[str] = frozenset()) -> Read:
    """Events, by record key and subject; `without`: fields of their data that may differ."""

    def read(key: str, value: bytes) -> tuple[str, int, Content]:
        told = decode(value)
        data = {name: said for name, said in told.data.items() if name not in without}
        return (key if key == told.subject else f"{key} {told.subject}"), told.sequence, data

    return read


def of_deadline_row(key: str, value: bytes) -> tuple[str, int, Content]:
    """The deadlines that run for one subject, in the deadline processor's table; a subject without any is no row."""
    body = orjson.loads(value)
    running = {name: {"kind": kind, "due": due} for name, kind, due in body["due"]}
    return key, int(body["seq"]), running or None


def of_expiry(_: str, value: bytes) -> tuple[str, int, Content]:
    """An expiry, by what it is of: one that is sent again says the same."""
    data = decode(value).data
    return expiry_key(data["subject"], data["deadline_id"], data["due"]), 1, {"kind": data["kind"]}


def expiry_key(subject: str, deadline_id: str, due: str) -> str:
    """`due` as any ISO 8601 text of the instant."""
    return f"{subject} {deadline_id} due {datetime.fromisoformat(due).astimezone(UTC).isoformat()}"


@dataclass
class Overdue:
    """The expiries that a table of deadlines asks for at an instant. `until`: now less the grace."""

    until: datetime
    _by_subject: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def take(self, key: str, row: Content) -> None:
        """A row of the table, which replaces the one before."""
        subject = key.partition("|")[2]
        self._by_subject[key] = tuple(
            expiry_key(subject, deadline_id, said["due"])
            for deadline_id, said in (row or {}).items()
            if datetime.fromisoformat(said["due"]) < self.until
        )

    def keys(self) -> frozenset[str]:
        return frozenset(key for keys in self._by_subject.values() for key in keys)


def _text(content: Any) -> str:
    said = orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
    return said if len(said) <= 300 else said[:300] + "…"
