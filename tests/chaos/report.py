"""What a run was asked to be, and what came of it."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from deploy.local.services import SERVICES
from deploy.simulator.stage import Say
from tests.chaos.checker import Breach
from tests.chaos.fire.catching_up import CatchUp
from tests.chaos.fire.schedule import Volley

Form = Literal["short", "every", "long"]
_GOAL = 60.0
_GOALS = {"py": 120.0}
"""Seconds. On the Python store each call takes several times as long, on the same cores as all that has to start."""


def goal(store: str) -> float:
    """Seconds within which everything has caught up after a fault."""
    return _GOALS.get(store, _GOAL)


@dataclass(frozen=True)
class Run:
    """minutes, complaints: what the load aims at; `volleys`: None for those of the form."""

    seed: int = 1
    form: Form = "short"
    minutes: float = 1.0
    complaints: int = 60
    split: tuple[str, ...] = SERVICES
    folder: Path = Path("build/chaos")
    volleys: tuple[Volley, ...] | None = None


@dataclass
class Injected:
    """One fault as it was done. Times are seconds since the load began."""

    kind: str
    what: str
    begun: float
    ended: float
    problem: str = ""


@dataclass
class Result:
    """problems: what could not be done or looked at; notes: what else there is to tell; busy: what was still going on
    when the world should have come to rest."""

    run: Run
    injected: list[Injected] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    catch_ups: list[CatchUp] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    busy: str = ""
    ended_early: bool = False
    volleys_left: int = 0
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def worst(self) -> float | None:
        """Seconds of the slowest catching up; None where one never did, or there was none."""
        seconds = [found.seconds for found in self.catch_ups]
        return None if not seconds or None in seconds else max(each for each in seconds if each is not None)

    @property
    def late(self) -> int:
        """How often catching up took longer than promised, or for ever."""
        allowed = goal(self.figures.get("store", ""))
        return sum(found.seconds is None or found.seconds > allowed for found in self.catch_ups)

    @property
    def undone(self) -> list[str]:
        """What the run was to do and did not: it says less than its name."""
        missing = []
        if (cases := self.figures.get("cases", 0)) < self.run.complaints:
            missing.append(f"{cases} of {self.run.complaints} complaints")
        if self.volleys_left:
            missing.append(f"{self.volleys_left} volleys of faults left")
        missing += [f"no {kind}: {reason}" for kind, reason in self.skipped.items()]
        if self.ended_early:
            missing.append("ended early")
        return missing

    @property
    def left_over(self) -> list[str]:
        """What is left on a platform that nobody poisoned: something went wrong that no invariant names."""
        kinds = {"parked": "parked records", "dead_letters": "dead letters"}
        return [f"{self.figures[name]} {what}" for name, what in kinds.items() if self.figures.get(name)]

    @property
    def failed(self) -> bool:
        """Whether a promise was broken, or could not be looked at, or less was done than asked."""
        return bool(self.breaches or self.busy or self.late or self.problems or self.left_over or self.undone)


class Journal:
    """What is told and kept while a run goes on."""

    def __init__(self, run: Run, say: Say) -> None:
        self.run = run
        self.result = Result(run)
        self.folder = (run.folder / str(run.seed)).absolute()
        self._say = say
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._begun:6.1f} {text}")

    def load_begins(self) -> None:
        self.say("the load begins")
        self._begun = time.monotonic()

    @property
    def now(self) -> float:
        """Seconds since the load began."""
        return round(time.monotonic() - self._begun, 1)

    def keep(self) -> None:
        """Writes the report anew."""
        result, run = self.result, self.run
        body = {
            "seed": run.seed,
            "form": run.form,
            "minutes": run.minutes,
            "faults": [vars(one) for one in result.injected],
            "faults_by_kind": dict(Counter(one.kind for one in result.injected if not one.problem)),
            "skipped": result.skipped,
            "catch_ups": [{**vars(one), "seconds": one.seconds} for one in result.catch_ups],
            "worst_catch_up": result.worst,
            "late_catch_ups": result.late,
            "breaches": [str(breach) for breach in result.breaches],
            "busy": result.busy,
            "ended_early": result.ended_early,
            "undone": result.undone,
            "left_over": result.left_over,
            "problems": result.problems,
            "notes": result.notes,
            **result.figures,
        }
        report = run.folder / f"{run.seed}.json"
        report.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n")
