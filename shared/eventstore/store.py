"""The port behind repositories and the relay: one collection of aggregates. One contract suite runs on each side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.eventstore.documents import Change, Document, Head, OutboxRecord


@dataclass(frozen=True)
class Committed:
    """The change is durable."""


@dataclass(frozen=True)
class Conflict:
    """Another writer was first: load again and decide again."""


@dataclass(frozen=True)
class Taken:
    """A unique index refused it; another aggregate holds the value."""

    index: str


Outcome = Committed | Conflict | Taken


class AggregateStore(Protocol):
    """All calls take many at once; each change is told its own outcome."""

    async def load(self, ids: Sequence[str]) -> Mapping[str, Head]: ...

    async def write(self, changes: Sequence[Change]) -> Sequence[Outcome]: ...

    async def history(self, aggregate_id: str) -> Sequence[Document]:
        """All events of the aggregate, oldest first, segments included."""
        ...

    async def outboxes(self, ids: Sequence[str]) -> Mapping[str, Sequence[OutboxRecord]]:
        """What each still has to send, in order."""
        ...

    async def waiting(self, older_than: float, limit: int) -> Sequence[str]:
        """Ids of aggregates with something to send that was committed before `older_than` (machine's seconds)."""
        ...

    async def sent(self, records: Mapping[str, Sequence[str]]) -> None:
        """Takes records (ids by aggregate) out of the outboxes, without touching versions."""
        ...

    async def unsent(self) -> int:
        """How many aggregates have something to send."""
        ...
