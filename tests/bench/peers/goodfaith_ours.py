"""The product's Good Faith processor in its stream worker, nothing left out. Arguments: bootstrap, input topic, group
name, number of events, folder of its local store, where to write a profile or "-"."""

import asyncio
import cProfile
import json
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from services.scoring.streams import goodfaith
from shared.contracts.scoring import outcomes
from shared.kernel.clock import SteppedClock
from shared.kernel.collector import spare_what_stays
from shared.runtime.parent import die_with_parent
from shared.streams.app import StreamSettings
from shared.streams.processor import Effects, Record
from shared.streams.worker import StreamWorker
from tests.bench.outcome_events import START
from tests.bench.peers.goodfaith_work import RULES, ZONE, digest, eligible
from tests.bench.streams import bench_shape

_LOOK_SECONDS = 0.005


class _Timed(goodfaith.GoodFaithProcessor):
    began = cpu = 0.0

    def process(self, record: Record) -> Effects:
        self.began, self.cpu = time.perf_counter(), time.process_time()
        self.process = super().process  # type: ignore[method-assign]
        return super().process(record)


async def main(bootstrap: str, source: str, group: str, count: int, folder: str) -> dict[str, Any]:
    shape = bench_shape(goodfaith.shape(), group, {source: outcomes.BY_ACCOUNT})
    processor = _Timed(shape, SteppedClock(START), lambda _: RULES, ZONE)
    worker = StreamWorker(processor, StreamSettings(bootstrap, state_folder=Path(folder)))
    running = asyncio.create_task(worker.run())
    while worker.processed < count and not running.done():
        await asyncio.sleep(_LOOK_SECONDS)
    if running.done():
        await running
    await worker.settle()
    seconds, cpu = time.perf_counter() - processor.began, time.process_time() - processor.cpu
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    owners = {
        name: (program.tally, program.standing)
        for accounts in processor._partitions.values()
        for name, account in accounts.items()
        for program in account.programs.values()
    }
    return {"seconds": seconds, "cpu": cpu, "digest": digest(owners), "eligible": eligible(owners)}


if __name__ == "__main__":
    die_with_parent()
    spare_what_stays()
    bootstrap, source, group, count, folder, profile = sys.argv[1:]
    work = main(bootstrap, source, group, int(count), folder)
    if profile == "-":
        print(json.dumps(uvloop.run(work)))
    else:
        with cProfile.Profile() as profiler:
            print(json.dumps(asyncio.run(work)))
        profiler.dump_stats(profile)
