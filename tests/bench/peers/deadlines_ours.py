"""The product's deadline processor in its stream worker, nothing left out. Arguments: bootstrap, group name, input
topic, folder of its local rows or "-", where to write a profile of its start or "-", its instance, which CPU it has or
"-".

Prints a line when it is ready; then for the line `rows`, what it holds: how many deadlines run, and a sum over all
rows, which takes a second for a million; for any other line, how many records it has processed.
"""

import asyncio
import cProfile
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import uvloop

from services.complaints.streams import deadlines
from shared.contracts.complaints import cases
from shared.kernel.clock import SystemClock
from shared.runtime.parent import die_with_parent
from shared.streams.app import StreamSettings
from shared.streams.deadlines import DeadlineProcessor
from shared.streams.worker import StreamWorker
from tests.bench.streams import bench_shape

GRACE = timedelta(seconds=1)
_LOOK_SECONDS = 0.01


def digest(key: str, row: bytes) -> int:
    return crc32(row, crc32(key.encode()))


def held(processor: DeadlineProcessor) -> dict[str, int]:
    rows = [(key, row) for part in processor._partitions.values() for key, row in part.subjects.items()]
    running = [(key, row) for key, row in rows if isinstance(row, bytes)]
    return {"running": len(running), "digest": sum(digest(key, row) for key, row in running)}


async def main(bootstrap: str, group: str, source: str, folder: str, profile: str, instance: str) -> None:
    shape = bench_shape(deadlines.shape(), group, {source: cases.TOPIC})
    processor = DeadlineProcessor(shape, "complaints", SystemClock(), GRACE)
    settings = StreamSettings(bootstrap, instance=instance, state_folder=None if folder == "-" else Path(folder))
    worker = StreamWorker(processor, settings)
    profiler = cProfile.Profile()
    if profile != "-":
        profiler.enable()
    running = asyncio.create_task(worker.run())
    while not worker.ready and not running.done():
        await asyncio.sleep(_LOOK_SECONDS)
    if profile != "-":
        profiler.disable()
        profiler.dump_stats(profile)
    print("ready", flush=True)
    asked = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)

    async def answer() -> None:
        while line := await asked.readline():
            all_rows = held(processor) if line == b"rows\n" else {"processed": worker.processed}
            print(json.dumps(all_rows | {"ready": worker.ready}), flush=True)

    answering = asyncio.create_task(answer())
    await running
    await answering


if __name__ == "__main__":
    die_with_parent()
    *arguments, cpu = sys.argv[1:]
    if cpu != "-":
        os.sched_setaffinity(0, {int(cpu)})  # before there are threads
    uvloop.run(main(*arguments))
