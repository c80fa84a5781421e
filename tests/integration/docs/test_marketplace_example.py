"""The example consumer as a marketplace would run it: a process of its own on a real broker, killed in between."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.docs.examples import example
from deploy.local.stack import LocalStack
from shared.contracts.complaints import takedowns
from shared.contracts.envelope import Envelope, EventData, decode, header, read_data
from shared.contracts.marketplaces import acknowledgements
from tests.support.eventually import eventually
from tests.support.kafka import Broker, broker

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "marketplace.py"
REMOVE, REINSTATE = takedowns.TOPIC.examples
KEY = b"taobao:item:520813250866"


@asynccontextmanager
async def _running(platform: str, bootstrap: str, kept: Path) -> AsyncIterator[None]:
    """The example, until the block ends; then it is killed (signal 9)."""
    process = await asyncio.create_subprocess_exec(sys.executable, str(EXAMPLE), platform, bootstrap, str(kept))
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def _make_topics(bootstrap: str, platform: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    names = (takedowns.TOPIC.of(platform), acknowledgements.TOPIC.of(platform))
    await admin.create_topics([NewTopic(name, 2, 1) for name in names])
    await admin.close()


async def _command(kafka: Broker, platform: str, data: EventData, sequence: int) -> None:
    record = example(takedowns.TOPIC, data, sequence)
    await kafka.put([(takedowns.TOPIC.of(platform), KEY, record.value, record.headers)])


async def _answers(kafka: Broker, platform: str) -> list[Envelope]:
    """As complaints reads them: headers and data must fit the contract."""
    found = []
    for raw in await kafka.read(acknowledgements.TOPIC.of(platform)):
        envelope = decode(raw.value)
        read_data(envelope, acknowledgements.TOPIC.by_type[envelope.type])
        assert header(raw.headers.items(), "ce_type") == envelope.type
        assert raw.key == KEY
        found.append(envelope)
    return found


async def test_commands_are_answered_in_order_and_a_repeat_after_a_kill_gets_the_same_answer(
    stack: LocalStack, tmp_path: Path
) -> None:
    platform, kept = f"example-{uuid.uuid4().hex[:8]}", tmp_path / "commands.sqlite"
    await _make_topics(stack.kafka_bootstrap, platform)
    async with broker(stack.kafka_bootstrap) as kafka:
        # given a marketplace that answered a removal and was killed
        await _command(kafka, platform, REMOVE, 1)
        async with _running(platform, stack.kafka_bootstrap, kept):
            await eventually(lambda: _count(kafka, platform, 1), within=30)
        # when the removal comes again, and then the reinstatement
        await _command(kafka, platform, REMOVE, 1)
        await _command(kafka, platform, REINSTATE, 2)
        async with _running(platform, stack.kafka_bootstrap, kept):
            await eventually(lambda: _ends_with(kafka, platform, "ipp.takedown-acks.reinstated"), within=60)
        # then every answer to the removal is the first one, and the reinstatement's is the last
        *removals, last = await _answers(kafka, platform)
        assert len(removals) >= 2
        assert {answer.id for answer in removals} == {removals[0].id}
        assert {answer.type for answer in removals} == {"ipp.takedown-acks.removed"}
        assert last.data["command_id"] == "taobao:item:520813250866#2"


async def _count(kafka: Broker, platform: str, wanted: int) -> bool:
    return len(await _answers(kafka, platform)) >= wanted


async def _ends_with(kafka: Broker, platform: str, kind: str) -> bool:
    found = await _answers(kafka, platform)
    return bool(found) and found[-1].type == kind
