"""The local stack is a real broker and a real store."""

from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.stack import LocalStack
from shared.mongo import Database


async def test_what_is_produced_is_consumed_by_a_group(stack: LocalStack, fresh_name: Callable[[str], str]) -> None:
    topic = fresh_name("roundtrip")
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()

    async with AIOKafkaProducer(
        bootstrap_servers=stack.kafka_bootstrap, acks="all", enable_idempotence=True
    ) as producer:
        await producer.send_and_wait(topic, b"said", key=b"k")

    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=stack.kafka_bootstrap,
        group_id=fresh_name("group"),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        record = await consumer.getone()
        await consumer.commit()

    assert (record.key, record.value) == (b"k", b"said")


async def test_of_two_compare_and_set_writes_on_one_version_one_matches(fresh_database: Database) -> None:
    accounts = fresh_database.collection("accounts")
    await accounts.insert({"_id": "a", "version": 1})

    first = await accounts.update({"_id": "a", "version": 1}, {"$set": {"version": 2, "by": "first"}})
    second = await accounts.update({"_id": "a", "version": 1}, {"$set": {"version": 2, "by": "second"}})

    assert (first, second) == (True, False)
    assert await accounts.find_one({"_id": "a"}) == {"_id": "a", "version": 2, "by": "first"}
