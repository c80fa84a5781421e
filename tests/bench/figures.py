"""What a measure gives: a figure with its goal, and the samples that it is the median of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any


class Sense(StrEnum):
    """On which side of the goal a figure is good."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    TOLD = "told"


@dataclass(frozen=True)
class Figure:
    """`name`: as `build/bench.json` has it; `unit`: "ratio", "s", "ms", "MB", …; `samples`: one for each repetition;
    `value`: their median. `goal` is None for what is only told. `detail`: what it was made of, raw."""

    name: str
    unit: str
    samples: Sequence[float]
    goal: float | None = None
    sense: Sense = Sense.TOLD
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        return median(self.samples)

    @property
    def met(self) -> bool | None:
        """None where there is no goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.sense is Sense.AT_LEAST else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "value": self.value, "met": self.met}
