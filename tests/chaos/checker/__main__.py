"""`python -m tests.chaos.checker [--ledger FILE]` checks the platform that runs here (`ipp up`, `ipp demo`) or that
KAFKA_BOOTSTRAP and MONGO_URL name. Exit status 0: no breach; 1: breaches, each told; 2: it could not be done."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from deploy.cli.platform import find
from deploy.rebuild import RebuildFailed
from shared.kernel.clock import clock_from
from tests.chaos.checker import Evidence, check, read_promises
from tests.chaos.checker.gather import gather
from tests.chaos.checker.rebuilds import rebuild_all


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos.checker", description=__doc__)
    parser.add_argument("--ledger", type=Path, help="what clients were promised (JSON lines)")
    parser.add_argument("--clock", type=Path, help="the file of stepped business time; else the platform's own")
    parser.add_argument("--settle", type=float, default=12.0, help="seconds in which nothing may move to be quiet")
    parser.add_argument("--rebuild", action="store_true", help="rebuild every processor beside it and compare (I8)")
    try:
        evidence = asyncio.run(_gathered(parser.parse_args(arguments)))
    except RebuildFailed as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return _tell(evidence)


async def _gathered(asked: argparse.Namespace) -> Evidence:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    platform = find()
    clock = clock_from(asked.clock or platform.clock_file)
    rebuilt = await rebuild_all(platform, clock) if asked.rebuild else ()
    promises = read_promises(asked.ledger) if asked.ledger else ()
    return await gather(platform, clock.now, promises, rebuilt=rebuilt, settle=asked.settle)


def _tell(evidence: Evidence) -> int:
    breaches = check(evidence)
    said = [str(breach) for breach in breaches]
    if evidence.busy:
        said.append(f"still busy ({evidence.busy}): what may yet come was not called missing")
    said += [f"not decided: {what}" for what in _undecided(evidence)]
    cases = len(evidence.stored("complaints.cases"))
    looked_at = f"{cases} cases, {len(evidence.records)} records, {len(evidence.promises)} attempts"
    rebuilt = f", {len(evidence.rebuilt)} processors rebuilt" if evidence.rebuilt else ""
    said.append(f"{looked_at}{rebuilt}: {len(breaches)} breaches")
    sys.stdout.write("\n".join(said) + "\n")
    return 1 if breaches else 0


def _undecided(evidence: Evidence) -> list[str]:
    """What nobody gave evidence of."""
    missing = {
        "whether what was promised was kept (I1, I2): no --ledger": not evidence.promises,
        "whether processors come to the same again (I8): no --rebuild": not evidence.rebuilt,
        "what marketplaces did with their commands, and letters sent twice (I4): only a chaos run sees them": not (
            evidence.shelves or evidence.mails
        ),
    }
    return [what for what, is_missing in missing.items() if is_missing]


if __name__ == "__main__":
    sys.exit(main())
