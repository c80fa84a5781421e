"""The audit on a real broker and store: beside busy writers all is whole, over many ranges what is not is found."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from deploy.audit import Kind
from deploy.audit import verify as audit
from deploy.local.stack import LocalStack
from deploy.provision import apply
from deploy.provision.declaration import DeclaredTopic
from deploy.simulator.ledger import partitions_of
from shared.eventstore import AggregateType, Repository, mongo_store
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.eventstore.relay import Relay
from shared.kafka.producer import Producer
from shared.kernel.clock import SteppedClock
from shared.mongo import Database, connect
from tests.support.jars import CAUSE, NOW, Jar, JarChange, Looked, jar_type, put


@dataclass
class Shop:
    """Jars in a database and on a topic of their own, with a relay at work."""

    database: Database
    jars: Repository[Jar, JarChange]
    relay: Relay
    kind: Kind
    stores: audit.Stores
    bootstrap: str

    async def audit(self) -> audit.Audit:
        return await audit.verify(self.bootstrap, self.stores, (self.kind,))

    async def all_sent(self) -> None:
        async with asyncio.timeout(30):
            while any((await self.relay.backlog()).values()):
                await asyncio.sleep(0.02)


@asynccontextmanager
async def _shop(stack: LocalStack, fresh_name: Callable[[str], str]) -> AsyncIterator[Shop]:
    prefix, topic = f"audit{uuid4().hex[:8]}", fresh_name("test.jars")
    await apply(stack.kafka_bootstrap, [DeclaredTopic(topic, 2, {})])
    kind = Kind("shop", jar_type(topic, topic), (topic,))
    database = connect(stack.mongo_url, f"{prefix}_shop")
    store = MongoAggregateStore(database, "jars", kind.aggregate.indexes)
    await store.prepare()
    producer = Producer(stack.kafka_bootstrap, "shop")
    await producer.start()
    relay = Relay("jars", store, producer)
    running = asyncio.create_task(relay.run())
    jars = Repository(kind.aggregate, store, SteppedClock(NOW), "shop", on_commit=relay.wake)
    try:
        yield Shop(database, jars, relay, kind, audit.Stores(stack.mongo_url, prefix), stack.kafka_bootstrap)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await producer.stop()
        await database.drop()
        database.close()


async def test_an_audit_beside_busy_writers_cries_no_wolf(
    stack: LocalStack, fresh_name: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commits, sends and moves to segments go on all the time."""
    monkeypatch.setattr(mongo_store, "HISTORY_LIMIT_BYTES", 6_000)
    async with _shop(stack, fresh_name) as shop:
        stopped, segments = asyncio.Event(), shop.database.collection("jars.segments")

        async def write(name: str) -> None:
            while not stopped.is_set():
                await shop.jars.execute(name, put(1, 12), CAUSE)
                await shop.jars.execute(name, lambda _: (Looked("n" * 300),), CAUSE)

        writers = [asyncio.create_task(write(f"jar-{number}")) for number in range(8)]
        try:
            audits = [await shop.audit()]
            async with asyncio.timeout(60):
                while len(audits) < 4 or not await segments.count({}):
                    audits.append(await shop.audit())
        finally:
            stopped.set()
            await asyncio.gather(*writers)
        await shop.all_sent()
        last = await shop.audit()

    assert all(found.whole for found in (*audits, last)), [found.findings for found in (*audits, last)]
    assert last.aggregates == 8
    assert last.anchors >= audits[-1].anchors > audits[0].anchors  # writers may have had no turn since the last but one


async def test_every_range_is_looked_at_and_what_is_wrong_is_named(
    stack: LocalStack, fresh_name: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "IDS_AT_ONCE", 7)
    monkeypatch.setattr(audit, "DOCUMENTS_AT_ONCE", 3)
    monkeypatch.setattr(audit, "_PAUSE_SECONDS", 0.0)
    async with _shop(stack, fresh_name) as shop:
        for number in range(30):
            await shop.jars.execute(f"jar-{number:02}", put(1), CAUSE)
        for name in ("aaa", "jar-10-unsent", "zzz"):
            await shop.jars.execute(name, put(1), CAUSE)
        await shop.all_sent()
        documents = shop.database.collection("jars")
        for name in ("jar-00", "jar-13", "jar-29"):
            await documents.delete({"_id": name})
        await documents.update({"_id": "jar-07"}, {"$set": {"state.coins": 99}})
        async with AIOKafkaProducer(bootstrap_servers=shop.bootstrap) as producer:
            await producer.send_and_wait(shop.kind.topics[0], b"rubbish")
        found = await shop.audit()
        others = await audit.verify(shop.bootstrap, shop.stores, (replace(shop.kind, aggregate=_boxes(shop.kind)),))

    assert {(finding.aggregate, finding.number) for finding in found.findings} == {
        ("jar-00", 0),
        ("jar-07", 2),
        ("jar-13", 0),
        ("jar-29", 0),
    }
    assert found.aggregates == 30
    assert (found.anchors, found.unread) == (66, 1)
    assert {finding.what for finding in others.findings} == {"no aggregate of this kind is told on this topic"}
    assert len(others.findings) == 33


async def _forget(shop: Shop, records: int) -> None:
    """The topic's records before this offset, -1: all, are gone, as on a topic that was made anew. All have one key."""
    admin = AIOKafkaAdminClient(bootstrap_servers=shop.bootstrap)
    await admin.start()
    try:
        parts = await partitions_of(admin, shop.kind.topics)
        ends = await _ends(shop.bootstrap, parts)
        await admin.delete_records({part: RecordsToDelete(records if records >= 0 else ends[part]) for part in ends})
    finally:
        await admin.close()


async def _ends(bootstrap: str, parts: list[TopicPartition]) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        return {part: end for part, end in (await consumer.end_offsets(parts)).items() if end}


async def test_what_was_published_and_is_on_no_topic_is_found(
    stack: LocalStack, fresh_name: Callable[[str], str]
) -> None:
    """A topic made anew, or another broker's: nothing contradicts the histories, and nothing holds them either."""
    async with _shop(stack, fresh_name) as shop:
        for name in ("jar-0", "jar-1", "jar-2"):
            await shop.jars.execute(name, put(1), CAUSE)  # two records of each
            await shop.all_sent()
        topic = shop.kind.topics[0]
        whole = await shop.audit()
        await _forget(shop, 2)
        part = await shop.audit()
        await _forget(shop, -1)
        none = await shop.audit()
        one = await audit.verify(shop.bootstrap, shop.stores, (shop.kind,), "jar-1")

    assert whole.whole
    assert [str(finding) for finding in part.findings] == [
        f"shop jar jar-0: record 1 of 2 that were sent is not on {topic}"
    ]
    assert [str(finding) for finding in none.findings] == [
        f"shop jar: nothing is on {topic}, where 3 of them were published: the right broker? a topic made anew?"
    ]
    assert [str(finding) for finding in one.findings] == [
        f"shop jar jar-1: record 1 of 2 that were sent is not on {topic}"
    ]


def _boxes(kind: Kind) -> AggregateType[Jar, JarChange]:
    """The same, but under another name: nobody tells boxes there."""
    return replace(kind.aggregate, kind="box", collection="boxes")
