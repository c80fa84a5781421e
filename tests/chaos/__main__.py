"""`python -m tests.chaos`: a run under fire, with a report in `build/chaos/<seed>.json`. Ctrl-C ends it in order."""

import argparse
import asyncio
import logging
import random
import signal
import sys
from collections.abc import Sequence

import uvloop

from tests.chaos import table
from tests.chaos.run import Result, Run, perform


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--form", choices=("short", "every", "long"), default="long")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--complaints", type=int, default=0, help="by default 167 a minute")
    parser.add_argument("--seed", type=int, default=0, help="drawn where none is given")
    parser.add_argument("--keep", action="store_true", help="append the run to the table in docs/reliability")
    asked = parser.parse_args(arguments)
    run = Run(
        seed=asked.seed or random.SystemRandom().randrange(1, 10**6),
        form=asked.form,
        minutes=asked.minutes,
        complaints=asked.complaints or round(asked.minutes * 167),
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is away is no news here
    result = uvloop.run(_performed(run))
    if asked.keep:
        table.keep(result)
    return told(result)


async def _performed(run: Run) -> Result:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await perform(run, lambda text: print(text, flush=True), stop)  # noqa: T201 - it tells how it goes


def told(result: Result) -> int:
    worst = f"{result.worst:g} s" if result.worst is not None else "never"
    busy = f", BUSY: {result.busy}" if result.busy else ""
    sys.stdout.write(
        f"seed {result.run.seed}: {result.figures.get('cases')} complaints, {len(result.injected)} faults, "
        f"slowest catching up {worst}, {len(result.breaches)} breaches{busy}\n"
    )
    return 1 if result.breaches or result.busy else 0


if __name__ == "__main__":
    sys.exit(main())
