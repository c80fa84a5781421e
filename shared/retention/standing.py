"""What a service says of a sealed text: whether a history names it, whose it is, and which periods have begun."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Protocol

from shared.vault import Kept

_REFERENCE = "vlt-"


@dataclass(frozen=True, slots=True)
class Standing:
    """account: whose legal holds keep it, empty for nobody's; begun: since when, by the code that a rule counts from;
    used: whether a history names it; about: the case or right that it belongs to."""

    account: str = ""
    begun: Mapping[str, datetime] = field(default_factory=dict)
    used: bool = True
    about: str = ""


class Judge(Protocol):
    async def __call__(self, kept: Sequence[Kept]) -> Sequence[Standing]:
        """In the order asked. Nothing is taken for unused that may only not be known yet."""
        ...


Judges = Mapping[str, Judge]
"""By the places that each knows, with `*` for a part of one."""


def judge_of(judges: Judges, place: str) -> Judge | None:
    return next((judge for pattern, judge in judges.items() if fnmatchcase(place, pattern)), None)


@dataclass(frozen=True, slots=True)
class Traced:
    """written: since when a history names a reference; superseded: since when the state no longer does."""

    written: Mapping[str, datetime]
    superseded: Mapping[str, datetime]
    state: Any
    last: datetime | None


def trace(history: Iterable[tuple[datetime, Any]], evolve: Any) -> Traced:
    """Follows references through events and the states that they make; whatever the events are."""
    written: dict[str, datetime] = {}
    superseded: dict[str, datetime] = {}
    state, held, last = None, frozenset[str](), None
    for at, event in history:
        state, last = evolve(state, event), at
        for ref in references(event):
            written.setdefault(ref, at)
        now_held = frozenset(references(state))
        superseded.update(dict.fromkeys(held - now_held, at))
        for ref in now_held & superseded.keys():
            del superseded[ref]
        held = now_held
    return Traced(written, superseded, state, last)


def references(value: Any) -> Iterator[str]:
    """Into the vault, wherever they are in an event or a state."""
    if isinstance(value, str):
        if value.startswith(_REFERENCE):
            yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from references(getattr(value, each.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, tuple | list | frozenset | set):
        for item in value:
            yield from references(item)
