"""Edits, removals, rewritten histories and lost tails are found."""

import copy
import hashlib
import json
from collections.abc import Callable

import pytest

from shared.eventstore import Broken, Repository
from shared.eventstore.documents import GENESIS, Document, chain_hash
from shared.kernel.clock import SteppedClock
from tests.support.jars import CAUSE, NOW, Jar, JarChange, jar_type, put
from tests.support.memory_store import MemoryAggregateStore

JARS = jar_type()


@pytest.fixture
def store() -> MemoryAggregateStore:
    return MemoryAggregateStore(JARS.indexes)


@pytest.fixture
async def jars(store: MemoryAggregateStore) -> Repository[Jar, JarChange]:
    """A jar `a` of four events."""
    jars = Repository(JARS, store, SteppedClock(NOW), "test")
    await jars.execute("a", put(1, 2), CAUSE)
    await jars.execute("a", put(3), CAUSE)
    return jars


def test_a_hash_is_over_the_one_before_and_all_that_is_said() -> None:
    entry = {
        "n": 1,
        "type": "Made",
        "at": "2026-03-02T02:00:00+00:00",
        "data": {"label": None},
        "cause": {"actor": "x"},
    }
    said = json.dumps(
        [GENESIS, "jar", "a", {name: entry[name] for name in ("at", "cause", "data", "n", "type")}],
        separators=(",", ":"),
        sort_keys=True,
    )
    assert chain_hash(GENESIS, "jar", "a", entry) == hashlib.sha256(said.encode()).hexdigest()


async def test_what_was_committed_is_whole(jars: Repository[Jar, JarChange]) -> None:
    history = await jars.history("a")

    assert len(history) == 4
    assert await jars.verify("a") is None
    assert await jars.verify("a", {event.number: event.chainhash for event in history}) is None
    assert await jars.verify("nobody") is None


def edit(history: list[Document]) -> None:
    history[1]["data"]["coins"] = 1000


def edit_of_the_cause(history: list[Document]) -> None:
    history[1]["cause"]["actor"] = "another"


def removal(history: list[Document]) -> None:
    del history[1]


def swap(history: list[Document]) -> None:
    history[1]["n"], history[2]["n"] = 3, 2
    history[1], history[2] = history[2], history[1]


def lost_tail(history: list[Document]) -> None:
    del history[3]


@pytest.mark.parametrize(
    ("change", "number"), [(edit, 2), (edit_of_the_cause, 2), (removal, 2), (swap, 2), (lost_tail, 4)]
)
async def test_a_change_is_found_where_it_is(
    store: MemoryAggregateStore,
    jars: Repository[Jar, JarChange],
    change: Callable[[list[Document]], None],
    number: int,
) -> None:
    change(store.documents["a"].history)

    broken = await jars.verify("a")

    assert broken is not None
    assert broken.number == number


async def test_a_history_rewritten_with_its_hashes_is_found_by_what_was_published(
    store: MemoryAggregateStore, jars: Repository[Jar, JarChange]
) -> None:
    anchors = {event.number: event.chainhash for event in await jars.history("a")}
    kept = store.documents["a"]
    edit(kept.history)
    chain = kept.history[0]["hash"]
    for entry in kept.history[1:]:
        entry["prev"] = chain
        chain = entry["hash"] = chain_hash(chain, "jar", "a", entry)
    object.__setattr__(kept.head, "chainhash", chain)

    assert await jars.verify("a") is None
    assert await jars.verify("a", anchors) == Broken(2, "is not what was published")


async def test_a_document_set_back_to_an_earlier_one_is_found_by_what_was_published(
    store: MemoryAggregateStore, jars: Repository[Jar, JarChange]
) -> None:
    earlier = copy.deepcopy(store.documents["a"])
    await jars.execute("a", put(4), CAUSE)
    anchors = {event.number: event.chainhash for event in await jars.history("a")}
    store.documents["a"] = earlier

    assert await jars.verify("a") is None
    assert await jars.verify("a", anchors) == Broken(5, "missing: 5 was published")
