"""What a process leaves behind that is killed between the two steps of an insert past a stale index entry."""

from shared.eventstore.documents import CommitBuilder
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.eventstore.store import Committed, Conflict
from shared.kernel.ids import random_id
from shared.mongo import Database, InsertOne
from tests.support.jars import CAUSE, NOW, CoinsPut, Made, jar_type


async def test_an_empty_document_does_not_keep_its_aggregate_from_being_made(fresh_database: Database) -> None:
    jars = jar_type()
    store = MongoAggregateStore(fresh_database, jars.collection, jars.indexes)
    await store.prepare()
    await fresh_database.collection(jars.collection).write([InsertOne({"_id": "a", "version": 0})])
    _, first = CommitBuilder(jars, "test").build(
        None, "a", [Made("red"), CoinsPut(10)], NOW, CAUSE, random_id("c"), None
    )
    _, other = CommitBuilder(jars, "test").build(None, "a", [Made("blue")], NOW, CAUSE, random_id("c"), None)

    assert await store.load(["a"]) == {}
    assert await store.write([first]) == [Committed()]
    assert await store.write([other]) == [Conflict()]
    head = (await store.load(["a"]))["a"]
    assert (head.version, head.state) == (2, {"label": "red", "coins": 10})
    assert [entry["n"] for entry in await store.history("a")] == [1, 2]
