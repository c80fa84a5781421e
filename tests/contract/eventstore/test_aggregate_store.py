"""What every `AggregateStore` does: the twin in memory and the one on the wire."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.eventstore import Answer, Cause
from shared.eventstore.documents import Change, CommitBuilder, Head, StoredReceipt
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.eventstore.store import AggregateStore, Committed, Conflict, Taken
from shared.kernel.clock import wall_seconds
from shared.kernel.ids import random_id
from shared.mongo import connect
from tests.support.jars import CAUSE, NOW, ONE_LABEL, CoinsPut, Jar, JarChange, Looked, Made, jar_type
from tests.support.memory_store import MemoryAggregateStore

JARS = jar_type()
BUILDER = CommitBuilder(JARS, "test")


@pytest.fixture(params=["memory", "wire"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[AggregateStore]:
    if request.param == "memory":
        yield MemoryAggregateStore(JARS.indexes)
        return
    stack: Any = request.getfixturevalue("stack")
    database = connect(stack.mongo_url, random_id("test_store"))
    wire = MongoAggregateStore(database, JARS.collection, JARS.indexes)
    await wire.prepare()
    yield wire
    await database.drop()
    database.close()


def change(
    head: Head | None,
    jar_id: str,
    *events: JarChange,
    state: Jar | None = None,
    cause: Cause = CAUSE,
    receipt: StoredReceipt | None = None,
) -> Change:
    _, built = BUILDER.build(head, jar_id, events, NOW, cause, random_id("commit"), state)
    return Change(
        built.head, built.expected_version, built.index, built.history, built.outbox, receipt, built.token, built.size
    )


async def made(store: AggregateStore, jar_id: str, label: str | None = None) -> Head:
    (outcome,) = await store.write([change(None, jar_id, Made(label))])
    assert outcome == Committed()
    return (await store.load([jar_id]))[jar_id]


async def test_what_was_committed_is_loaded(store: AggregateStore) -> None:
    receipt = StoredReceipt("key-1", "hash-1", Answer(201, b'{"ok":true}'))
    committed = change(None, "a", Made("red"), CoinsPut(10), receipt=receipt)

    await store.write([committed])
    heads = await store.load(["a", "nobody"])

    assert set(heads) == {"a"}
    head = heads["a"]
    assert (head.version, head.state) == (2, {"label": "red", "coins": 10})
    # Made and CoinsPut(10) on the first topic, CoinsPut(10) on the second.
    assert dict(head.sequences) == {"test.jars.v1": 2, "test.copies.v1": 1}
    assert head.chainhash == committed.history[-1]["hash"]
    assert head.receipts == (receipt,)


async def test_of_fifty_racing_writers_one_wins_each_version(store: AggregateStore) -> None:
    head = await made(store, "a")
    for _ in range(3):
        race = [change(head, "a", CoinsPut(n), state=Jar()) for n in range(50)]
        outcomes = [outcome for (outcome,) in await asyncio.gather(*(store.write([one]) for one in race))]

        assert Counter(outcomes) == {Committed(): 1, Conflict(): 49}
        winner = race[outcomes.index(Committed())]
        head = (await store.load(["a"]))["a"]
        assert head.chainhash == winner.head.chainhash


async def test_of_fifty_racing_inserts_one_wins(store: AggregateStore) -> None:
    outcomes = await asyncio.gather(*(store.write([change(None, "a", Made())]) for _ in range(50)))

    assert Counter(outcome for (outcome,) in outcomes) == {Committed(): 1, Conflict(): 49}


async def test_a_bulk_tells_each_change_its_own_outcome(store: AggregateStore) -> None:
    head_a, head_b, _ = await made(store, "a"), await made(store, "b"), await made(store, "c", "red")
    late = change(head_a, "a", CoinsPut(1), state=Jar())
    await store.write([change(head_a, "a", CoinsPut(2), state=Jar())])

    outcomes = await store.write(
        [
            change(None, "d", Made("blue")),
            late,
            change(None, "b", Made()),
            change(head_b, "b", CoinsPut(3), state=Jar()),
            change(None, "e", Made("red")),
            change(head_b, "b", CoinsPut(4), state=Jar()),
        ]
    )

    assert outcomes[:3] == [Committed(), Conflict(), Conflict()]
    assert outcomes[4] == Taken(ONE_LABEL)
    # Two writers of one version in one bulk: either may win, one does.
    assert Counter([outcomes[3], outcomes[5]]) == {Committed(): 1, Conflict(): 1}
    assert set(await store.load(["a", "b", "c", "d", "e"])) == {"a", "b", "c", "d"}


async def test_a_bulk_of_updates_that_match_in_part_knows_its_own_by_their_tokens(store: AggregateStore) -> None:
    heads = [await made(store, f"jar-{n}") for n in range(10)]
    for head in heads[::2]:
        await store.write([change(head, head.id, CoinsPut(1), state=Jar())])

    outcomes = await store.write([change(head, head.id, CoinsPut(2), state=Jar()) for head in heads])

    assert outcomes == [Conflict(), Committed()] * 5


async def test_a_repeat_of_a_write_is_told_that_it_is_there(store: AggregateStore) -> None:
    """A driver that lost the answer sends again; so does a group commit after a neighbour's failure."""
    insert = change(None, "a", Made())
    await store.write([insert])
    head = (await store.load(["a"]))["a"]
    update = change(head, "a", CoinsPut(1), state=Jar())
    await store.write([update])

    assert await store.write([insert]) == [Committed()]
    assert await store.write([update]) == [Committed()]
    assert len(await store.history("a")) == 2


