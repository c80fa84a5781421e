"""The runs that are kept, and the table that is made of them.

python -m tests.chaos.table [--check]   # writes the table into docs/reliability/README.md, or says that it is old
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.report import Result, goal

_PROJECT = Path(__file__).parents[2]
RUNS = _PROJECT / "docs" / "reliability" / "runs.json"
PAGE = RUNS.with_name("README.md")
_BEGIN, _END = "<!-- runs: made by `python -m tests.chaos.table` -->", "<!-- /runs -->"
_COLUMNS = ("Date", "Commit", "Seed", "Store", "Minutes", "Complaints", "Faults", "Slowest catch-up", "Breaches")


def keep(result: Result) -> None:
    """Appends a run and writes the page anew."""
    runs = read()
    runs.append(row(result))
    RUNS.parent.mkdir(parents=True, exist_ok=True)
    RUNS.write_text(json.dumps(runs, indent=1) + "\n")
    PAGE.write_text(page(PAGE.read_text(), runs))


def read() -> list[dict[str, Any]]:
    return list(json.loads(RUNS.read_text())) if RUNS.is_file() else []


def row(result: Result) -> dict[str, Any]:
    """What is kept of a run. `ended`: empty where it came to rest, else what was still going on."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "seed": result.run.seed,
        "form": result.run.form,
        "store": result.figures.get("store", ""),
        "minutes": round(result.figures.get("load_minutes", result.run.minutes), 1),
        "complaints": result.figures.get("cases", 0),
        "faults": dict(sorted(Counter(one.kind for one in result.injected if not one.problem).items())),
        "worst_catch_up_s": result.worst,
        "breaches": dict(sorted(Counter(breach.invariant for breach in result.breaches).items())),
        "busy": result.busy,
        "left_over": result.left_over,
        "undone": result.undone,
    }


def page(text: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """The page with the table of these runs in its place."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{table(runs)}\n{_END}{after}"


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    lines += [_line(run) for run in runs]
    if runs:
        lines += [_total(runs), "", *_by_kind(runs)]
    return "\n".join(lines)


def _line(run: Mapping[str, Any]) -> str:
    broken = ", ".join(f"{name}: {count}" for name, count in run["breaches"].items()) or "0"
    if run["busy"]:
        broken += " (did not come to rest)"
    broken += "".join(f"; {each}" for each in (*run.get("left_over", ()), *run.get("undone", ())))
    worst = _slowest([run])
    if run["worst_catch_up_s"] is not None and run["worst_catch_up_s"] > goal(run["store"]):
        worst = f"**{worst}: too slow**"
    cells = (run["date"], f"`{run['commit']}`", run["seed"], run["store"], run["minutes"], run["complaints"],
             sum(run["faults"].values()), worst, broken)  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _total(runs: Sequence[Mapping[str, Any]]) -> str:
    minutes = round(sum(run["minutes"] for run in runs), 1)
    complaints = sum(run["complaints"] for run in runs)
    faults = sum(sum(run["faults"].values()) for run in runs)
    breaches = sum(sum(run["breaches"].values()) for run in runs)
    return f"| **all** | | | | {minutes} | {complaints} | {faults} | {_slowest(runs)} | {breaches} |"


def _slowest(runs: Sequence[Mapping[str, Any]]) -> str:
    seconds = [run["worst_catch_up_s"] for run in runs]
    return "**one never did**" if None in seconds else f"{max(seconds):g} s"


def _by_kind(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    kinds: Counter[str] = Counter()
    for run in runs:
        kinds.update(run["faults"])
    told = ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items(), key=lambda each: (-each[1], each[0])))
    return [f"All faults by kind: {told}."]


def _commit() -> str:
    """Empty where there is no history."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        said = subprocess.run(command, cwd=_PROJECT, capture_output=True, check=True, text=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()


def main(arguments: Sequence[str]) -> int:
    fresh = page(PAGE.read_text(), read())
    if "--check" not in arguments:
        PAGE.write_text(fresh)
        return 0
    return int(PAGE.read_text() != fresh)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
