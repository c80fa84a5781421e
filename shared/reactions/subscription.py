"""What a reaction listens to and what it does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from shared.contracts.envelope import Envelope, EventData
from shared.contracts.topic import Topic
from shared.eventstore import Cause
from shared.kernel.decider import Obsolete

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
    again), Undecodable for what makes no sense to us (a dead letter); anything else parks the key with all that
    follows on it.
    """

    group: str
    sources: tuple[Source, ...]
    # Keyed by event class; a mapping's key type is invariant, so naming the class here would refuse its subclasses.
    handlers: Mapping[Any, Handler]
    ordering: Literal["sequenced", "idempotent"] = "sequenced"


def source(topic: Topic) -> Source:
    return Source(topic, topic.name)


def cause_of(message: Message[EventData], actor: str) -> Cause:
    """Why a reaction changes something: the event that it answers, in the same correlation and trace."""
    envelope = message.envelope
    return Cause(actor, envelope.correlationid, f"{envelope.source}|{envelope.id}", envelope.traceparent)


async def each(targets: Iterable[str], change: Callable[[str], Awaitable[object]]) -> None:
    """One event, many targets, side by side: what is obsolete for one is not for the others. Raises the first other
    failure after all were tried; each write is idempotent by itself, so the event is simply handled again."""
    results = await asyncio.gather(*(change(target) for target in targets), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Obsolete):
            raise result
