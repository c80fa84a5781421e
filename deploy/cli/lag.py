"""`ipp lag`: what is accepted and not yet done, and for how long."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.cli.behind import Look, Watcher
from deploy.cli.ending import CannotDo, one_line
from deploy.cli.platform import Platform, find

_console = Console()


def lag(
    bound: Annotated[float, typer.Option(help="Seconds that something may wait before it is late.", min=0.0)] = 10.0,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks of --watch.", min=0.2)] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; with --watch one line a look.")] = False,
) -> None:
    """Say what waits, and for how long: consumer groups, outboxes, parked keys; and which parts are not ready.

    The seconds of a group are those since its oldest unhandled record came to the broker. Exit status 0: nothing is
    late; 1: something waits longer than the bound, a part is not ready, or nobody works for a group; 2: broker or store
    do not answer. With --watch it is that of the last look.
    """
    with one_line():
        platform = find()
        look = _watch(platform, bound, every, as_json) if watch else asyncio.run(_once(platform, bound))
    if not watch and as_json:
        typer.echo(json.dumps(look.as_json(), indent=2))
    elif not watch:
        _console.print(shown(look))
    raise typer.Exit(1 if look.late else 0)


async def _once(platform: Platform, bound: float) -> Look:
    async with Watcher(platform, bound) as watcher:
        return await watcher.look()


def _watch(platform: Platform, bound: float, every: float, as_json: bool) -> Look:
    """Until Ctrl-C; the last look that was shown."""
    seen: list[Look] = []
    try:
        if as_json:
            asyncio.run(_again(platform, bound, every, seen, lambda look: typer.echo(json.dumps(look.as_json()))))
        else:
            with Live(console=_console, auto_refresh=False) as live:
                asyncio.run(_again(platform, bound, every, seen, lambda look: live.update(shown(look), refresh=True)))
    except KeyboardInterrupt:
        if not seen:
            raise CannotDo("stopped before the first look") from None
    return seen[-1]


async def _again(
    platform: Platform, bound: float, every: float, seen: list[Look], tell: Callable[[Look], None]
) -> None:
    async with Watcher(platform, bound) as watcher:
        while True:
            seen[:] = [await watcher.look()]
            tell(seen[0])
            await asyncio.sleep(every)


def shown(look: Look) -> RenderableType:
    """As a person reads it: only what waits or is not well."""
    parts: list[RenderableType] = []
    if look.groups:
        table = Table("group", "topic", "records behind", "oldest, seconds")
        for each in look.groups:
            seconds = "unknown" if each.seconds is None else f"{each.seconds:.1f}"
            late = each.seconds is None or each.seconds > look.bound
            table.add_row(each.group, each.topic, str(each.records), seconds, style="red" if late else "")
        parts.append(table)
    elif not look.without_member:
        parts.append(Text(f"{look.known} groups, none is behind."))
    if look.without_member:
        parts.append(Text(f"No member now, nobody works for it: {', '.join(look.without_member)}", style="red"))
    for outbox in look.unsent:
        said = f"outbox of {outbox.service} {outbox.collection}: {outbox.aggregates} aggregates not sent"
        parts.append(Text(said + (f", some for more than {look.bound:g} s" if outbox.late else "")))
    for parked in look.parked:
        keys = "key" if parked.keys == 1 else "keys"
        parts.append(Text(f"{parked.group}: {parked.keys} parked {keys}, the oldest for {parked.seconds:.0f} s"))
    for service, checks in look.unwell.items():
        parts += [Text(f"{service} is not ready: {part}: {said}") for part, said in checks.items()]
    if look.processors:
        parts.append(Text(f"{look.processors} stream processors are ready."))
    parts += [Text(f"Not looked at: {each}") for each in look.not_looked_at]
    return Group(*parts)
