"""`python -m deploy.provision [apply|drift]`: exit status 0 where all is as declared, 1 where it differs, 2 where the
broker refused. The broker is `KAFKA_BOOTSTRAP`."""

import asyncio
import os
import sys

from rich.console import Console

from deploy.provision import ProvisionFailed, Report, apply, declared, drift

_WORK = {"apply": apply, "drift": drift}


def tell(report: Report, console: Console) -> int:
    """Print the report; returns the exit status."""
    for name in report.created:
        console.print(f"created  {name}", highlight=False)
    for sentence in report.drift:
        console.print(f"[red]differs[/]  {sentence}", highlight=False)
    if not report.created and not report.drift:
        console.print("every topic is as declared")
    return 1 if report.drifted else 0


def main(arguments: list[str]) -> int:
    console = Console()
    work = _WORK.get(arguments[0] if arguments else "apply")
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP", "")
    if work is None or not bootstrap:
        console.print("usage: KAFKA_BOOTSTRAP=host:port python -m deploy.provision [apply|drift]", markup=False)
        return 2
    try:
        return tell(asyncio.run(work(bootstrap, declared())), console)
    except ProvisionFailed as error:
        console.print(f"[red]{error}[/]")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
