"""A history that grows too long moves to segments, on the store on the wire, and stays whole whatever happens."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.eventstore import Repository
from shared.eventstore.mongo_store import HISTORY_LIMIT_BYTES, MongoAggregateStore
from shared.eventstore.store import Committed
from shared.kernel.clock import SteppedClock
from shared.kernel.failures import Transient
from shared.mongo import Database
from tests.support.jars import CAUSE, NOW, CoinsPut, Jar, JarChange, Looked, jar_type, put

JARS = jar_type()
NOTE = "n" * 20_000
Jars = Repository[Jar, JarChange]


@pytest.fixture
async def store(fresh_database: Database) -> MongoAggregateStore:
    store = MongoAggregateStore(fresh_database, JARS.collection, JARS.indexes)
    await store.prepare()
    return store


def repository(store: MongoAggregateStore) -> Jars:
    return Repository(JARS, store, SteppedClock(NOW), "test")


async def sent(store: MongoAggregateStore) -> None:
    for aggregate_id, records in (await store.outboxes(["a"])).items():
        await store.sent({aggregate_id: [record.id for record in records]})


async def grown(store: MongoAggregateStore, notes: int) -> Jars:
    """A jar with `notes` events of 20 kB and a published one, with nothing left to send before the last."""
    jars = repository(store)
    await jars.execute("a", put(1), CAUSE)
    await sent(store)
    for _ in range(notes):
        await jars.execute("a", lambda _: (Looked(NOTE),), CAUSE)
    return jars


async def kept_in_document(database: Database) -> tuple[int, int, list[int]]:
    """The count of history's bytes, what it is in truth within a tenth, and the numbers kept."""
    document = await database.collection("jars").find_one({"_id": "a"})
    assert document is not None
    numbers = [entry["n"] for entry in document["history"]]
    return document["history_bytes"], sum(len(str(entry)) for entry in document["history"]), numbers


async def test_a_long_history_is_bounded_in_the_document_and_whole_when_read(
    store: MongoAggregateStore, fresh_database: Database
) -> None:
    jars = await grown(store, 40)

    counted, real, numbers = await kept_in_document(fresh_database)
    assert counted <= HISTORY_LIMIT_BYTES
    assert real <= HISTORY_LIMIT_BYTES * 1.1
    assert numbers[-1] == 42
    assert await fresh_database.collection("jars.segments").count({"aggregate": "a"}) >= 2
    # Made, one filling and 40 notes.
    assert [event.number for event in await jars.history("a")] == list(range(1, 43))
    assert await jars.verify("a") is None
    assert (await jars.execute("a", put(5), CAUSE)).version == 43


async def test_a_crash_between_copy_and_pull_is_harmless(store: MongoAggregateStore, fresh_database: Database) -> None:
    jars = await grown(store, 10)
    kept = (await fresh_database.collection("jars").find_one({"_id": "a"})) or {}
    # The copy that a process made before it was killed.
    copied = kept["history"][:4]
    segment = {"_id": "a#1", "aggregate": "a", "first": 1, "events": copied}
    await fresh_database.collection("jars.segments").insert(segment)

    assert [event.number for event in await jars.history("a")] == list(range(1, 13))
    for _ in range(10):
        await jars.execute("a", lambda _: (Looked(NOTE),), CAUSE)

    assert [event.number for event in await jars.history("a")] == list(range(1, 23))
    assert await jars.verify("a") is None
    counted, _, numbers = await kept_in_document(fresh_database)
    assert counted <= HISTORY_LIMIT_BYTES
    assert numbers[0] > 4


async def test_two_that_move_at_once_lose_nothing_and_count_once(
    store: MongoAggregateStore, fresh_database: Database
) -> None:
    jars = await grown(store, 12)

    await asyncio.gather(*(store._move_to_segment("a") for _ in range(4)))

    assert [event.number for event in await jars.history("a")] == list(range(1, 15))
    assert await jars.verify("a") is None
    counted, real, _ = await kept_in_document(fresh_database)
    assert counted == pytest.approx(real, rel=0.1)


async def test_history_read_while_it_moves_has_no_hole(store: MongoAggregateStore) -> None:
    jars = await grown(store, 1)
    ended = asyncio.Event()

    async def read() -> Sequence[list[int]]:
        seen = []
        while not ended.is_set():
            seen.append([event.number for event in await jars.history("a")])
        return seen

    reading = asyncio.create_task(read())
    for _ in range(30):
        await jars.execute("a", lambda _: (Looked(NOTE),), CAUSE)
    ended.set()

    for numbers in await reading:
        assert numbers == list(range(1, len(numbers) + 1))


async def test_what_is_not_sent_yet_stays_in_the_document(store: MongoAggregateStore, fresh_database: Database) -> None:
    jars = repository(store)
    await jars.execute("a", put(1), CAUSE)
    for _ in range(16):
        await jars.execute("a", lambda _: (Looked(NOTE),), CAUSE)

    _, _, numbers = await kept_in_document(fresh_database)
    assert numbers == list(range(1, 19))

    await sent(store)
    await jars.execute("a", put(1), CAUSE)
    _, _, numbers = await kept_in_document(fresh_database)
    assert numbers[0] > 1


async def test_a_commit_whose_tidying_fails_is_a_commit(fresh_database: Database) -> None:
    class CannotMove(MongoAggregateStore):
        async def _move_to_segment(self, aggregate_id: str) -> None:
            raise Transient("killed here")

    store = CannotMove(fresh_database, JARS.collection, JARS.indexes)
    await store.prepare()
    jars = await grown(store, 14)

    assert (await jars.execute("a", put(5), CAUSE)).state == Jar(coins=6)


async def test_a_commit_that_moved_to_a_segment_is_still_known_as_ours(store: MongoAggregateStore) -> None:
    """A repeat of a write that came through is told by its token, wherever the history went meanwhile."""
    jars = await grown(store, 1)
    head = (await store.load(["a"]))["a"]
    _, change = jars._builder.build(head, "a", (CoinsPut(1),), NOW, CAUSE, "commit-of-ours", Jar())
    assert await store.write([change]) == [Committed()]
    await sent(store)
    for _ in range(30):
        await jars.execute("a", lambda _: (Looked(NOTE),), CAUSE)
    document = await store._documents.find_one({"_id": "a"})
    assert document is not None
    assert document["history"][0]["n"] > change.expected_version + 1

    assert await store.write([change]) == [Committed()]
