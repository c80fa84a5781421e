"""The hash chain checked: edits, removals and lost tails of a history are found.

Within the store a chain proves itself only to its head. Its anchors are the public records, which carry the hash of
their event (`chainhash`) on topics that are appended to only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.eventstore.documents import GENESIS, Document, Head, chain_hash


@dataclass(frozen=True)
class Broken:
    """The first event (`number` counts from 1) at which a history is not what was committed."""

    number: int
    why: str


def broken(
    kind: str, aggregate_id: str, entries: Sequence[Document], head: Head | None, anchors: Mapping[int, str]
) -> Broken | None:
    """None where each entry follows from the one before, the last is the head, and every anchor is met."""
    chain = GENESIS
    for number, entry in enumerate(entries, start=1):
        if entry["n"] != number:
            return Broken(number, f"missing: the next is {entry['n']}")
        if entry["prev"] != chain:
            return Broken(number, "does not follow from the event before")
        chain = chain_hash(chain, kind, aggregate_id, entry)
        if entry["hash"] != chain:
            return Broken(number, "was edited")
        if anchors.get(number, chain) != chain:
            return Broken(number, "is not what was published")
    end = len(entries)
    last = max(anchors, default=0)
    if last > end:
        return Broken(end + 1, f"missing: {last} was published")
    if head is None:
        return Broken(1, "the document is missing") if entries else None
    if head.version != end or head.chainhash != chain:
        return Broken(end + 1, f"the history ends before the document's version {head.version}")
    return None
