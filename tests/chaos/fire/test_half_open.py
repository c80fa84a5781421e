"""A connection to the broker that dies without a word holds nobody for longer than a request may take."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from deploy.local.kafka import Listener
from deploy.local.ports import LOOPBACK, steady_ports
from deploy.local.stack import LocalStack
from services.scoring.streams.outcomes import OutcomeProcessor, shape
from shared.contracts.envelope import encode
from shared.kafka.producer import Producer
from shared.mongo import Database
from shared.reactions.mongo_inbox import MongoInbox
from shared.reactions.runner import ReactionRunner
from shared.streams.app import StreamSettings
from shared.streams.processor import Record, Shape
from shared.streams.worker import StreamFailed, StreamWorker
from tests.chaos.fire.links import Link
from tests.support.case_events import CaseTale
from tests.support.eventually import eventually
from tests.support.jar_records import Counting, envelope
from tests.support.kafka import Broker, broker, named
from tests.support.stream_process import worker_process

_GIVEN_UP_WITHIN = 15.0  # seconds that a request may take
_AT_MOST = _GIVEN_UP_WITHIN + 10.0  # and to join the group again; the clients' own default is 40 for the request alone


class Far:
    """A broker of its own, with a link in front of it."""

    def __init__(self, link: Link, kafka: Broker) -> None:
        self.link = link
        self.kafka = kafka

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.link.port}"

    def lose_connections(self) -> None:
        """What is connected now stays dead, and nobody is told; new connections are fine."""
        self.link.fall_silent()
        self.link.heal()


@pytest.fixture
async def far(stack: LocalStack, tmp_path: Path) -> AsyncIterator[Far]:
    front, back = steady_ports(2)
    link = Link("kafka", front, back)
    async with AsyncExitStack() as held:
        await link.start()
        held.push_async_callback(link.stop)
        mine = LocalStack(tmp_path, {"MONGO_URL": stack.mongo_url}, listeners=[Listener("LINK", back, front)])
        await held.enter_async_context(mine)
        yield Far(link, await held.enter_async_context(broker(mine.kafka_bootstrap)))


async def test_reactions_go_on(far: Far, fresh_database: Database, fresh_name: Callable[[str], str]) -> None:
    jars, group = fresh_name("jars"), fresh_name("counting")
    await far.kafka.make_topics(jars, f"{group}.dlq.v1")
    counting, inbox = Counting(), MongoInbox(fresh_database)
    await inbox.prepare()
    runner = ReactionRunner(
        counting.subscription(jars, group=group), far.address, inbox, Producer(far.address, "not used")
    )

    async def told(number: int) -> None:
        headers, value = encode(envelope("jar", number))
        await far.kafka.put([(jars, b"jar", value, headers)])

    async with _running(runner.run()):
        await told(1)
        await eventually(lambda: counting.of("jar") == [1], within=30)
        far.lose_connections()
        await told(2)
        await eventually(lambda: counting.of("jar") == [1, 2], within=_AT_MOST)


async def test_processors_go_on(far: Far, fresh_name: Callable[[str], str]) -> None:
    mine = named(shape(), fresh_name)
    await far.kafka.make(mine)
    [topic] = mine.inputs
    first, second = CaseTale("CASE-1").upheld().records[:2]
    worker = StreamWorker(OutcomeProcessor(mine), StreamSettings(far.address))

    async def told(record: Record) -> None:
        headers, value = encode(record.envelope)
        await far.kafka.put([(topic, record.key.encode(), value, headers)])

    async with _running(worker.run()):
        await told(first)
        await eventually(lambda: worker.processed == 1, within=60)
        far.lose_connections()
        await told(second)
        await eventually(lambda: worker.processed == 2, within=_AT_MOST)


async def test_a_processor_ends_when_told_though_nothing_answers(far: Far, fresh_name: Callable[[str], str]) -> None:
    """Of itself, in the middle of its work and with offsets still to be committed; nobody need kill it."""
    mine = named(shape(), fresh_name)
    await far.kafka.make(mine)
    [topic] = mine.inputs
    records = [one for number in range(200) for one in CaseTale(f"CASE-{number}").upheld().records]

    async def tell() -> None:
        for one in records:
            headers, value = encode(one.envelope)
            await far.kafka.put([(topic, one.key.encode(), value, headers)])

    async with worker_process("outcomes", far.address, mine) as process, _running(tell()):
        await eventually(lambda: _told(far.kafka, mine), within=30)
        far.link.fall_silent()
        process.terminate()
        assert await asyncio.wait_for(process.wait(), StreamSettings("").stop_seconds + 10) == 0


async def _told(kafka: Broker, mine: Shape) -> bool:
    return any([await kafka.read(output) for output in mine.outputs])


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, StreamFailed):
            await task
