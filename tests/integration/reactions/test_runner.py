"""Reactions on a real broker and a real store: restarts, rebalances, poison and giving up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from deploy.local.stack import LocalStack
from shared.contracts.envelope import encode
from shared.eventstore import Repository
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.eventstore.relay import Relay
from shared.kafka.producer import Producer
from shared.kernel.clock import SteppedClock
from shared.mongo import Database
from shared.reactions.mongo_inbox import MongoInbox
from shared.reactions.runner import ReactionRunner, TopicsMissing
from tests.support.eventually import eventually
from tests.support.jar_records import Counting, envelope
from tests.support.jars import CAUSE, NOW, jar_type, put


class Bench:
    """A topic of four partitions, a group with its dead-letter topic, and runners that can be killed."""

    def __init__(self, stack: LocalStack, database: Database, fresh_name: Callable[[str], str]) -> None:
        self.bootstrap = stack.kafka_bootstrap
        self.topic, self.copies, self.group = fresh_name("jars"), fresh_name("copies"), fresh_name("counting")
        self.database = database
        self.inbox = MongoInbox(database)
        self.producer = Producer(self.bootstrap, "test")
        self.counting = Counting()
        self.runners: list[tuple[ReactionRunner, asyncio.Task[None]]] = []

    async def start(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        dead = NewTopic(f"{self.group}.dlq.v1", 1, 1)
        await admin.create_topics([NewTopic(self.topic, 4, 1), NewTopic(self.copies, 1, 1), dead])
        await admin.close()
        await self.inbox.prepare()
        await self.producer.start()

    async def stop(self) -> None:
        for _, task in self.runners:
            await self.kill(task)
        await self.producer.stop()

    def run(self, counting: Counting | None = None, **options: int) -> ReactionRunner:
        subscription = (counting or self.counting).subscription(self.topic, group=self.group)
        runner = ReactionRunner(
            subscription,
            self.bootstrap,
            self.inbox,
            self.producer,
            session_timeout_seconds=6.0,
            look_at_parked_every_seconds=0.1,
            **options,
        )
        self.runners.append((runner, asyncio.create_task(runner.run())))
        return runner

    @staticmethod
    async def kill(task: asyncio.Task[None]) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def send(self, subjects: Sequence[str], numbers: Sequence[int]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True) as producer:
            for number in numbers:
                for subject in subjects:
                    headers, value = encode(envelope(subject, number))
                    await producer.send(self.topic, value, key=subject.encode(), headers=list(headers))

    async def send_bytes(self, key: str, value: bytes) -> None:
        await self.producer.send(self.topic, key.encode(), value, ())


@pytest.fixture
async def bench(stack: LocalStack, fresh_database: Database, fresh_name: Callable[[str], str]) -> AsyncIterator[Bench]:
    bench = Bench(stack, fresh_database, fresh_name)
    await bench.start()
    yield bench
    await bench.stop()


SUBJECTS = [f"jar-{n}" for n in range(20)]


def all_done(bench: Bench, last: int, subjects: Sequence[str] = SUBJECTS) -> Callable[[], bool]:
    return lambda: all(last in bench.counting.of(subject) for subject in subjects)


async def test_from_a_command_to_the_effect_in_another_service(bench: Bench) -> None:
    store = MongoAggregateStore(bench.database, "jars", jar_type().indexes)
    await store.prepare()
    relay = Relay("jars", store, bench.producer)
    jars = Repository(jar_type(bench.topic, bench.copies), store, SteppedClock(NOW), "test", on_commit=relay.wake)
    relaying = asyncio.create_task(relay.run())
    runner = bench.run()

    await asyncio.gather(*(jars.execute(f"jar-{n % 10}", put(12), CAUSE) for n in range(100)))
    # All are on one key of their service here; what counts is each jar's own sequence: made, then ten fillings.
    await eventually(lambda: len(bench.counting.applied) >= 100)
    await eventually(lambda: relay.idle)

    for n in range(10):
        assert bench.counting.of(f"jar-{n}") == list(range(2, 12))
    assert await store.unsent() == 0
    await settled(runner)
    await bench.kill(relaying)


async def settled(runner: ReactionRunner) -> None:
    async def nothing_left() -> bool:
        return not any((await runner.backlog()).values())

    await eventually(nothing_left)


async def test_killed_in_the_middle_and_started_again_each_event_takes_effect_once(bench: Bench) -> None:
    await bench.send(SUBJECTS, range(1, 51))
    bench.run(batch=50)
    for killed_after in (100, 400, 700):
        await eventually(lambda n=killed_after: len(bench.counting.applied) >= n)  # type: ignore[misc]
        await bench.kill(bench.runners[-1][1])
        bench.run(batch=50)

    await eventually(all_done(bench, 50))

    for subject in SUBJECTS:
        # What was under way when it was killed may be handled twice: its position was not durable yet.
        said = bench.counting.of(subject)
        assert sorted(set(said)) == list(range(1, 51))
        assert [number for i, number in enumerate(said) if number not in said[:i]] == list(range(1, 51))
    assert await bench.inbox.count_parked() == 0


async def test_two_runners_share_the_partitions_and_hand_them_over(bench: Bench) -> None:
    other = Counting(applied=bench.counting.applied)
    bench.run()
    await bench.send(SUBJECTS, range(1, 21))
    await eventually(lambda: len(bench.counting.applied) >= 50)
    second = bench.run(other)
    await bench.send(SUBJECTS, range(21, 41))
    await eventually(lambda: 0 < len(second._lanes) < 4)
    await bench.send(SUBJECTS, range(41, 61))
    await bench.kill(bench.runners[0][1])
    await bench.send(SUBJECTS, range(61, 71))

    await eventually(all_done(bench, 70), within=20)

    for subject in SUBJECTS:
        said = bench.counting.of(subject)
        assert [number for i, number in enumerate(said) if number not in said[:i]] == list(range(1, 71))
    assert await bench.inbox.count_parked() == 0


async def test_a_poison_record_stalls_only_its_key_until_an_operator_decides(bench: Bench) -> None:
    bench.counting.raises["jar-3/2"] = [ValueError("a bug"), ValueError("a bug")]
    await bench.send(SUBJECTS, range(1, 6))
    runner = bench.run()
    others = [subject for subject in SUBJECTS if subject != "jar-3"]
    await eventually(all_done(bench, 5, others))
    await eventually(lambda: sum(lanes.parked_keys for lanes in runner._lanes.values()) == 1)
    assert bench.counting.of("jar-3") == [1]
    assert runner.healthy

    # Restarted, it is still parked; its records are committed and come no more.
    await bench.kill(bench.runners[-1][1])
    bench.run()
    await bench.send(SUBJECTS, [6])
    await eventually(all_done(bench, 6, others))
    assert bench.counting.of("jar-3") == [1]

    await eventually(lambda: parked_are(bench, 5))
    parked = await bench.inbox.list_parked(bench.group)
    assert [one.reason for _, one in parked] == ["failed", "behind", "behind", "behind", "behind"]
    await bench.inbox.decide(parked[0][0], "retry")
    await eventually(lambda: has_failed_again(bench))
    await bench.inbox.decide(parked[0][0], "retry")
    await eventually(all_done(bench, 6))
    assert bench.counting.of("jar-3") == [1, 2, 3, 4, 5, 6]


async def parked_are(bench: Bench, count: int) -> bool:
    return await bench.inbox.count_parked() == count


async def has_failed_again(bench: Bench) -> bool:
    """The bug was met twice, and the verdict that led to it is used up."""
    first = (await bench.inbox.list_parked(bench.group))[0][1]
    return not bench.counting.raises["jar-3/2"] and first.verdict == ""


async def test_what_cannot_be_read_goes_to_the_dead_letters_with_where_it_stood(bench: Bench) -> None:
    await bench.send_bytes("jar-1", b"\xff not json")
    await bench.send(SUBJECTS, [1])
    bench.run()
    await eventually(all_done(bench, 1))

    async with AIOKafkaConsumer(
        f"{bench.group}.dlq.v1", bootstrap_servers=bench.bootstrap, auto_offset_reset="earliest"
    ) as dead:
        letter = await asyncio.wait_for(dead.getone(), 10)
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (b"jar-1", b"\xff not json")
    assert (headers["dlq_topic"], headers["dlq_offset"]) == (bench.topic.encode(), b"0")
    assert headers["dlq_partition"].isdigit()
    assert headers["dlq_error"].startswith(b"JSONDecodeError")


async def test_topics_that_are_not_there_are_told_at_the_start(bench: Bench) -> None:
    subscription = bench.counting.subscription(bench.topic, "nowhere.v1", group="nobody")
    runner = ReactionRunner(subscription, bench.bootstrap, bench.inbox, bench.producer)

    with pytest.raises(TopicsMissing, match=r"provision these topics first: nobody.dlq.v1, nowhere.v1"):
        await runner.run()
    assert not runner.healthy


async def test_too_many_dead_letters_stop_it_and_make_it_unready(bench: Bench) -> None:
    for _ in range(5):
        await bench.send_bytes("jar-1", b"rubbish")
    runner = bench.run(most_dead_letters=3)
    await eventually(lambda: bool(runner.stopped_because))
    # Four, or as many as were under way by then.
    assert runner.stopped_because in ("4 dead letters since the start", "5 dead letters since the start")
    assert not runner.healthy

    await bench.send(SUBJECTS, [1])
    await eventually(lambda: lag_of(runner, len(SUBJECTS)))
    assert bench.counting.applied == []
    # Whoever mended the cause starts it again.
    await bench.kill(bench.runners[-1][1])
    bench.run(most_dead_letters=3)
    await eventually(all_done(bench, 1))


async def lag_of(runner: ReactionRunner, records: int) -> bool:
    return (await runner.backlog())[f"lag:{runner.group}"] >= records


async def test_too_many_parked_keys_stop_it_until_operators_have_decided(bench: Bench) -> None:
    for subject in SUBJECTS[:5]:
        bench.counting.raises[f"{subject}/1"] = [ValueError("a bug")]
    await bench.send(SUBJECTS, [1, 2])
    runner = bench.run(most_parked_keys=3)
    await eventually(lambda: bool(runner.stopped_because))
    assert not runner.healthy
    await bench.send(SUBJECTS, [3])

    # It stops at the fourth: a key whose partition was not read by then fails and is parked when it goes on.
    await eventually(lambda: decided_and_done(bench, 3))
    await settled(runner)
    assert runner.healthy
    for subject in SUBJECTS:
        assert bench.counting.of(subject) == [1, 2, 3]


async def retry_what_failed(bench: Bench) -> None:
    for parked_id, parked in await bench.inbox.list_parked(bench.group):
        if parked.reason == "failed":
            await bench.inbox.decide(parked_id, "retry")


async def decided_and_done(bench: Bench, last: int) -> bool:
    """Operators look again and again, and decide about all that failed."""
    await retry_what_failed(bench)
    return all_done(bench, last)()


async def test_what_was_decided_while_it_was_down_is_carried_out_before_it_is_counted(bench: Bench) -> None:
    for subject in SUBJECTS[:5]:
        bench.counting.raises[f"{subject}/1"] = [ValueError("a bug")]
    await bench.send(SUBJECTS, [1, 2])
    bench.run()
    await eventually(lambda: parked_are(bench, 10))
    await bench.kill(bench.runners[-1][1])
    await retry_what_failed(bench)

    runner = bench.run(most_parked_keys=3)
    await eventually(all_done(bench, 2))
    await settled(runner)
    assert runner.healthy


async def test_a_failure_of_our_own_stops_it_and_loses_nothing(bench: Bench) -> None:
    class Broken(MongoInbox):
        async def advance(self, group: str, positions: Mapping[str, int]) -> None:
            raise RuntimeError("a bug of ours")

    sound, bench.inbox = bench.inbox, Broken(bench.database)
    await bench.send(SUBJECTS, [1, 2])
    runner = bench.run()
    await eventually(lambda: bool(runner.stopped_because))
    assert (runner.stopped_because, runner.healthy) == ("RuntimeError: a bug of ours", False)
    await bench.kill(bench.runners[-1][1])

    bench.inbox = sound
    bench.run()
    await eventually(all_done(bench, 2))


async def test_a_restart_while_the_store_is_slow_loses_nothing(bench: Bench) -> None:
    """Records are fetched while what is parked is still being read: they must not be passed over."""
    go_on = asyncio.Event()

    class Slow(MongoInbox):
        async def parked(self, group: str, topic: str, partition: int):  # type: ignore[no-untyped-def]
            await go_on.wait()
            return await super().parked(group, topic, partition)

    bench.inbox = Slow(bench.database)
    await bench.send(SUBJECTS, range(1, 4))
    runner = bench.run()
    put_back: list[object] = []
    real = runner._put_back
    runner._put_back = lambda partition, offset: (put_back.append(partition), real(partition, offset))[1]  # type: ignore[method-assign,func-returns-value]
    await eventually(lambda: bool(put_back))
    go_on.set()

    await eventually(all_done(bench, 3))
    for subject in SUBJECTS:
        assert bench.counting.of(subject) == [1, 2, 3]


class SlowCommit:
    """In the place of a runner's commits: each waits until it may go on."""

    def __init__(self, runner: ReactionRunner) -> None:
        self.asked, self.go_on, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._real = runner._consumer.commit
        runner._consumer.commit = self

    async def __call__(self, offsets: object) -> None:
        self.asked.set()
        await self.go_on.wait()
        await self._real(offsets)
        self.done.set()


