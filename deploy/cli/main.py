"""`ipp`: start the platform, see it run, look after it."""

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli import show
from deploy.cli.audit import audit
from deploy.cli.dlq import dlq
from deploy.cli.ending import CannotDo, one_line
from deploy.cli.incident import incident
from deploy.cli.lag import lag
from deploy.cli.platform import DEMO, find
from deploy.cli.rebuild import rebuild
from deploy.cli.retention import retention
from deploy.cli.up import stay_up
from deploy.cli.vault import vault
from deploy.local.child import ChildFailed
from deploy.local.services import SERVICES
from deploy.local.stack import FolderInUse
from deploy.provision import ProvisionFailed, apply, declared
from deploy.provision import drift as look_for_drift
from deploy.simulator.demo import Run, perform
from deploy.simulator.drawing import DEFAULT_COMPLAINTS
from deploy.simulator.evidence import CASES, read_topics
from deploy.simulator.quiet import NeverQuiet
from deploy.simulator.telling import tell_whole

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(dlq, name="dlq")
app.add_typer(audit, name="audit")
app.command()(rebuild)
app.command()(lag)
app.add_typer(vault, name="vault")
app.add_typer(incident, name="incident")
app.add_typer(retention, name="retention")
console = Console()

Service = StrEnum("Service", {name: name for name in SERVICES})  # type: ignore[misc]  # the names are data


@app.command()
def up() -> None:
    """Start everything and keep it up until Ctrl-C: broker, store, five services, simulated marketplaces, a mailbox."""
    try:
        asyncio.run(stay_up(console))
    except (ChildFailed, FolderInUse, ProvisionFailed) as problem:
        _fail(problem)


@app.command()
def demo(
    complaints: Annotated[
        int, typer.Option(envvar="COMPLAINTS", min=7, help="How many are accepted, evenly on seven marketplaces.")
    ] = DEFAULT_COMPLAINTS,
    seed: Annotated[int, typer.Option(envvar="SEED", help="The same seed is the same run.")] = 2026,
    kill: Annotated[
        list[Service] | None,
        typer.Option(envvar="KILL", help="Kill -9 this service in the middle of filing and of upholding; repeatable."),
    ] = None,
    report: Annotated[Path, typer.Option(help="Where the figures go.")] = Path("build/demo.json"),
) -> None:
    """Run complaints through weeks of business days and check every one. Exit status 0 only if all is as planned."""
    run = Run(seed, complaints, tuple(str(name) for name in kill or ()), DEMO, report)
    try:
        with show.RunProgress(console) as progress:
            result = asyncio.run(perform(run, progress.say, progress.told))
    except (ChildFailed, FolderInUse, ProvisionFailed, NeverQuiet) as problem:
        _fail(problem)
    show.show_result(console, result)
    console.print(f"The figures are in {report}.")
    raise typer.Exit(0 if result.verdict.right else 1)


@app.command()
def provision(
    check: Annotated[bool, typer.Option("--check", help="Change nothing, only say what differs.")] = False,
) -> None:
    """Create the topics that are missing and say what differs. Exit status 1 where something does."""
    work = look_for_drift if check else apply
    with one_line():
        try:
            report = asyncio.run(work(find().kafka, declared()))
        except ProvisionFailed as problem:
            raise CannotDo(str(problem)) from problem
    for name in report.created:
        console.print(f"created {name}", highlight=False)
    for sentence in report.drift:
        console.print(f"[red]differs[/] {escape(sentence)}", highlight=False)
    if not report.created and not report.drift:
        console.print("Every topic is as declared.")
    raise typer.Exit(1 if report.drifted else 0)


@app.command()
def case(
    number: Annotated[str, typer.Argument(help="A case number, for instance IPP-7K2M9QX4TD-001.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell a case over all services, in sentences, from the topics. Exit status 2 where there is no such case."""
    wanted = number.strip().upper()
    with one_line():
        evidence = asyncio.run(read_topics(find().kafka, ()))
        events = evidence.of(CASES).get(wanted)
        if not events:
            raise CannotDo(f"there is no case {wanted} on {CASES}")
    filed, state = events[0]["data"], events[-1]["data"]["state"]
    about = {name: filed[name] for name in ("platform", "listing_id", "right_id")}
    sentences = list(tell_whole(evidence, wanted, events))
    if as_json:
        told = {"case": wanted, **about, "sentences": sentences, "state": state}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    platform, listing, right = (escape(said) for said in about.values())
    console.print(f"[bold]{escape(wanted)}[/]  {platform}  {listing}  right {right}", soft_wrap=True)
    for sentence in sentences:
        console.print(sentence, highlight=False, markup=False, soft_wrap=True)
    console.print(f"State: [bold]{state}[/]")


def _fail(problem: Exception) -> None:
    console.print(f"[red]{type(problem).__name__}[/]", highlight=False)
    console.print(str(problem), markup=False, highlight=False)
    raise typer.Exit(2)


if __name__ == "__main__":
    app()
