"""Two workers ÷ one, each on a core of its own, for a group with a backlog: holds that follow upheld cases.

Upheld cases by the thousand are produced at one go, their keys spread over four partitions; it counts until the last
`remove` command is in the marketplace's hand. A worker is a complaints process with the role `reactions`, pinned to a
core. Broker and store, which every hold needs, are not pinned: with one worker they have the other core nearly to
themselves, with two they share both cores with the workers. So the ratio tells what a second worker brings on a
machine of two cores, and less than it brings where store and broker have machines of their own.

To see that apart, the same is taken with slowed workers, which run for 2 ms of each 14 (all at once): store and broker
then have time enough, and what limits is the worker, as with a store on machines of its own.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil
from aiokafka import AIOKafkaProducer

from deploy.local.ports import free_ports
from shared.contracts.complaints import cases
from shared.contracts.envelope import Envelope, encode
from shared.kernel.ids import random_id
from tests.bench.figures import Figure, Sense
from tests.bench.marketplace import Arrivals, listening
from tests.bench.stage import Stage, complaints_stage

COMMANDS = "takedowns.taobao.v1"
CASES = 3_000
SLOWED_CASES = 2_000
_RUNS, _RESTS = 0.002, 0.012  # seconds
_WARM_UP = 400
_WITHIN = 120.0


@dataclass(frozen=True)
class Run:
    """`cpu`: seconds of each process while it ran."""

    holds: int
    per_second: float
    cpu: Mapping[str, float]


async def measure(repetitions: int) -> Sequence[Figure]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise RuntimeError("two cores are needed")
    one: list[tuple[Run, Run]] = []
    two: list[tuple[Run, Run]] = []
    async with complaints_stage() as stage, listening(stage.world.stack.kafka_bootstrap, COMMANDS) as commands:
        for _ in range(repetitions):
            one.append(await _drained(stage, cores[:1], commands))
            two.append(await _drained(stage, cores[:2], commands))
    return _figures([run for run, _ in one], [run for run, _ in two], [run for _, run in one], [run for _, run in two])


def _figures(
    one: Sequence[Run], two: Sequence[Run], slowed_one: Sequence[Run], slowed_two: Sequence[Run]
) -> Sequence[Figure]:
    detail: dict[str, Any] = {"one": [_told(run) for run in one], "two": [_told(run) for run in two]}
    slowed = {"one": [_told(run) for run in slowed_one], "two": [_told(run) for run in slowed_two]}
    return (
        Figure("scale_out_reactions", "ratio", _ratios(two, one), 1.7, Sense.AT_LEAST, detail),
        Figure("scale_out_reactions_slowed", "ratio", _ratios(slowed_two, slowed_one), detail=slowed),
        Figure("reactions_one_worker_per_s", "holds/s", [run.per_second for run in one]),
        Figure("reactions_two_workers_per_s", "holds/s", [run.per_second for run in two]),
        Figure("reactions_cpu_ms", "ms", [_cpu_ms(run, "worker") for run in one]),
        Figure("reactions_store_cpu_ms", "ms", [_cpu_ms(run, "store") for run in one]),
        Figure("reactions_broker_cpu_ms", "ms", [_cpu_ms(run, "broker") for run in one]),
    )


def _ratios(two: Sequence[Run], one: Sequence[Run]) -> list[float]:
    return [both.per_second / alone.per_second for both, alone in zip(two, one, strict=True)]


async def _drained(stage: Stage, cores: Sequence[int], commands: Arrivals) -> tuple[Run, Run]:
    """With a worker on each of the cores, which have shared out the partitions before the backlog comes; then with
    the same workers slowed."""
    ports = free_ports(len(cores))
    for core, port in zip(cores, ports, strict=True):
        worker = await stage.start_complaints("reactions", name=f"worker{core}", port=port)
        _pin(worker.pid, core)
    for port in ports:
        await stage.quiet(port)
    await holds(stage, ports, commands, _WARM_UP)
    run = await holds(stage, ports, commands, CASES)
    async with _slowed([stage.children[f"worker{core}"].pid for core in cores]):
        slowed = await holds(stage, ports, commands, SLOWED_CASES)
    for core in cores:
        await stage.stop(f"worker{core}")
    return run, slowed


async def holds(stage: Stage, ports: Sequence[int], commands: Arrivals, count: int) -> Run:
    before, began = stage.cpu(), time.perf_counter()
    listings = await _uphold(stage, count)
    await commands.until_all(listings, within=_WITHIN)
    seconds = max(commands.at[listing] for listing in listings) - began
    after = stage.cpu()
    for port in ports:
        await stage.quiet(port)
    return Run(count, count / seconds, {name: after[name] - before[name] for name in after})


@asynccontextmanager
async def _slowed(pids: Sequence[int]) -> AsyncIterator[None]:
    """These run and rest together, by signals, for as long as the block."""

    async def alternate() -> None:
        while True:
            await asyncio.sleep(_RUNS)
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(_RESTS)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    task = asyncio.create_task(alternate())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _pin(pid: int, core: int) -> None:
    """With the threads that it has started; later ones inherit."""
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, {core})


async def _uphold(stage: Stage, count: int) -> set[str]:
    """Cases of which the first that is heard is that they are upheld; their listings."""
    upheld = next(each for each in cases.TOPIC.examples if isinstance(each, cases.ComplaintUpheld))
    template = upheld.model_dump(mode="json") | {"holds_listing": True, "platform": "taobao"}
    producer = AIOKafkaProducer(
        bootstrap_servers=stage.world.stack.kafka_bootstrap, acks="all", enable_idempotence=True, linger_ms=5
    )
    await producer.start()
    listings = set()
    try:
        for _ in range(count):
            case_id, listing = random_id("IPP"), f"taobao:item:{next(stage.items)}"
            envelope = Envelope(
                id=f"bench/{case_id}/1",
                source="/complaints",
                type=cases.ComplaintUpheld.type,
                subject=case_id,
                time=stage.world.clock.now(),
                dataschema=cases.ComplaintUpheld.dataschema(),
                sequence=1,
                data=template | {"case_id": case_id, "listing_id": listing},
            )
            headers, value = encode(envelope)
            await producer.send(cases.TOPIC.name, value, key=case_id.encode(), headers=list(headers))
            listings.add(listing)
    finally:
        await producer.stop()
    return listings


def _cpu_ms(run: Run, process: str) -> float:
    """For one hold; of all processes whose name begins so."""
    return sum(seconds for name, seconds in run.cpu.items() if name.startswith(process)) * 1000 / run.holds


def _told(run: Run) -> dict[str, Any]:
    cpu = {name: round(seconds, 2) for name, seconds in run.cpu.items()}
    return {"holds": run.holds, "holds_per_s": round(run.per_second), "cpu_s": cpu}