async def working_with_a_commit_under_way(bench: Bench) -> tuple[ReactionRunner, SlowCommit]:
    """All is applied, three of four events of each subject are committed for sure."""
    await bench.send(SUBJECTS, range(1, 4))
    runner = bench.run()
    await eventually(all_done(bench, 3))
    await settled(runner)
    await eventually(lambda: committed_are(bench, 3 * len(SUBJECTS)))
    commit = SlowCommit(runner)
    await bench.send(SUBJECTS, [4])
    await eventually(all_done(bench, 4))
    await commit.asked.wait()
    return runner, commit


async def test_partitions_are_given_up_when_what_was_done_is_committed(bench: Bench) -> None:
    """Offsets are committed beside the work: a commit that is under way at a revocation is waited for."""
    first, commit = await working_with_a_commit_under_way(bench)
    other = Counting()
    second = bench.run(other)
    await eventually(lambda: not first._lanes, within=20)
    assert not second._lanes
    commit.go_on.set()

    await eventually(lambda: bool(second._lanes), within=20)
    assert commit.done.is_set()
    await bench.send(SUBJECTS, [5])
    both = bench.counting.applied, other.applied
    await eventually(lambda: all((s, 5) in (*both[0], *both[1]) for s in SUBJECTS), within=20)
    assert {number for _, number in other.applied} == {5}


