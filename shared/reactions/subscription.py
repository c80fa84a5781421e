"""What a reaction listens to and what it does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from shared.contracts.envelope import Envelope, EventData
from shared.contracts.topic import Topic

DataT = TypeVar("DataT", bound=EventData, covariant=True)


@dataclass(frozen=True)
class Message(Generic[DataT]):
    """One event in a handler's hand."""

    topic: str
    key: str
    envelope: Envelope
    data: DataT


Handler = Callable[[Message[Any]], Awaitable[None]]


@dataclass(frozen=True)
class Source:
    """A topic that is consumed: its contract, and its name where the contract is one of many marketplaces'."""

    topic: Topic
    name: str


@dataclass(frozen=True)
class Subscription:
    """One consumer group: from which topics, and what each event type does.

    ordering: `sequenced` where the source counts gap-free per subject (our own services): repeats are dropped, a gap
    makes the key wait. `idempotent` where it does not (marketplaces, processors): the handler tells repeats by an id.
    A handler raises Obsolete for what was overtaken (counted, passed), Transient for what may succeed later (tried
    again); anything else parks the key with all that follows on it.
    """

    group: str
    sources: tuple[Source, ...]
    handlers: Mapping[type[EventData], Handler]
    ordering: Literal["sequenced", "idempotent"] = "sequenced"


def source(topic: Topic) -> Source:
    return Source(topic, topic.name)
