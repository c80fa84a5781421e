"""An `AggregateStore` in memory: the twin of the one on the wire, under the same contract suite."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.eventstore.documents import RECEIPTS_KEPT, Change, Document, Head, OutboxRecord
from shared.eventstore.store import Committed, Conflict, Outcome, Taken
from shared.mongo import IndexSpec


@dataclass
class Kept:
    """What one aggregate is in the store."""

    head: Head
    index: Mapping[str, Any]
    history: list[Document] = field(default_factory=list)
    outbox: list[OutboxRecord] = field(default_factory=list)


class MemoryAggregateStore:
    """Unique indexes hold over `ix.<field>`; a document without the field is not in the index (`$exists`)."""

    def __init__(self, indexes: Sequence[IndexSpec] = ()) -> None:
        self.documents: dict[str, Kept] = {}
        self._unique = {spec.name: [name for name, _ in spec.keys] for spec in indexes if spec.unique}

    async def prepare(self) -> None:
        """Nothing to create."""

    async def load(self, ids: Sequence[str]) -> Mapping[str, Head]:
        found = {i: self.documents[i] for i in ids if i in self.documents}
        return {i: replace(copy.deepcopy(kept.head), unsent=bool(kept.outbox)) for i, kept in found.items()}

    async def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return [self._write(change) for change in changes]

    async def history(self, aggregate_id: str) -> Sequence[Document]:
        kept = self.documents.get(aggregate_id)
        return copy.deepcopy(kept.history) if kept else []

    async def outboxes(self, ids: Sequence[str]) -> Mapping[str, Sequence[OutboxRecord]]:
        return {i: list(self.documents[i].outbox) for i in ids if i in self.documents}

    async def waiting(self, older_than: float, limit: int) -> Sequence[str]:
        old = [i for i, kept in self.documents.items() if any(record.at < older_than for record in kept.outbox)]
        return old[:limit]

    async def sent(self, records: Mapping[str, Sequence[str]]) -> None:
        for aggregate_id, ids in records.items():
            kept = self.documents[aggregate_id]
            kept.outbox = [record for record in kept.outbox if record.id not in ids]

    async def unsent(self) -> int:
        return sum(1 for kept in self.documents.values() if kept.outbox)

    def _write(self, change: Change) -> Outcome:
        kept = self.documents.get(change.head.id)
        if kept and any(entry["commit"] == change.token for entry in kept.history):
            return Committed()
        if (kept.head.version if kept else 0) != change.expected_version:
            return Conflict()
        for name, fields in self._unique.items():
            if self._taken(change, fields):
                return Taken(name)
        receipts = (*(kept.head.receipts if kept else ()), *((change.receipt,) if change.receipt else ()))
        size = (kept.head.history_bytes if kept else 0) + change.size
        head = replace(change.head, receipts=receipts[-RECEIPTS_KEPT:], history_bytes=size)
        if kept is None:
            kept = self.documents[change.head.id] = Kept(head, change.index)
        kept.head, kept.index = copy.deepcopy(head), change.index
        kept.history.extend(copy.deepcopy(list(change.history)))
        kept.outbox.extend(change.outbox)
        return Committed()

    def _taken(self, change: Change, fields: Sequence[str]) -> bool:
        values = [change.index.get(name.removeprefix("ix.")) for name in fields]
        return None not in values and any(
            [kept.index.get(name.removeprefix("ix.")) for name in fields] == values
            for other, kept in self.documents.items()
            if other != change.head.id
        )
