"""`ipp rebuild`: a stream processor computed once more beside the live one, and compared."""

import asyncio
import json
import logging
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from deploy.cli.ending import CannotDo, end, logs_to_stderr, one_line
from deploy.cli.platform import find
from deploy.rebuild import PROCESSORS, Comparison, RebuildFailed, rebuildable, remove_leftovers, shadows
from deploy.rebuild import rebuild as rebuild_processor
from shared.kernel.clock import clock_from

_ERRORS = Console(stderr=True)


def rebuild(
    processor: Annotated[str, typer.Argument(help="As the list names it; none: the list.", metavar="[PROCESSOR]")] = "",
    compare: Annotated[
        bool, typer.Option("--compare", help="Rebuild it now and compare it with the live one.")
    ] = False,
    version: Annotated[
        int | None, typer.Option(help="The version that is live, if it is not the newest declared one.", min=1)
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the shadow topics and the group for inspection.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Remove what was kept, or left by a killed rebuild.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute a stream processor once more from offset 0, in a group of its own with an empty table, and compare.

    Without --compare nothing is done: the processors are listed, or it is said what a rebuild of one reads and writes.
    With it, the processor runs in this process, reads live topics and writes to shadow topics only, which nobody reads:
    no mail, no takedown, no expiry comes of it. Its outputs are compared key by key with the live ones (of deadline
    processors: the table of running deadlines, and the expiries of what is overdue); what the platform does meanwhile
    is no difference. Then the shadow is removed, also on Ctrl-C. How a processor's state is put right is told in
    docs/operate-at-night.md.
    Exit status 0: equal; 1: differences, or it wanted to write elsewhere; 2: it could not be done, or not be decided,
    since what differed was not the same twice.
    """
    with one_line():
        if clean:
            topics, groups = asyncio.run(remove_leftovers(find().kafka))
            typer.echo(f"removed {len(topics)} shadow topics and {len(groups)} groups")
            return
        if processor:
            _known(processor)
        elif compare or keep or version:
            raise CannotDo("name a processor; `ipp rebuild` lists them")
        if keep and not compare:
            raise CannotDo("--keep leaves what --compare makes: give both")
        if not compare:
            _say_what_there_is(processor, version, as_json)
            return
        done = asyncio.run(_compare(processor, version, keep))
    if as_json:
        typer.echo(json.dumps({**asdict(done), "equal": done.equal}, indent=2, ensure_ascii=False))
    else:
        _show(done)
    if done.undecided and not done.different and not done.foreign_writes:
        end(f"not decided: {done.undecided}; the platform is busy, try again")
    raise typer.Exit(0 if done.equal else 1)


async def _compare(processor: str, version: int | None, keep: bool) -> Comparison:
    platform = find()
    try:
        with logs_to_stderr(logging.WARNING), _ERRORS.status("beginning") as status:
            clock = clock_from(platform.clock_file)
            return await rebuild_processor(
                processor, platform.kafka, clock, version=version, told=status.update, keep=keep
            )
    except RebuildFailed as problem:
        raise CannotDo(str(problem)) from problem


def _known(processor: str) -> None:
    try:
        rebuildable(processor)
    except LookupError as problem:
        raise CannotDo(str(problem)) from problem


def _say_what_there_is(processor: str, version: int | None, as_json: bool) -> None:
    left, _ = asyncio.run(shadows(find().kafka)) if not processor else ([], [])
    shapes = [rebuildable(each.name, version).live for each in PROCESSORS if processor in ("", each.name)]
    if as_json:
        said = [
            {"name": one.name, "version": one.version, "inputs": list(one.inputs), "outputs": one.outputs}
            for one in shapes
        ]
        typer.echo(json.dumps({"processors": said, "shadow_topics": left}, indent=2))
        return
    for shape in shapes:
        typer.echo(f"{shape.name} (version {shape.version}): {', '.join(shape.inputs)} → {', '.join(shape.outputs)}")
    if processor:
        shadow = rebuildable(processor, version).shadow("<time>")
        written = ", ".join((*shadow.outputs, shadow.changelog, shadow.dead_letters))
        typer.echo(f"A rebuild reads the same and writes to {written}.")
        typer.echo(f"Nothing was done. `ipp rebuild {processor} --compare` does it.")
    if left:
        typer.echo(f"{len(left)} shadow topics are there, of rebuilds that run now or were left; --clean removes them.")


def _show(done: Comparison) -> None:
    for difference in done.differences:
        typer.echo(str(difference))
    if done.different > len(done.differences):
        typer.echo(f"… and {done.different - len(done.differences)} more")
    for topic in done.foreign_writes:
        typer.echo(f"it wanted to write to {topic}, and was not let")
    if done.undecided and (done.different or done.foreign_writes):
        typer.echo(f"not decided: {done.undecided}")
    unread = f"; {done.unread} records of its outputs could not be read" if done.unread else ""
    typer.echo(
        f"{done.processor}: {done.records} records read, {done.live} keys live, {done.rebuilt} rebuilt: "
        f"{_verdict(done)} ({done.seconds:.1f} s){unread}"
    )


def _verdict(done: Comparison) -> str:
    if done.different:
        return f"{done.different} differences"
    if done.foreign_writes:
        return "no difference in its outputs, but it wanted to write elsewhere"
    return "equal" if done.equal else "not decided"
