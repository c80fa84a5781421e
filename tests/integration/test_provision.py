"""Provisioning on a real broker."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.local.stack import LocalStack
from deploy.provision import DeclaredTopic, ProvisionFailed, apply, declared, drift


@pytest.fixture
def topic(fresh_name: Callable[[str], str]) -> DeclaredTopic:
    return DeclaredTopic(fresh_name("rights"), 2, {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"})


async def test_a_missing_topic_is_drift_until_it_is_created(stack: LocalStack, topic: DeclaredTopic) -> None:
    before = await drift(stack.kafka_bootstrap, [topic])
    first = await apply(stack.kafka_bootstrap, [topic])
    second = await apply(stack.kafka_bootstrap, [topic])

    assert before.drift == (f"{topic.name}: missing",)
    assert (first.created, first.drift) == ((topic.name,), ())
    assert (second.created, second.drift) == ((), ())


async def test_differences_are_told_and_left_alone(stack: LocalStack, topic: DeclaredTopic) -> None:
    await apply(stack.kafka_bootstrap, [replace(topic, settings={**topic.settings, "retention.bytes": "1000000"})])
    wanted = replace(topic, partitions=3, settings={**topic.settings, "cleanup.policy": "delete"})

    report = await apply(stack.kafka_bootstrap, [wanted])

    assert report.drift == (
        f"{topic.name}: 2 partitions, declared 3",
        f"{topic.name}: cleanup.policy is compact, declared delete",
        f"{topic.name}: retention.bytes is set to 1000000, but not declared",
    )
    assert (await drift(stack.kafka_bootstrap, [wanted])).drift == report.drift


async def test_a_setting_that_the_broker_does_not_know_is_refused_by_name(
    stack: LocalStack, topic: DeclaredTopic
) -> None:
    with pytest.raises(ProvisionFailed, match=topic.name):
        await apply(stack.kafka_bootstrap, [replace(topic, settings={"cleanup.policy": "sometimes"})])


async def test_the_platforms_own_topics_can_be_created(stack: LocalStack) -> None:
    report = await apply(stack.kafka_bootstrap, declared())

    assert not report.drifted
