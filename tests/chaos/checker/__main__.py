"""`python -m tests.chaos.checker [--ledger FILE]` checks the platform that runs here; exit 1 where anything broke."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.cli.platform import DEMO, UP, Platform, find
from deploy.simulator.stage import RUNNING
from shared.kernel.clock import clock_from
from tests.chaos.checker import check, read_promises
from tests.chaos.checker.gather import gather


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos.checker", description=__doc__)
    parser.add_argument("--ledger", type=Path, help="what clients were promised (JSON lines)")
    parser.add_argument("--clock", type=Path, help="the file of stepped business time; else the machine's time")
    parser.add_argument("--settle", type=float, default=12.0, help="seconds in which nothing may move to be quiet")
    asked = parser.parse_args(arguments)
    platform = find()
    clock = clock_from(asked.clock or _clock_of(platform))
    promises = read_promises(asked.ledger) if asked.ledger else ()
    evidence = asyncio.run(gather(platform, clock.now(), promises, settle=asked.settle))
    breaches = check(evidence)
    said = [str(breach) for breach in breaches]
    if evidence.busy:
        said.append(f"still busy ({evidence.busy}): what may yet come was not called missing")
    said.append(f"{len(evidence.records)} records, {len(evidence.promises)} attempts: {len(breaches)} breaches")
    sys.stdout.write("\n".join(said) + "\n")
    return 1 if breaches else 0


def _clock_of(platform: Platform) -> Path | None:
    """A platform of ours whose time is stepped keeps the file beside the one that says where it runs."""
    for folder in (UP, DEMO):
        running = folder / RUNNING
        if running.is_file() and platform.kafka in running.read_text() and (folder / "clock").is_file():
            return folder / "clock"
    return None


if __name__ == "__main__":
    sys.exit(main())
