"""Stores that are wrong in one thing each, and hands that reach into a store behind the application's back."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shared.eventstore import AggregateType
from shared.eventstore.documents import GENESIS, Change, chain_hash
from shared.eventstore.store import Conflict, Outcome
from tests.support.memory_store import Kept, MemoryAggregateStore


class NoCompareAndSet(MemoryAggregateStore):
    """Writes whatever version it finds."""

    def _write(self, change: Change) -> Outcome:
        kept = self.documents.get(change.head.id)
        return super()._write(replace(change, expected_version=kept.head.version if kept else 0))


class PublishesWhatLost(MemoryAggregateStore):
    """Puts records into the outbox in a write of its own, whether the change itself was made or not."""

    def _write(self, change: Change) -> Outcome:
        outcome = super()._write(change)
        if isinstance(outcome, Conflict):
            self.documents[change.head.id].outbox.extend(change.outbox)
        return outcome


class WritesLater(MemoryAggregateStore):
    """Says that a change is durable and keeps it in memory, until the next moment that is not busy."""

    durable: dict[str, Kept]

    async def waiting(self, older_than: float, limit: int) -> Sequence[str]:
        self.durable = copy.deepcopy(self.documents)
        return await super().waiting(older_than, limit)

    def lose_power(self) -> None:
        self.documents = copy.deepcopy(self.durable)


def of(kind: type[MemoryAggregateStore]) -> Callable[[AggregateType[Any, Any]], MemoryAggregateStore]:
    return lambda aggregate: kind(aggregate.indexes)


def edited(kept: Kept) -> None:
    """Another reviewer than the one who decided."""
    entry = next(entry for entry in kept.history if entry["type"] == "ComplaintUpheld")
    entry["data"] = {**entry["data"], "by": "staff-9"}


def removed(kept: Kept) -> None:
    """As though the review had never begun."""
    del kept.history[1]


def reordered(kept: Kept) -> None:
    kept.history[2], kept.history[1] = kept.history[1], kept.history[2]


def cut_off(kept: Kept) -> None:
    """The last event, taken off with great care: head and version say that it never was."""
    gone = kept.history.pop()
    kept.head = replace(kept.head, version=gone["n"] - 1, chainhash=gone["prev"])


def written_anew(kept: Kept) -> None:
    """Edited, and every hash from there on computed again: only the topics know better."""
    edited(kept)
    chain = GENESIS
    for entry in kept.history:
        entry["prev"] = chain
        chain = entry["hash"] = chain_hash(chain, "case", kept.head.id, entry)
    kept.head = replace(kept.head, chainhash=chain)


def restamped(kept: Kept) -> None:
    """As though the last step had been taken years ago."""
    kept.history[-1]["at"] = "2020-01-01T00:00:00+00:00"