async def test_a_unique_value_is_free_again_once_its_holder_lets_it_go(store: AggregateStore) -> None:
    head = await made(store, "a", "red")
    assert await store.write([change(None, "b", Made("red"))]) == [Taken(ONE_LABEL)]

    assert await store.write([change(head, "a", Made(None), state=Jar("red"))]) == [Committed()]

    assert await store.write([change(None, "b", Made("red"))]) == [Committed()]


async def test_the_outbox_is_in_order_and_loses_only_what_was_sent(store: AggregateStore) -> None:
    await store.write([change(None, "a", Made(), CoinsPut(10), CoinsPut(1))])
    before = (await store.load(["a"]))["a"]

    records = (await store.outboxes(["a"]))["a"]
    assert [record.id for record in records] == ["jar/a/1", "jar/a/2", "jar/a/2.1", "jar/a/3"]
    assert [record.topic for record in records] == ["test.jars.v1", "test.jars.v1", "test.copies.v1", "test.jars.v1"]
    await store.sent({"a": ["jar/a/1", "jar/a/2"]})

    assert [record.id for record in (await store.outboxes(["a"]))["a"]] == ["jar/a/2.1", "jar/a/3"]
    assert (await store.load(["a"]))["a"] == before
    assert await store.unsent() == 1
    await store.sent({"a": ["jar/a/2.1", "jar/a/3"]})
    assert await store.unsent() == 0


async def test_what_waits_is_found_by_its_age(store: AggregateStore) -> None:
    await store.write([change(None, f"jar-{n}", Made()) for n in range(3)])
    await store.write([change(None, "silent", Looked())])
    await store.sent({"jar-1": ["jar/jar-1/1"]})

    assert set(await store.waiting(wall_seconds() + 1, 10)) == {"jar-0", "jar-2"}
    assert len(await store.waiting(wall_seconds() + 1, 1)) == 1
    assert await store.waiting(wall_seconds() - 60, 10) == []


async def test_history_is_whole_and_in_order(store: AggregateStore) -> None:
    head = await made(store, "a")
    await store.write([change(head, "a", CoinsPut(1), Looked("why"), state=Jar())])

    entries = await store.history("a")

    assert [(entry["n"], entry["type"], entry["data"]) for entry in entries] == [
        (1, "Made", {"label": None}),
        (2, "CoinsPut", {"coins": 1}),
        (3, "Looked", {"note": "why"}),
    ]
    assert entries[0]["cause"]["actor"] == "tester"
    assert await store.history("nobody") == []


async def test_only_the_latest_receipts_are_kept(store: AggregateStore) -> None:
    head = await made(store, "a")
    for number in range(34):
        receipt = StoredReceipt(f"key-{number}", "hash", Answer(200, b"{}"))
        await store.write([change(head, "a", CoinsPut(1), state=Jar(), receipt=receipt)])
        head = (await store.load(["a"]))["a"]

    # 32 are kept: keys 2 to 33.
    assert [kept.key for kept in head.receipts] == [f"key-{number}" for number in range(2, 34)]
