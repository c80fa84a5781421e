"""One aggregate's history judged, without I/O: by its document, its segments, and what the topics say of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import orjson
from pydantic import ValidationError

from shared.contracts.envelope import Undecodable, decode
from shared.eventstore import AggregateType
from shared.eventstore.chain import broken
from shared.eventstore.documents import Codec, Document, Head, recorded


@dataclass(frozen=True)
class Anchor:
    """What a public record says of a history: the event `number` of the aggregate has this chained hash. sequence: of
    the record among all that the aggregate told on this topic."""

    kind: str
    aggregate: str
    number: int
    chainhash: str
    topic: str
    partition: int
    offset: int
    sequence: int

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset}"


@dataclass(frozen=True)
class Finding:
    """A history that is not what was committed. `aggregate`: empty where it is about all of a kind; `number`: the first
    event concerned, 0 where it is the document as a whole; `anchor`: the public record that shows it, if one does."""

    service: str
    kind: str
    aggregate: str
    number: int
    what: str
    anchor: Anchor | None = None

    def __str__(self) -> str:
        place = f"; the record is {self.anchor.place}" if self.anchor else ""
        event = f"event {self.number}" if self.number else ""
        about = " ".join(part for part in (self.service, self.kind, self.aggregate, event) if part)
        return f"{about}: {self.what}{place}"


def anchor_of(topic: str, partition: int, offset: int, value: bytes | None) -> Anchor | None:
    """None for a record that anchors nothing: it carries no hash (not an aggregate's). Raises Undecodable."""
    envelope = decode(value)
    if not envelope.chainhash:
        return None
    kind, _, rest = envelope.id.partition("/")
    # `<kind>/<aggregate>/<number>`, and `.k` after the number where the event told more than one record.
    number = rest.rpartition("/")[2].partition(".")[0]
    if not number.isascii() or not number.isdigit():
        raise Undecodable(f"the id {envelope.id!r} does not name an event's number")
    return Anchor(kind, envelope.subject, int(number), envelope.chainhash, topic, partition, offset, envelope.sequence)


def sent(document: Document) -> dict[str, int]:
    """By topic, up to which sequence the document's records are on it for certain: those in the outbox may not be
    sent yet. Raises ValueError, KeyError or TypeError where the document does not say it as documents do."""
    waiting = Counter(record["topic"] for record in document.get("outbox", ()))
    return {topic: int(last) - waiting[topic] for topic, last in document.get("sequences", ())}


class Judge:
    """Judges aggregates of one kind of one service."""

    def __init__(self, service: str, aggregate: AggregateType[Any, Any]) -> None:
        self._service = service
        self._aggregate = aggregate
        self._codec: Codec[Any, Any] = Codec(aggregate)

    def judge(
        self,
        aggregate_id: str,
        document: Document | None,
        segments: Sequence[Document] = (),
        anchors: Sequence[Anchor] = (),
    ) -> Finding | None:
        """The first thing that is wrong with an aggregate, or None where it is whole.

        document, segments: as the store has them, read after the anchors, the document before its segments. A document
        of version 0 is one that an insert has just begun: none yet.
        """
        try:
            wrong = self._wrong(aggregate_id, document, segments, anchors)
        except (AttributeError, KeyError, TypeError, ValueError, ValidationError) as problem:
            wrong = _Wrong(0, f"cannot be read: {_short(problem)}")
        if wrong is None:
            return None
        shown = wrong.anchor or _shown_by(wrong.number, anchors)
        return Finding(self._service, self._aggregate.kind, aggregate_id, wrong.number, wrong.what, shown)

    def _wrong(
        self, aggregate_id: str, document: Document | None, segments: Sequence[Document], anchors: Sequence[Anchor]
    ) -> "_Wrong | None":
        if document is not None and document["version"] == 0:
            document = None
        if document is not None:
            sent(document)  # raises where it cannot be read
        if document is None and not segments:
            return _Wrong(0, "the document is missing, though its events were published") if anchors else None
        parts = [segment["events"] for segment in sorted(segments, key=lambda segment: int(segment["first"]))]
        parts.append(document["history"] if document else [])
        entries = _joined(parts)
        if isinstance(entries, _Wrong):
            return entries
        return self._chain(aggregate_id, document, entries, anchors) or self._state(document, entries)

    def _chain(
        self, aggregate_id: str, document: Document | None, entries: Sequence[Document], anchors: Sequence[Anchor]
    ) -> "_Wrong | None":
        head = Head(aggregate_id, document["version"], {}, document["chainhash"], ()) if document else None
        said: dict[int, str] = {}
        for anchor in anchors:
            if said.setdefault(anchor.number, anchor.chainhash) != anchor.chainhash:
                return _Wrong(anchor.number, "was published with two hashes", anchor)
        problem = broken(self._aggregate.kind, aggregate_id, entries, head, said)
        return _Wrong(problem.number, problem.why) if problem else None

    def _state(self, document: Document | None, entries: Sequence[Document]) -> "_Wrong | None":
        """The state is nothing but what the events make of it. Both go through today's classes, so that a field that
        was added since is no difference."""
        if document is None:
            return None
        state = None
        for entry in entries:
            state = self._aggregate.evolve(state, recorded(self._codec, entry).event)
        if self._codec.dump_state(self._codec.load_state(document["state"])) != self._codec.dump_state(state):
            return _Wrong(document["version"], "the document's state is not what its events say")
        return None


@dataclass(frozen=True)
class _Wrong:
    number: int
    what: str
    anchor: Anchor | None = None


def _joined(parts: Sequence[Sequence[Document]]) -> list[Document] | _Wrong:
    """All entries by number. A part out of order, or one number with two contents, is found here: joined by their
    numbers they would look whole."""
    entries: dict[int, Document] = {}
    for part in parts:
        for before, entry in pairwise(part):
            if entry["n"] <= before["n"]:
                return _Wrong(entry["n"], f"out of order: event {before['n']} stands before it")
        for entry in part:
            # While events move to a segment they are in both places.
            if entries.setdefault(entry["n"], entry) != entry:
                return _Wrong(entry["n"], "is there twice, with two contents")
    return [entries[number] for number in sorted(entries)]


def _shown_by(number: int, anchors: Sequence[Anchor]) -> Anchor | None:
    """The record of this very event, else the first after it: the hash of that one covers it too."""
    later = [anchor for anchor in anchors if anchor.number >= number]
    return min(later, key=lambda anchor: (anchor.number, anchor.topic, anchor.offset), default=None)


def _short(problem: Exception) -> str:
    return f"{type(problem).__name__} {str(problem).splitlines()[0] if str(problem) else ''}".strip()[:200]


def as_json(finding: Finding) -> Mapping[str, Any]:
    """The finding as plain values, for `--json`."""
    said: Mapping[str, Any] = orjson.loads(orjson.dumps(finding))
    return said
