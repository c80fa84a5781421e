"""The decider: decide(state, command, now, policy) -> events, evolve(state, event) -> state.

Both are pure. A command that does not fit raises a named refusal; nothing else may be raised.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

State = TypeVar("State")
Event = TypeVar("Event")


@dataclass
class Refusal(Exception):
    """A command that the rules do not allow.

    code: stable, kebab-case, part of the interface; detail: for a person; mend: what would make it fit.
    """

    code: str
    detail: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


@dataclass
class Obsolete(Refusal):
    """What the command asks was overtaken: superseded, already done or already ended.

    A reaction counts it and goes on; a person is told.
    """

    def __str__(self) -> str:
        return super().__str__()


def fold(evolve: Callable[[State, Event], State], state: State, events: Iterable[Event]) -> State:
    """The state after the events, in order."""
    return reduce(evolve, events, state)
