"""`ipp`: start the platform, see it run, look after it."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.cli import dead_letters, show
from deploy.cli.audit import audit
from deploy.cli.platform import DEMO, find
from deploy.cli.rebuild import rebuild
from deploy.cli.up import stay_up
from deploy.local.child import ChildFailed
from deploy.local.services import SERVICES
from deploy.local.stack import FolderInUse
from deploy.provision import ProvisionFailed, apply, declared
from deploy.provision import drift as look_for_drift
from deploy.simulator.demo import Run, perform
from deploy.simulator.drawing import DEFAULT_COMPLAINTS
from deploy.simulator.evidence import CASES, read_topics
from deploy.simulator.quiet import Broker, NeverQuiet
from deploy.simulator.telling import tell_whole

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
dlq = typer.Typer(help="Records that wait for an operator: parked keys and dead letters.", no_args_is_help=True)
app.add_typer(dlq, name="dlq")
app.add_typer(audit, name="audit")
app.command()(rebuild)
console = Console()

_DEAD_LETTERS = ".dlq.v1"
Service = StrEnum("Service", {name: name for name in SERVICES})  # type: ignore[misc]  # the names are data
WaitingId = Annotated[str, typer.Argument(help="As `ipp dlq list` shows it.", metavar="ID")]


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
    try:
        report = asyncio.run(work(find().kafka, declared()))
    except ProvisionFailed as problem:
        _fail(problem)
    for name in report.created:
        console.print(f"created {name}", highlight=False)
    for sentence in report.drift:
        console.print(f"[red]differs[/] {sentence}", highlight=False)
    if not report.created and not report.drift:
        console.print("Every topic is as declared.")
    raise typer.Exit(1 if report.drifted else 0)


@app.command()
def case(number: Annotated[str, typer.Argument(help="A case number, for instance IPP-7K2M9QX4TD-001.")]) -> None:
    """Tell a case over all services, in sentences, from the topics."""
    evidence = asyncio.run(read_topics(find().kafka, ()))
    wanted = number.strip().upper()
    events = evidence.of(CASES).get(wanted)
    if not events:
        console.print(f"There is no case {wanted} on {CASES}.")
        raise typer.Exit(1)
    filed = events[0]["data"]
    console.print(
        f"[bold]{wanted}[/]  {filed['platform']}  {filed['listing_id']}  right {filed['right_id']}", soft_wrap=True
    )
    for sentence in tell_whole(evidence, wanted, events):
        console.print(sentence, highlight=False, markup=False, soft_wrap=True)
    console.print(f"State: [bold]{events[-1]['data']['state']}[/]")


@app.command()
def lag() -> None:
    """Say which consumer groups are behind, and by how much. Exit status 1 where one is."""
    groups = tuple(topic.name.removesuffix(_DEAD_LETTERS) for topic in declared() if topic.name.endswith(_DEAD_LETTERS))

    async def look() -> bool:
        broker = Broker(find().kafka)
        await broker.start()
        try:
            lags = await broker.lags(groups)
            show.show_lags(console, groups, lags, await broker.silent(groups))
        finally:
            await broker.stop()
        return bool(lags)

    raise typer.Exit(1 if asyncio.run(look()) else 0)


@dlq.command("list")
def dlq_list() -> None:
    """Show everything that waits, with its id."""
    show.show_waiting(console, asyncio.run(dead_letters.waiting(find())))


@dlq.command("show")
def dlq_show(waiting_id: WaitingId) -> None:
    """Show one record whole."""
    found = [entry for entry in asyncio.run(dead_letters.waiting(find())) if entry.id == waiting_id]
    if not found:
        _unknown(waiting_id)
    show.show_record(console, found[0])


@dlq.command("replay")
def dlq_replay(waiting_id: WaitingId) -> None:
    """Apply a parked record again, or send a dead letter again to the topic that it came from."""
    _decide(waiting_id, "retry")


@dlq.command("discard")
def dlq_discard(waiting_id: WaitingId) -> None:
    """Pass over a parked record: what follows on its key goes on without it."""
    _decide(waiting_id, "discard")


def _decide(waiting_id: str, verdict: str) -> None:
    try:
        console.print(asyncio.run(dead_letters.decide(find(), waiting_id, verdict)), highlight=False)
    except LookupError:
        _unknown(waiting_id)


def _unknown(waiting_id: str) -> None:
    console.print(f"Nothing that waits has the id {waiting_id}.", highlight=False)
    raise typer.Exit(1)


def _fail(problem: Exception) -> None:
    console.print(f"[red]{type(problem).__name__}[/]", highlight=False)
    console.print(str(problem), markup=False, highlight=False)
    raise typer.Exit(2)


if __name__ == "__main__":
    app()
