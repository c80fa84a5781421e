"""`ipp up`: the platform stays up, with simulated marketplaces and a mailbox around it, and says how to try it."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.cli.platform import UP
from deploy.simulator.documents import png
from deploy.simulator.people import OPERATOR, OPERATOR_PASSWORD
from deploy.simulator.stage import Scene, Stage

JOURNEY = "journey.sh"
_SAMPLES = ("licence.png", "certificate.png")


async def stay_up(console: Console, folder: Path = UP) -> None:
    """Returns after SIGINT or SIGTERM, when everything has stopped."""
    stop, ready = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = asyncio.create_task(_run(console, folder, stop, ready))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
    if not ready.is_set():
        running.cancel()  # asked to stop before all was ready, or could not start
    try:
        await running
    except asyncio.CancelledError:
        console.print("stopped before all was ready")
    finally:
        asked.cancel()


async def _run(console: Console, folder: Path, stop: asyncio.Event, ready: asyncio.Event) -> None:
    scene = Scene(files=folder, data=folder / "data")
    async with Stage(scene, lambda sentence: console.print(f"· {sentence}", style="dim")) as stage:
        for number, name in enumerate(_SAMPLES):
            (folder / name).write_bytes(png(number))
        (folder / JOURNEY).write_text(journey(stage, folder))
        _show(console, stage, folder)
        ready.set()
        failing = asyncio.create_task(stage.until_stopped())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({failing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        console.print("· stopping", style="dim")
        stopping.cancel()
        if failing.done():
            failing.result()
        failing.cancel()
    console.print("stopped")


def journey(stage: Stage, folder: Path) -> str:
    """Lines for bash that take one complaint from registration to reinstatement."""
    python = Path(sys.executable)
    filled = {
        **stage.addresses,
        "simulator": stage.contacts.url,
        "python": str(python),
        "ipp": str(python.with_name("ipp")),
        "files": str(folder),
        "operator": OPERATOR,
        "password": OPERATOR_PASSWORD,
    }
    return _filled(JOURNEY, filled)


def _show(console: Console, stage: Stage, folder: Path) -> None:
    table = Table(title="The platform is up", title_justify="left", show_header=False)
    for name, url in stage.addresses.items():
        table.add_row(name, f"{url}/openapi.json")
    table.add_row("broker", stage.stack.kafka_bootstrap)
    table.add_row("store", stage.stack.mongo_url)
    table.add_row("mailbox", f"{stage.contacts.url}/v1/mailbox?to=somebody@example.org")
    table.add_row("operator", f"{OPERATOR} / {OPERATOR_PASSWORD}")
    table.add_row("logs", str(folder / "logs"))
    console.print(table)
    for text in (journey(stage, folder), tap(stage)):
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"The lines above are also in {folder / JOURNEY}. Ctrl-C stops everything.")


def tap(stage: Stage) -> str:
    return _filled("tap.txt", {"kafka": stage.stack.kafka_bootstrap, "python": sys.executable})


def _filled(name: str, values: Mapping[str, str]) -> str:
    text = (files("deploy.cli") / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text
