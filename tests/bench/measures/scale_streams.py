"""Two workers of a stream processor ÷ one, each on a CPU of its own, on a machine of two.

The deadline processor reads cases of which each has a deadline: an event is read, a row is written, its offset
committed. The workers, ready and with their partitions, are stopped while all events are put in, and go on together.
Counted are the seconds until all are committed. The broker shares the CPUs with them, so that two workers have less
than two CPUs.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from services.complaints.streams import deadlines
from shared.contracts.complaints import cases
from tests.bench.deadline_worker import DeadlineWorker
from tests.bench.figures import Figure, Sense
from tests.bench.measures.deadlines import case_event
from tests.bench.streams import Broker, bench_shape, broker

EVENTS = 80_000
_LOOK_SECONDS = 0.02


async def measure(repetitions: int) -> Sequence[Figure]:
    due = datetime.now(UTC) + timedelta(days=30)
    records = [case_event(f"IPP-{number:010}-001", 1, due) for number in range(EVENTS)]
    rates: dict[int, list[float]] = {1: [], 2: []}
    used: list[list[float]] = []
    async with broker() as kafka:
        for number in range(repetitions):
            for workers in rates:
                seconds, cpu = await _run(kafka, f"bench-scale-{workers}-{number}", workers, records)
                rates[workers].append(EVENTS / seconds)
                used.append([round(each, 2) for each in cpu])
    ratios = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    detail = {f"events_per_s_{workers}": [round(one) for one in found] for workers, found in rates.items()}
    return (Figure("scale_out_streams", "ratio", ratios, 1.7, Sense.AT_LEAST, {**detail, "cpu_s_of_workers": used}),)


async def _run(kafka: Broker, name: str, count: int, records: list[Any]) -> tuple[float, list[float]]:
    source = f"{name}.cases.v1"
    shape = bench_shape(deadlines.shape(), name, {source: cases.TOPIC})
    await kafka.make_for(shape)
    workers = [DeadlineWorker(kafka, name, source, None, str(number), number) for number in range(count)]
    async with AsyncExitStack() as cleanup:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        cleanup.push_async_callback(admin.close)
        for worker in workers:
            cleanup.push_async_callback(worker.kill)
            await worker.start()
        await asyncio.gather(*(_with_partitions(worker) for worker in workers))
        before = [worker.cpu_seconds for worker in workers]
        for worker in workers:
            worker.pause()
        await kafka.load(source, records)
        began = time.perf_counter()
        for worker in workers:
            worker.go_on()
        async with asyncio.timeout(120):
            while await _committed(admin, shape.app_id, source) < len(records):
                await asyncio.sleep(_LOOK_SECONDS)
        seconds = time.perf_counter() - began
        cpu = [worker.cpu_seconds - earlier for worker, earlier in zip(workers, before, strict=True)]
        held = [(await worker.held())["running"] for worker in workers]
    if sum(held) != len(records) or not all(held):
        raise RuntimeError(f"{len(records)} events ended as {held}")
    return seconds, cpu


async def _with_partitions(worker: DeadlineWorker) -> None:
    """Until a worker that was ready before the next one joined is ready again."""
    async with asyncio.timeout(60):
        while not (await worker.processed())["ready"]:
            await asyncio.sleep(_LOOK_SECONDS)


async def _committed(admin: AIOKafkaAdminClient, group: str, topic: str) -> int:
    found = await admin.list_consumer_group_offsets(group)
    return sum(told.offset for part, told in found.items() if part.topic == topic and told.offset > 0)
