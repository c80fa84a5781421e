"""What the stores keep of each aggregate's past, segments included, and what was published of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.checker.catalogue import AGGREGATES, SEGMENTS
from tests.chaos.checker.evidence import DEAD_LETTERS, Evidence, Seen

Entry = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """One document with its whole history. entries: as they stand, oldest first where the history is sound."""

    collection: str
    kind: str
    id: str
    body: Mapping[str, Any]
    entries: Sequence[Entry]

    @property
    def version(self) -> int:
        return int(self.body["version"])

    @property
    def state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self.body["state"]
        return state


@dataclass(frozen=True)
class EventId:
    """`case/IPP-…-001/4`, or `measure/…/2.1` for the second record of one event."""

    kind: str
    aggregate: str
    number: int

    @classmethod
    def read(cls, text: str) -> "EventId | None":
        kind, _, rest = text.partition("/")
        aggregate, _, place = rest.rpartition("/")
        number = place.partition(".")[0]
        return cls(kind, aggregate, int(number)) if aggregate and number.isdigit() else None


def kept(evidence: Evidence, collection: str) -> Iterator[Kept]:
    """Every document of a collection of aggregates, one at a time. An empty document (version 0) is none yet."""
    moved = segments(evidence, collection)
    for stored in evidence.stored(collection).values():
        body = stored.body
        if body.get("version", 0) > 0:
            entries = _whole(body["history"], moved.get(stored.id, ()))
            yield Kept(collection, AGGREGATES[collection], stored.id, body, entries)


def segments(evidence: Evidence, collection: str) -> Mapping[str, Sequence[Entry]]:
    """Entries that were moved out of their documents, by aggregate, oldest first."""
    found: dict[str, list[Entry]] = {}
    bodies = [stored.body for stored in evidence.stored(collection + SEGMENTS).values()]
    for body in sorted(bodies, key=lambda body: int(body["first"])):
        found.setdefault(body["aggregate"], []).extend(body["events"])
    return found


def _whole(history: Sequence[Entry], moved: Sequence[Entry]) -> Sequence[Entry]:
    """What is being moved stands in both places for a moment; anything else that stands twice is left to be seen."""
    if not moved:
        return history
    there = {entry["n"]: entry for entry in history}
    return [entry for entry in moved if there.get(entry["n"]) != entry] + list(history)


def published(evidence: Evidence) -> Mapping[tuple[str, str], Sequence[Seen]]:
    """(kind, aggregate) → every record that says it is an event of it, repeats included."""
    kinds = set(AGGREGATES.values())
    found: dict[tuple[str, str], list[Seen]] = {}
    for record in evidence.records:
        said = EventId.read(record.id)
        if said is not None and said.kind in kinds and not record.topic.endswith(DEAD_LETTERS):
            found.setdefault((said.kind, said.aggregate), []).append(record)
    return found


def number_of(record: Seen) -> int:
    """The number of the event in its aggregate; 0 where the id does not say."""
    said = EventId.read(record.id)
    return said.number if said else 0
