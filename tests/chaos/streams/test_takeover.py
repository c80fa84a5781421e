"""Two workers of one processor: partitions are shared, and taken over when one is killed."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from deploy.local.stack import LocalStack
from services.scoring.streams.outcomes import OutcomeProcessor, shape
from shared.contracts.envelope import decode, encode
from shared.streams.app import StreamSettings
from shared.streams.processor import Record
from shared.streams.worker import StreamWorker
from tests.support.case_events import CaseTale
from tests.support.eventually import eventually
from tests.support.kafka import Broker, broker, named
from tests.support.stream_process import worker_process

_CASES = 200


async def test_a_killed_workers_partitions_are_taken_over_with_their_state(
    stack: LocalStack, fresh_name: Callable[[str], str]
) -> None:
    """The survivor ends every case with what the dead one knew of it: the first decision was told to the other."""
    mine = named(shape(), fresh_name)
    [topic] = mine.inputs
    tales = [CaseTale(f"CASE-{number:04}").upheld().down() for number in range(_CASES)]
    async with broker(stack.kafka_bootstrap) as kafka:
        await kafka.make(mine)
        worker = StreamWorker(OutcomeProcessor(mine), StreamSettings(kafka.bootstrap, instance="survivor"))
        running = asyncio.create_task(worker.run())
        await eventually(lambda: worker.ready, within=60)
        async with worker_process("outcomes", kafka.bootstrap, mine, instance="other"):
            await eventually(lambda: len(worker.partitions) == 2, within=60)
            for number in range(2):
                await _tell(kafka, topic, [tale.records[number] for tale in tales])
            await eventually(lambda: _committed(kafka, mine.app_id, 2 * _CASES), within=60)
        await _tell(kafka, topic, [tale.records[2] for tale in tales])

        await eventually(lambda: _committed(kafka, mine.app_id, 3 * _CASES), within=90)
        assert len(worker.partitions) == 4
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        newest: dict[str, tuple[int, Mapping[str, Any]]] = {}
        for raw in await kafka.read(mine.outputs[0]):
            outcome = decode(raw.value)
            if outcome.sequence >= newest.get(outcome.subject, (0, {}))[0]:
                newest[outcome.subject] = (outcome.sequence, outcome.data)
    assert len(newest) == _CASES
    assert all(
        (sequence, data["first_decision"], data["decided_at"]) == (3, "upheld", "2026-03-02T03:00:00Z")
        for sequence, data in newest.values()
    )


async def _tell(kafka: Broker, topic: str, told: list[Record]) -> None:
    coded = [(one.key.encode(), *encode(one.envelope)) for one in told]
    await kafka.put((topic, key, value, headers) for key, headers, value in coded)


async def _committed(kafka: Broker, group: str, wanted: int) -> bool:
    return sum((await kafka.committed(group)).values()) == wanted
