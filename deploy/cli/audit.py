"""`ipp audit`: histories against the topics."""

import asyncio
import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from deploy.audit import KINDS
from deploy.audit.verify import Audit, Stores
from deploy.audit.verify import verify as verify_histories
from deploy.cli.ending import CannotDo, one_line
from deploy.cli.platform import find
from deploy.local.services import SERVICES

audit = typer.Typer(help="Histories in the stores, held against the topics.", no_args_is_help=True)
Service = StrEnum("Service", {name: name for name in SERVICES})  # type: ignore[misc]  # the names are data
_ERRORS = Console(stderr=True)


@audit.callback()
def _group() -> None:
    """Keeps `verify` a command of its own while it is the only one."""


@audit.command()
def verify(
    service: Annotated[Service | None, typer.Option(help="Only what this service keeps.")] = None,
    aggregate: Annotated[str, typer.Option(help="Only this one: the number of a case, the id of an account, …")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Find what was edited, removed, reordered or cut off behind the application's back, in any history.

    Every aggregate in every service's store is held against its own chain of hashes, its document's head and state, and
    the hashes on the topics. Safe on a busy platform: what looks wrong is read again before it is told. Memory stays
    bounded; what the topics say is kept in a temporary file meanwhile (about 250 bytes a record). Exit status 0: all is
    whole; 1: findings; 2: broker or store could not be read.
    """
    with one_line():
        done = asyncio.run(_verify(str(service) if service else "", aggregate.strip()))
        if aggregate and not done.aggregates and done.whole:
            raise CannotDo(f"nothing in the stores or on the topics has the id {aggregate}")
    if as_json:
        typer.echo(json.dumps({**asdict(done), "whole": done.whole}, indent=2, ensure_ascii=False))
    else:
        _show(done)
    raise typer.Exit(0 if done.whole else 1)


async def _verify(service: str, aggregate: str) -> Audit:
    platform = find()
    if not platform.mongo:
        raise CannotDo("the store is not known: name it by MONGO_URL")
    kinds = [kind for kind in KINDS if service in ("", kind.service)]
    stores = Stores(platform.mongo, platform.database_prefix, platform.mainland)
    with _ERRORS.status("beginning") as status:
        return await verify_histories(platform.kafka, stores, kinds, aggregate, status.update)


def _show(done: Audit) -> None:
    for finding in done.findings:
        typer.echo(str(finding))
    if done.more:
        typer.echo(f"… and {done.more} more")
    counted = f"{done.aggregates} aggregates, {done.events} events, {done.anchors} anchors"
    unread = f"; {done.unread} records on the topics could not be read" if done.unread else ""
    verdict = "whole" if done.whole else f"{len(done.findings) + done.more} not whole"
    typer.echo(f"{counted}: {verdict} ({done.seconds:.1f} s){unread}")