async def test_a_runner_leaves_when_what_was_done_is_committed(bench: Bench) -> None:
    first, commit = await working_with_a_commit_under_way(bench)
    leaving = asyncio.create_task(bench.kill(bench.runners[0][1]))
    await eventually(lambda: not first._consuming)
    assert not leaving.done()
    commit.go_on.set()
    await leaving
    assert await committed_are(bench, 4 * len(SUBJECTS))


async def committed_are(bench: Bench, count: int) -> bool:
    return await committed(bench) == count


async def committed(bench: Bench) -> int:
    """Records up to which the group has committed, in all partitions together."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(bench.group)
    finally:
        await admin.close()
    return sum(each.offset for each in offsets.values())


async def test_a_commit_that_fails_costs_a_repeat_that_positions_drop(bench: Bench) -> None:
    await bench.send(SUBJECTS, range(1, 4))
    first = bench.run()
    await eventually(all_done(bench, 3))
    await settled(first)

    async def refused(_: object) -> None:
        raise KafkaError

    first._consumer.commit = refused
    await bench.send(SUBJECTS, [4])
    await eventually(all_done(bench, 4))
    await settled(first)
    await bench.kill(bench.runners[0][1])

    other = Counting()
    await settled(bench.run(other))
    await bench.send(SUBJECTS, [5])
    await eventually(lambda: all(other.of(subject) == [5] for subject in SUBJECTS), within=20)
