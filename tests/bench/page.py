"""`python -m tests.bench.page --keep` keeps the last figures in docs/performance and draws their page; `--check` fails
where the page is not what the kept figures give."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.__main__ import REPORT

DOCS = Path(__file__).parents[2] / "docs" / "performance"
KEPT, PAGE = DOCS / "figures.json", DOCS / "figures.md"

_HEAD = """\
# Figures

Made from [figures.json](figures.json) by `python -m tests.bench.page`. Each figure is the median of its samples, all
taken in one run on one machine: what counts are the ratios. [What they mean, and where the time goes](README.md).

| Figure | Median | Lowest to highest | Samples | Goal | Met |
|---|---|---|---|---|---|
"""
_CHART = """
## How far from the goal

1 is the goal: a bar that reaches it is a goal met. Bars end at 2.

```mermaid
xychart-beta horizontal
    title "Figure by its goal, turned round where less is better"
    x-axis [{names}]
    y-axis "times the goal" 0 --> 2
    bar [{heights}]
```
"""
_LONGEST = 2.0


def page(kept: Mapping[str, Any]) -> str:
    figures: Mapping[str, Any] = kept["figures"]
    rows = [_row(name, figure) for name, figure in sorted(figures.items())]
    with_goal = {name: figure for name, figure in sorted(figures.items()) if figure["goal"]}
    names = ", ".join(f'"{name}"' for name in with_goal)
    heights = ", ".join(f"{_towards_goal(figure):.2f}" for figure in with_goal.values())
    chart = _CHART.format(names=names, heights=heights) if with_goal else ""
    return _HEAD + "".join(rows) + chart


def _row(name: str, figure: Mapping[str, Any]) -> str:
    samples = figure["samples"]
    unit = "" if figure["unit"] == "ratio" else f" {figure['unit']}"
    goal = "" if figure["goal"] is None else f"{figure['sense']} {figure['goal']:g}{unit}"
    met = {True: "yes", False: "**no**", None: ""}[figure["met"]]
    span = f"{_short(min(samples))} to {_short(max(samples))}"
    return f"| `{name}` | {_short(figure['value'])}{unit} | {span} | {len(samples)} | {goal} | {met} |\n"


def _towards_goal(figure: Mapping[str, Any]) -> float:
    value, goal = float(figure["value"]), float(figure["goal"])
    reached = value / goal if figure["sense"] == "at least" else goal / max(value, 1e-9)
    return min(_LONGEST, reached)


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.page", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--keep", action="store_true", help="take over build/bench.json and draw the page")
    what.add_argument("--check", action="store_true", help="write nothing; fail where the page is stale")
    asked = parser.parse_args(arguments)
    if asked.keep:
        DOCS.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(REPORT.read_text(encoding="utf-8"), encoding="utf-8")
        PAGE.write_text(page(json.loads(KEPT.read_text(encoding="utf-8"))), encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") != page(json.loads(KEPT.read_text(encoding="utf-8"))):
        sys.stderr.write("docs/performance/figures.md is stale: run python -m tests.bench.page --keep\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
