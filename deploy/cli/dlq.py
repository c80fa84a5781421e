"""`ipp dlq`: what waits for an operator, and what the operator decides."""

import asyncio
import getpass
import json
import logging
import os
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from deploy.cli import dead_letters, show
from deploy.cli.dead_letters import Waiting, Wanted
from deploy.cli.ending import CannotDo, logs_to_stderr, one_line
from deploy.cli.platform import Platform, find
from shared.reactions.decisions import Verdict

dlq = typer.Typer(help="Records that wait for an operator: parked keys and dead letters.", no_args_is_help=True)
_console = Console()

Id = Annotated[str, typer.Argument(help="As `ipp dlq list` shows it.", metavar="ID")]
SomeId = Annotated[str, typer.Argument(help="As `ipp dlq list` shows it; none: all that match.", metavar="[ID]")]
Group = Annotated[str, typer.Option(help="Only of this consumer group.")]
Reason = Annotated[
    str, typer.Option(help="Only gap, newer-version, failed, behind or dead-letter; or words of the explanation.")
]
Key = Annotated[str, typer.Option(help="Only of this key: with it a key's whole queue is meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it to all that match; without it their number is said.")]
By = Annotated[str, typer.Option(help="Who decides; the user of this machine if it is left out.")]


@dlq.command("list")
def list_waiting(
    group: Group = "",
    reason: Reason = "",
    key: Key = "",
    everything: Annotated[bool, typer.Option("--all", help="Also dead letters that were decided about.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what waits, with its id: parked records, and dead letters about which nobody has decided yet.

    Exit status 0: nothing of what is shown waits for a decision; 1: something does; 2: broker or store do not answer.
    """
    with one_line():
        platform = _platform()
        found = asyncio.run(dead_letters.waiting(platform, Wanted("", group, reason, key), decided=everything))
    if as_json:
        typer.echo(json.dumps([dead_letters.as_json(entry) for entry in found], indent=2, ensure_ascii=False))
    else:
        show.show_waiting(_console, found)
    raise typer.Exit(1 if any(entry.waits for entry in found) else 0)


@dlq.command("show")
def show_one(waiting_id: Id, as_json: AsJson = False) -> None:
    """Show one record whole, decided about or not."""
    with one_line():
        (entry,) = _found(_platform(), Wanted(waiting_id), decided=True)
    if as_json:
        typer.echo(json.dumps(dead_letters.as_json(entry), indent=2, ensure_ascii=False))
    else:
        show.show_record(_console, entry)


@dlq.command("decisions")
def list_decisions(as_json: AsJson = False) -> None:
    """Show who decided what, when and why, oldest first."""
    with one_line():
        found = asyncio.run(dead_letters.decisions(_platform()))
    if as_json:
        typer.echo(json.dumps([{**vars(each), "at": each.at.isoformat()} for each in found], indent=2))
    else:
        show.show_decisions(_console, found)


@dlq.command("replay")
def replay(
    waiting_id: SomeId = "",
    group: Group = "",
    reason: Reason = "",
    key: Key = "",
    yes: Yes = False,
    by: By = "",
    why: Annotated[str, typer.Option(help="For whoever reads the decisions later.")] = "",
) -> None:
    """Apply a parked record again, or send a dead letter again to the topic that it came from.

    A parked record that waits for a predecessor is applied without it. Exit status 0: done; 1: some were gone
    meanwhile; 2: nothing was done, or broker or store do not answer.
    """
    _decide(Wanted(waiting_id, group, reason, key), "retry", yes, by, why)


@dlq.command("discard")
def discard(
    waiting_id: SomeId = "",
    group: Group = "",
    reason: Reason = "",
    key: Key = "",
    yes: Yes = False,
    by: By = "",
    why: Annotated[str, typer.Option(help="For whoever reads the decisions later. It cannot be left out.")] = "",
) -> None:
    """Pass over a parked record, so that its key goes on without it, or decide that nothing is to be done about a dead
    letter. Exit status as of replay."""
    with one_line():
        if not why.strip():
            raise CannotDo("say why it is discarded: --why '…'")
    _decide(Wanted(waiting_id, group, reason, key), "discard", yes, by, why)


def _decide(wanted: Wanted, verdict: Verdict, yes: bool, by: str, why: str) -> None:
    with one_line():
        if wanted.all_of_them:
            raise CannotDo("name a record by its id, or several by --group, --reason or --key")
        platform = _platform()
        found = _found(platform, wanted)
        if not wanted.id and not yes:
            raise CannotDo(f"{len(found)} records match; --yes does it to all of them")
        with logs_to_stderr(logging.INFO):
            outcomes = asyncio.run(_carried_out(platform, found, verdict, by or _user(), why.strip()))
    if outcomes.keys() != {"done"}:
        raise typer.Exit(1 if outcomes["done"] else 2)


async def _carried_out(
    platform: Platform, entries: Sequence[Waiting], verdict: Verdict, by: str, why: str
) -> Counter[str]:
    """Told one by one, and their number at the end, also where the end comes too early."""
    outcomes: Counter[str] = Counter()
    try:
        async for deed in dead_letters.decide(platform, entries, verdict, by, why):
            outcomes[deed.outcome] += 1
            typer.echo(deed.said, err=deed.outcome != "done")
    finally:
        if len(entries) > 1:
            more = {**outcomes, "left": len(entries) - outcomes.total()}
            said = [f"{more.pop(name, 0)} {name}" for name in ("done", "gone")]
            typer.echo(", ".join(said + [f"{count} {name}" for name, count in more.items() if count]))
    return outcomes


def _user() -> str:
    """The machine's user; by number where it has no name, as in a container with a foreign user id."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _found(platform: Platform, wanted: Wanted, *, decided: bool = False) -> list[Waiting]:
    found = asyncio.run(dead_letters.waiting(platform, wanted, decided=decided))
    if not found:
        raise CannotDo(f"nothing that waits has the id {wanted.id}" if wanted.id else "nothing that waits matches")
    return found


def _platform() -> Platform:
    platform = find()
    if not platform.mongo:
        raise CannotDo("the store is not known: name it by MONGO_URL")
    return platform
