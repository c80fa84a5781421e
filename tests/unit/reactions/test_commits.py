"""What is done is committed, whatever became of other partitions and of the commit before."""

from collections.abc import Mapping

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaConnectionError

from shared.kafka.producer import Producer
from shared.reactions.lanes import Lanes
from shared.reactions.runner import ReactionRunner
from tests.support.eventually import eventually
from tests.support.jar_records import Counting
from tests.support.jars import JARS
from tests.support.memory_inbox import MemoryInbox

FIRST, SECOND = TopicPartition(JARS.name, 0), TopicPartition(JARS.name, 1)


class _Consumer:
    """As the client is: it refuses all where one partition is not assigned. `away`: how many commits fail."""

    def __init__(self, *assigned: TopicPartition) -> None:
        self.assigned = set(assigned)
        self.away = 0
        self.tried = 0
        self.committed: dict[TopicPartition, int] = {}

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    def resume(self, *_: TopicPartition) -> None:
        """Nothing is fetched."""

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.tried += 1
        if self.away:
            self.away -= 1
            raise KafkaConnectionError
        if offsets.keys() - self.assigned:
            raise IllegalStateError("not assigned")
        self.committed |= offsets


@pytest.fixture
def consumer() -> _Consumer:
    return _Consumer(FIRST, SECOND)


@pytest.fixture
def runner(consumer: _Consumer) -> ReactionRunner:
    """As it is while it has both partitions."""
    subscription, inbox = Counting().subscription(), MemoryInbox()
    runner = ReactionRunner(subscription, "nowhere:0", inbox, Producer("nowhere:0", "test"))
    runner._consumer = consumer

    async def no_dead_letter(*_: object) -> None:
        raise AssertionError

    for each in (FIRST, SECOND):
        runner._lanes[each] = Lanes(subscription, each.topic, each.partition, inbox, no_dead_letter)
    return runner


async def test_a_partition_that_is_no_longer_ours_takes_no_other_with_it(
    runner: ReactionRunner, consumer: _Consumer
) -> None:
    runner._commit_soon(FIRST, 5)
    runner._commit_soon(SECOND, 7)
    consumer.assigned.remove(FIRST)

    await runner._committed()

    assert consumer.committed == {SECOND: 7}


async def test_a_commit_that_failed_goes_with_the_next_and_takes_nothing_back(
    runner: ReactionRunner, consumer: _Consumer
) -> None:
    consumer.away = 1
    runner._commit_soon(FIRST, 5)
    runner._commit_soon(SECOND, 7)
    await eventually(lambda: consumer.tried == 1)

    runner._commit_soon(FIRST, 6)
    await runner._committed()

    assert consumer.committed == {FIRST: 6, SECOND: 7}


async def test_a_commit_that_failed_is_tried_again_though_nothing_else_is_done(
    runner: ReactionRunner, consumer: _Consumer
) -> None:
    consumer.away = 1
    runner._commit_soon(FIRST, 5)
    await eventually(lambda: consumer.tried == 1)

    runner._look_at_what_waits()

    await eventually(lambda: consumer.committed == {FIRST: 5})


async def test_what_could_not_be_committed_before_a_partition_went_is_not_committed_after_it_came_back(
    runner: ReactionRunner, consumer: _Consumer
) -> None:
    """Another owner may have gone further meanwhile."""
    consumer.away = 1
    runner._commit_soon(FIRST, 5)
    await runner.revoked([FIRST, SECOND])
    await runner.assigned([FIRST])

    runner._commit_soon(SECOND, 7)
    await runner._committed()

    assert consumer.committed == {SECOND: 7}
