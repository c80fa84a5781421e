"""The words of the event store: what an aggregate is, what is published of it, and why it changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.contracts.envelope import EventData
from shared.kernel.decider import Refusal
from shared.kernel.failures import Transient
from shared.mongo import IndexSpec

State = TypeVar("State")
Event = TypeVar("Event")


@dataclass(frozen=True)
class Publication:
    """A public record of an event. Its subject is the aggregate's id; `key` is the record's key on the topic."""

    topic: str
    key: str
    data: EventData


@dataclass(frozen=True)
class Cause:
    """Why a change was made: by whom (an id, a service or a rule, never a name), and in answer to what."""

    actor: str
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""


@dataclass(frozen=True)
class AggregateType(Generic[State, Event]):
    """How aggregates of one kind are kept.

    kind: part of every event's id, never to be renamed; events: all event classes, stored under their class names;
    publish: the public records of an event, given the state after it and its number; index: fields to be found by,
    written with the state; those of `indexes` are named `ix.<field>`.
    """

    kind: str
    collection: str
    state: type[State]
    events: tuple[type[Event], ...]
    evolve: Callable[[State | None, Event], State]
    publish: Callable[[State, Event, int], Iterable[Publication]]
    index: Callable[[State], Mapping[str, Any]] = field(default=lambda _: {})
    indexes: tuple[IndexSpec, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What an HTTP request was told: kept with the change, so that a retry is told the same."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Receipt(Generic[State]):
    """An Idempotency-Key, the hash of the body that came with it, and how to answer once the change is made."""

    key: str
    body_hash: str
    answer: Callable[[State], Answer]


@dataclass(frozen=True)
class RecordedEvent(Generic[Event]):
    """An event as history keeps it; `number` counts from 1 in the aggregate, `at` is business time."""

    number: int
    at: datetime
    event: Event
    cause: Cause
    chainhash: str


@dataclass(frozen=True)
class Loaded(Generic[State]):
    id: str
    version: int
    state: State


@dataclass(frozen=True)
class Executed(Generic[State, Event]):
    """What came of a command. `answer` is the receipt's, the first time and at each retry; `repeated`: a retry."""

    id: str
    version: int
    state: State
    events: Sequence[Event] = ()
    answer: Answer | None = None
    repeated: bool = False


class KeyReused(Refusal):
    """The same Idempotency-Key came with another body."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency-key-reused",
            "This Idempotency-Key was used with another request body.",
            "Send a new key with a new request, or the first body again.",
        )


@dataclass
class UniqueConflict(Exception):
    """Another aggregate holds the value of a unique index."""

    index: str

    def __str__(self) -> str:
        return f"unique index {self.index}"


class Contended(Transient):
    """Too many writers at once at one aggregate; the same command may succeed later."""
