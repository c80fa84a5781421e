"""One document, one transaction: aggregates with their history, outbox and hash chain (see docs/architecture)."""

from shared.eventstore.aggregate import (
    AggregateType,
    Answer,
    Cause,
    Executed,
    KeyReused,
    Loaded,
    Publication,
    Receipt,
    RecordedEvent,
    UniqueConflict,
)
from shared.eventstore.chain import Broken
from shared.eventstore.repository import Repository

__all__ = [
    "AggregateType",
    "Answer",
    "Broken",
    "Cause",
    "Executed",
    "KeyReused",
    "Loaded",
    "Publication",
    "Receipt",
    "RecordedEvent",
    "Repository",
    "UniqueConflict",
]
