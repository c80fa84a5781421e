"""A relay of jars on the store and the broker in memory, quick to look again."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from shared.contracts.envelope import decode
from shared.eventstore import Repository
from shared.eventstore.relay import Relay
from shared.kernel.clock import SteppedClock
from shared.reactions.inbox import Record
from tests.support.jars import NOW, Jar, JarChange, jar_type
from tests.support.memory_broker import MemoryBroker
from tests.support.memory_store import MemoryAggregateStore

JARS = jar_type()
QUICK: dict[str, Any] = {"sweep_every_seconds": 0.05, "first_delay_seconds": 0.01, "longest_delay_seconds": 0.05}


def jars_of(store: MemoryAggregateStore, relay: Relay | None = None) -> Repository[Jar, JarChange]:
    wake = relay.wake if relay else (lambda _, __: None)
    return Repository(JARS, store, SteppedClock(NOW), "test", on_commit=wake)


def relay_of(store: MemoryAggregateStore, broker: MemoryBroker) -> Relay:
    return Relay("jars", store, broker, **QUICK)


@contextmanager
def running(*relays: Relay) -> Iterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def sequences(records: Sequence[Record]) -> dict[str, list[int]]:
    said: dict[str, list[int]] = {}
    for record in records:
        envelope = decode(record.value)
        said.setdefault(envelope.subject, []).append(envelope.sequence)
    return said
