"""The shape of a fault."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from tests.chaos.fire.fleet import Fleet
from tests.chaos.fire.ground import BurningStage
from tests.chaos.load.time_passes import TimePasses


class NotPossibleHere(Exception):
    """The machine does not let us do this; the message says why."""


@dataclass(frozen=True)
class Field:
    """What faults are done to. `scratch`: a folder for what they need; `notes`: what else a fault has to tell."""

    stage: BurningStage
    fleet: Fleet
    passing: TimePasses
    scratch: Path
    notes: list[str] = field(default_factory=list)


class Fault(Protocol):
    """Drawn by the schedule from the seed. `target` names what it is done to; two faults with a target in common are
    not done at once. `lasts`: seconds between the doing and the mending."""

    kind: ClassVar[str]

    @property
    def targets(self) -> frozenset[str]: ...
    @property
    def lasts(self) -> float: ...
    def on(self, field: Field) -> AbstractAsyncContextManager[str]:
        """Entering does it and gives a sentence for the report; leaving mends it. Raises NotPossibleHere."""
