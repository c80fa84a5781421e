"""What a broker says of groups for which nobody works."""

import asyncio
import gc
import socket
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from deploy.local.stack import LocalStack
from deploy.provision import apply
from deploy.provision.declaration import DeclaredTopic
from deploy.simulator.ledger import plain_consumer
from deploy.simulator.quiet import Broker, Gap


async def _commits(bootstrap: str, group: str, offsets: dict[TopicPartition, int]) -> None:
    """As a process of this group would, which then dies."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(offsets))
        await consumer.commit(offsets)


async def test_a_group_whose_members_are_all_dead_is_behind_by_what_it_committed_or_is_declared_to_read(
    stack: LocalStack, fresh_name: Callable[[str], str]
) -> None:
    topic, other = fresh_name("test.read"), fresh_name("test.declared")
    dead, never, unknown = (fresh_name(name) for name in ("g.dead", "g.never", "g.unknown"))
    await apply(stack.kafka_bootstrap, [DeclaredTopic(topic, 1, {}), DeclaredTopic(other, 1, {})])
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap) as producer:
        for name in (topic, topic, topic, other):
            await producer.send_and_wait(name, b"x")
    await _commits(stack.kafka_bootstrap, dead, {TopicPartition(topic, 0): 1})
    broker = Broker(stack.kafka_bootstrap, {never: [other, f"{never}-state-changelog"]})
    await broker.start()
    try:
        groups = [dead, never, unknown]
        alone = await broker.look_at_subscriptions(groups)
        gaps = await broker.gaps(groups)
        async with AIOKafkaConsumer(topic, bootstrap_servers=stack.kafka_bootstrap, group_id=dead) as member:
            await member.getone()
            manned = await broker.look_at_subscriptions(groups)
    finally:
        await broker.stop()

    assert alone == groups
    assert gaps == [Gap(dead, TopicPartition(topic, 0), 1, 3), Gap(never, TopicPartition(other, 0), 0, 1)]
    assert manned == [never, unknown]


@pytest.mark.parametrize("what", ["broker", "consumer"])
async def test_a_broker_that_is_away_leaves_nothing_open(what: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    with pytest.raises(KafkaError):
        if what == "broker":
            await Broker(nobody).start()
        else:
            async with plain_consumer(nobody, ["t"]):
                pass
    gc.collect()

    assert [each["message"] for each in complaints] == []
