"""All that the checker knows: what clients were promised, the topics as anybody reads them, and the stores.

Records and documents stay bytes and are read when asked, so that 10,000 cases fit into a bounded memory.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson

from shared.contracts.envelope import Envelope, Undecodable, decode, header
from tests.chaos.checker.ledger import Promise

DEAD_LETTERS = ".dlq.v1"


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as it stands on its topic. `id`, `type`, `subject` and `sequence` (0: none) are its envelope's."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None
    id: str
    type: str
    subject: str
    sequence: int

    @classmethod
    def of(
        cls,
        topic: str,
        partition: int,
        offset: int,
        key: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        value: bytes | None,
    ) -> "Seen":
        told = _envelope(value)
        said = (told.id, told.type, told.subject, told.sequence) if told else ("", "", "", 0)
        lane = (key or b"").decode(errors="replace")
        return cls(topic, partition, offset, lane, tuple(headers), value, *said)

    @property
    def envelope(self) -> Envelope | None:
        """None where it cannot be read."""
        return _envelope(self.value)

    @property
    def told(self) -> Envelope:
        """The envelope of a record that can be read."""
        return decode(self.value)

    @property
    def data(self) -> Mapping[str, Any]:
        return self.told.data

    @property
    def name(self) -> str:
        """The event's short name: `complaint-filed`."""
        return self.type.rpartition(".")[2]

    @property
    def at(self) -> datetime:
        """Business time."""
        return self.told.time

    @property
    def where(self) -> str:
        return f"{self.topic} {self.partition}@{self.offset}"

    def header(self, name: str) -> str:
        return header(self.headers, name) or ""

    def __str__(self) -> str:
        return f"{self.name or 'an unreadable record'} number {self.sequence} ({self.where})"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as JSON; `content` is read anew at each `body`."""

    id: str
    content: bytes

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Stored":
        return cls(str(body["_id"]), orjson.dumps(dict(body), default=_plain))

    @property
    def body(self) -> dict[str, Any]:
        read: dict[str, Any] = orjson.loads(self.content)
        return read


@dataclass(frozen=True, slots=True)
class ParkedRecord:
    """A record that waits in a service's inbox; `reason` as the reactions name it."""

    group: str
    topic: str
    partition: int
    offset: int
    key: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    message_id: str
    to: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """A marketplace as it is: the listings that are down, and each command in the order in which it first saw it,
    as (listing, sequence). `failed`: ids of commands that it said it could not carry out."""

    platform: str
    down: frozenset[str]
    commands: tuple[tuple[str, int], ...] = ()
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A processor rebuilt from offset 0 into new groups and empty stores, beside the live one.

    keys: how many were compared; differing: keys with another value, or only on one side, each with what differs;
    wanted: writes outside its own shadow topics and tables that it tried; elsewhere: what came of it there (mails,
    commands, writes), those included.
    """

    processor: str
    keys: int
    differing: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()


Documents = Mapping[str, Mapping[str, Stored]]
"""`service.collection` → id → document; segments are collections of their own (`complaints.cases.segments`)."""

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True)
class Evidence:
    """at: business time when it was read; busy: what was still going on then, empty where all was quiet.

    positions: group → `topic|subject` → last applied sequence (of the inbox); commits: group → place → next offset.
    looked_at: the topics that were read, also those without a record; empty where only some parts of the platform are
    there, and what has no record is not missing. shelves, mails and rebuilt are empty where nobody looked.
    """

    at: datetime
    promises: Sequence[Promise] = ()
    records: Sequence[Seen] = ()
    documents: Documents = field(default_factory=dict)
    positions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    commits: Mapping[str, Mapping[Place, int]] = field(default_factory=dict)
    parked: Sequence[ParkedRecord] = ()
    mails: Sequence[Mail] = ()
    shelves: Sequence[Shelf] = ()
    rebuilt: Sequence[Comparison] = ()
    looked_at: frozenset[str] = frozenset()
    busy: str = ""

    @property
    def quiet(self) -> bool:
        """Whether everything that was going to happen has happened: only then can something be called missing."""
        return not self.busy

    def stored(self, collection: str) -> Mapping[str, Stored]:
        """`complaints.cases` and the like, by id."""
        return self.documents.get(collection, {})

    @cached_property
    def by_topic(self) -> Mapping[str, Sequence[Seen]]:
        """Every record, repeats and unreadable ones included, in the order of its partition."""
        found: dict[str, list[Seen]] = {}
        for record in self.records:
            found.setdefault(record.topic, []).append(record)
        return found

    @cached_property
    def lives(self) -> Mapping[str, Mapping[str, Sequence[Seen]]]:
        """Topic → subject → its events as a reader takes them: in order, repeats (a sequence that is not above the one
        before) dropped."""
        found: dict[str, dict[str, list[Seen]]] = {}
        for record in self.records:
            if record.sequence and not record.topic.endswith(DEAD_LETTERS):
                life = found.setdefault(record.topic, {}).setdefault(record.subject, [])
                if not life or record.sequence > life[-1].sequence:
                    life.append(record)
        return found

    def conflicts(self, topic: str) -> Iterator[tuple[Seen, Seen]]:
        """Records with one subject and sequence that do not say the same: the one that a reader takes, and another."""
        lives = self.lives.get(topic, {})
        for record in self.by_topic.get(topic, ()):
            life = lives.get(record.subject, ())
            place = bisect_left(life, record.sequence, key=_sequence)
            if record.sequence and place < len(life):
                taken = life[place]
                if taken.sequence == record.sequence and taken.value != record.value:
                    yield taken, record

    def life(self, topic: str, subject: str) -> Sequence[Seen]:
        return self.lives.get(topic, {}).get(subject, ())

    def topics(self, matching: Callable[[str], bool]) -> Sequence[str]:
        return [topic for topic in self.by_topic if matching(topic)]


def _sequence(record: Seen) -> int:
    return record.sequence


def _envelope(value: bytes | None) -> Envelope | None:
    try:
        return decode(value)
    except Undecodable:
        return None


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    raise TypeError(type(value).__name__)
