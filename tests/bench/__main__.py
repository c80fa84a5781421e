"""`python -m tests.bench [MEASURE ...]`: runs measures one after the other and prints figures beside their goals.

Each measure has the machine to itself and starts what it needs. The figures go to `build/bench.json`, those of earlier
runs of other measures are kept there. Exit status 1 where a measure could not be taken; a goal that is missed is told,
not failed: docs/performance explains it.
"""

import importlib
import json
import platform
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from tests.bench import measures
from tests.bench.figures import Figure

REPORT = Path("build/bench.json")
REPETITIONS = 5


def known() -> list[str]:
    folder = Path(measures.__path__[0])
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


async def taken(name: str, repetitions: int) -> Sequence[Figure]:
    module = importlib.import_module(f"tests.bench.measures.{name}")
    figures: Sequence[Figure] = await module.measure(repetitions)
    return figures


def run(names: Sequence[str], console: Console, repetitions: int = REPETITIONS) -> int:
    """The exit status."""
    kept: dict[str, Any] = json.loads(REPORT.read_text())["figures"] if REPORT.is_file() else {}
    failed = []
    for name in names:
        console.print(f"measuring [bold]{name}[/]")
        try:
            figures = uvloop.run(taken(name, repetitions))
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        kept |= {
            figure.name: {**figure.as_json(), "measure": name, "at": datetime.now(UTC).isoformat(timespec="seconds")}
            for figure in figures
        }
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        machine = {"python": platform.python_version(), "system": platform.system(), "processor": platform.machine()}
        REPORT.write_text(json.dumps({"machine": machine, "figures": kept}, indent=2) + "\n")
    console.print(table(kept))
    console.print(f"The figures and their samples are in {REPORT}.")
    if failed:
        console.print(f"[red]not taken:[/] {', '.join(failed)}")
    return 1 if failed else 0


def table(figures: dict[str, Any]) -> Table:
    shown = Table(title="Figures beside their goals")
    for heading in ("figure", "median", "lowest", "highest", "goal", "met"):
        shown.add_column(heading)
    words = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}
    for name, figure in sorted(figures.items()):
        goal = "" if figure["goal"] is None else f"{figure['sense']} {figure['goal']:g}"
        samples = figure["samples"]
        unit = "" if figure["unit"] == "ratio" else f" {figure['unit']}"
        shown.add_row(
            name,
            f"{figure['value']:.3g}{unit}",
            f"{min(samples):.3g}",
            f"{max(samples):.3g}",
            goal,
            words[figure["met"]],
        )
    return shown


if __name__ == "__main__":
    asked = sys.argv[1:]
    unknown = sorted(set(asked) - set(known()))
    if unknown:
        raise SystemExit(f"unknown measure {', '.join(unknown)}; there are {', '.join(known())}")
    raise SystemExit(run(asked or known(), Console()))
