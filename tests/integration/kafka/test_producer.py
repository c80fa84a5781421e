"""The producer on a real broker: deadlines, records that are too long, and going on after a refusal."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError
from structlog.testing import capture_logs

from deploy.local.ports import LOOPBACK, steady_ports
from deploy.local.stack import LocalStack
from shared.kafka.producer import BrokerUnavailable, Producer, RecordTooLarge
from tests.chaos.fire.links import Link
from tests.support.eventually import eventually


@pytest.fixture
async def producer(stack: LocalStack) -> AsyncIterator[Producer]:
    producer = Producer(stack.kafka_bootstrap, "test")
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
async def narrow(stack: LocalStack, fresh_name: Callable[[str], str]) -> str:
    """A topic of one partition that takes records up to 1,000 bytes."""
    topic = fresh_name("narrow")
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "1000"})])
    await admin.close()
    return topic


async def test_a_topic_that_does_not_exist_ends_at_the_deadline(
    stack: LocalStack, fresh_name: Callable[[str], str]
) -> None:
    producer = Producer(stack.kafka_bootstrap, "test", deadline_seconds=1.0)
    await producer.start()
    with pytest.raises(BrokerUnavailable):
        await producer.send(fresh_name("nowhere"), b"k", b"v", ())
    await producer.stop()


async def test_a_record_that_is_too_long_is_refused_for_good(producer: Producer, narrow: str) -> None:
    with pytest.raises(RecordTooLarge):
        await producer.send(narrow, b"k", b"v" * 5_000, ())
    with pytest.raises(RecordTooLarge):
        await producer.send(narrow, b"k", b"v" * 2_000_000, ())


async def test_after_a_refusal_the_partition_takes_what_is_sent_again(
    stack: LocalStack, producer: Producer, narrow: str
) -> None:
    """The refused record had a number: the broker takes none after the hole from this producer."""
    await producer.send(narrow, b"k", b"first", ())
    with pytest.raises(RecordTooLarge):
        await producer.send(narrow, b"k", b"v" * 5_000, ())

    async def insistently(value: bytes) -> None:
        async with asyncio.timeout(20):
            while True:
                try:
                    return await producer.send(narrow, b"k", value, ())
                except BrokerUnavailable:
                    continue

    await insistently(b"second")
    await asyncio.gather(*(insistently(b"third-%d" % n) for n in range(20)))

    async with AIOKafkaConsumer(
        narrow, bootstrap_servers=stack.kafka_bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        values = [(await asyncio.wait_for(consumer.getone(), 10)).value for _ in range(22)]
    assert values[:2] == [b"first", b"second"]
    assert set(values[2:]) == {b"third-%d" % n for n in range(20)}


async def test_at_the_start_it_waits_for_a_broker_that_is_away_but_not_for_ever(stack: LocalStack) -> None:
    port, _ = steady_ports(2)
    producer = Producer(f"{LOOPBACK}:{port}", "test")
    with pytest.raises(KafkaConnectionError):
        await producer.start(patience_seconds=0.1)

    starting = asyncio.create_task(producer.start())
    with capture_logs() as told:
        await eventually(lambda: any(line["event"] == "producer.waits-for-broker" for line in told))
    road = Link("broker", port, int(stack.kafka_bootstrap.rpartition(":")[2]))
    await road.start()
    await asyncio.wait_for(starting, 20)

    assert await producer.healthy()
    await producer.stop()
    await road.stop()


async def test_it_knows_whether_the_broker_answers(producer: Producer) -> None:
    assert await producer.healthy()
