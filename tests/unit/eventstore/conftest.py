"""The store and the broker in memory."""

import pytest

from tests.support.memory_broker import MemoryBroker
from tests.support.memory_store import MemoryAggregateStore
from tests.support.relays import JARS


@pytest.fixture
def store() -> MemoryAggregateStore:
    return MemoryAggregateStore(JARS.indexes)


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()
