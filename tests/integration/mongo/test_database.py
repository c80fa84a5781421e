"""The store behind its door: each write of many is told its own result."""

import asyncio
from typing import Any

import pytest

from shared.mongo import (
    Database,
    DeleteOne,
    IndexSpec,
    InsertOne,
    StoreUnavailable,
    UniqueViolation,
    UpdateOne,
    connect,
)
from shared.mongo.database import Collection


@pytest.fixture
async def people(fresh_database: Database) -> Collection:
    """Unique by name, where there is one."""
    people = fresh_database.collection("people")
    await people.ensure_indexes(
        [IndexSpec("one_name", (("name", 1),), unique=True, partial={"name": {"$exists": True}})]
    )
    return people


async def test_a_violation_of_one_does_not_stop_the_others(people: Collection) -> None:
    await people.insert({"_id": 1, "name": "Ada"})

    report = await people.write(
        [
            InsertOne({"_id": 2, "name": "Ada"}),
            InsertOne({"_id": 3}),
            InsertOne({"_id": 1}),
            UpdateOne({"_id": 1}, {"$set": {"seen": True}}),
            UpdateOne({"_id": 99}, {"$set": {"seen": True}}),
            InsertOne({"_id": 4}),
            DeleteOne({"_id": 4}),
        ]
    )

    assert (report.inserted, report.matched) == (2, 1)
    assert report.violations == {0: UniqueViolation("one_name"), 2: UniqueViolation("_id_")}
    assert [violation.exists for violation in report.violations.values()] == [False, True]
    assert {document["_id"] for document in await people.find({})} >= {1, 3}


async def test_nothing_to_write_is_written_at_once(people: Collection) -> None:
    assert (await people.write([])).violations == {}


async def test_an_insert_is_told_which_index_refused_it(people: Collection) -> None:
    assert await people.insert({"_id": 1, "name": "Ada"}) is None
    assert await people.insert({"_id": 1}) == UniqueViolation("_id_")
    assert await people.insert({"_id": 2, "name": "Ada"}) == UniqueViolation("one_name")
    assert [await people.insert({"_id": n}) for n in (3, 4)] == [None, None]


async def test_a_call_that_is_given_up_as_a_whole_is_told_one_by_one(people: Collection) -> None:
    """A value that an update freed: some servers then refuse the whole call that inserts it."""
    await people.insert({"_id": 1, "name": "Ada"})
    await people.update({"_id": 1}, {"$unset": {"name": ""}})

    report = await people.write(
        [InsertOne({"_id": n, "name": name}) for n, name in ((2, "Bob"), (3, "Ada"), (4, "Eve"))]
    )

    # Whether the freed name is taken is the store's matter here (see `MongoAggregateStore`); the others are in.
    assert set(report.violations) <= {1}
    assert {document["_id"] for document in await people.find({"_id": {"$in": [2, 4]}})} == {2, 4}


async def test_an_update_says_whether_it_matched(people: Collection) -> None:
    await people.insert({"_id": 1, "name": "Ada"})
    await people.insert({"_id": 2, "name": "Bob"})

    assert await people.update({"_id": 1, "name": "Ada"}, {"$set": {"name": "Eve"}})
    assert not await people.update({"_id": 1, "name": "Ada"}, {"$set": {"name": "Zoe"}})
    with pytest.raises(ValueError, match="one_name"):
        await people.update({"_id": 1}, {"$set": {"name": "Bob"}})


async def test_reading_takes_only_what_is_asked(people: Collection) -> None:
    await people.write([InsertOne({"_id": n, "name": f"n{n}", "more": n}) for n in range(5)])

    assert await people.find_one({"_id": 1}, fields=("name",)) == {"_id": 1, "name": "n1"}
    assert await people.find({}, without=("name", "more"), sort=[("_id", -1)], limit=2) == [{"_id": 4}, {"_id": 3}]
    assert await people.count({"more": {"$gte": 3}}) == 2
    assert [document["_id"] async for document in people.each({}, fields=("_id",), sort=[("_id", 1)])] == [
        0,
        1,
        2,
        3,
        4,
    ]
    await people.delete({"_id": 0})
    assert await people.find_one({"_id": 0}) is None


async def test_indexes_can_be_asked_for_again(people: Collection) -> None:
    spec = IndexSpec("one_name", (("name", 1),), unique=True, partial={"name": {"$exists": True}})
    await people.ensure_indexes([spec])


async def test_a_store_that_is_not_there_is_a_passing_failure() -> None:
    database = connect("mongodb://127.0.0.1:1/?directConnection=true", "nowhere", timeout_seconds=0.3)
    calls: list[Any] = [
        database.ping(),
        database.collection("c").find({}),
        database.collection("c").insert({"_id": 1}),
        database.collection("c").count({}),
    ]
    for result in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(result, StoreUnavailable)
    database.close()


async def test_many_documents_come_in_pages_each_once_and_in_order(fresh_database: Database) -> None:
    things = fresh_database.collection("things")
    await things.write([InsertOne({"_id": n, "kind": n % 2}) for n in range(25)])
    pages = [[each["_id"] for each in page] async for page in things.pages({"kind": 1}, 5, sort=[("_id", -1)])]
    assert pages == [[23, 21, 19, 17, 15], [13, 11, 9, 7, 5], [3, 1]]
    assert [page async for page in things.pages({"kind": 2}, 5)] == []
