"""`python -m tests.chaos`: a run under fire, with a report in `build/chaos/<seed>.json`.

Ctrl-C ends it in order, with a report; a second one ends it at once. The exit status is 1 where a promise was broken, a
catch-up took too long, or something could not be looked at.
"""

import argparse
import asyncio
import logging
import random
import signal
import sys
from collections.abc import Sequence

import uvloop

from tests.chaos import table
from tests.chaos.fire.faults.servers import keep_mounts_to_ourselves
from tests.chaos.report import Result, Run, goal
from tests.chaos.run import perform

_AT_ONCE = 130  # as a shell tells of Ctrl-C


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
    keep_mounts_to_ourselves()
    try:
        result = uvloop.run(_performed(run))
    except asyncio.CancelledError:
        return _AT_ONCE
    if asked.keep:
        table.keep(result)
    return told(result)


async def _performed(run: Run) -> Result:
    stop = asyncio.Event()
    performing = asyncio.current_task()
    assert performing is not None

    def asked_to_end() -> None:
        if stop.is_set():
            performing.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end)
    return await perform(run, lambda text: print(text, flush=True), stop)  # noqa: T201 - it tells how it goes


def told(result: Result) -> int:
    worst = f"{result.worst:g} s" if result.worst is not None else "never"
    parts = [f"BUSY: {result.busy}"] if result.busy else []
    if result.late:
        allowed = goal(result.figures.get("store", ""))
        parts.append(f"{result.late} of {len(result.catch_ups)} catch-ups took longer than {allowed:g} s")
    if result.problems:
        parts.append(f"{len(result.problems)} problems: {'; '.join(result.problems)}")
    parts += [*result.left_over, *result.undone]
    sys.stdout.write(
        f"seed {result.run.seed}: {result.figures.get('cases')} complaints, {len(result.injected)} faults, "
        f"slowest catching up {worst}, {len(result.breaches)} breaches{''.join(f', {part}' for part in parts)}\n"
    )
    return int(result.failed)


if __name__ == "__main__":
    sys.exit(main())
