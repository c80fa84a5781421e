"""What one holder of data knows of the erasure of one account: pure, one aggregate an account."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from shared.kernel.decider import Obsolete

Status = Literal["asked", "obstructed", "clear", "erased", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureAsked:
    account_id: str
    request: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstructed:
    """`reasons`: codes of what stands in the way here."""

    request: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    request: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """`counts`: kind and number of what was there, in the order of kinds."""

    request: int
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    request: int


Event = ErasureAsked | Obstructed | Cleared | Erased | Withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureHere:
    """reasons: what stood in the way at the last look."""

    account_id: str
    request: int
    status: Status
    reasons: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether something here may still change the answer."""
        return self.status in ("asked", "obstructed", "clear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What stands in the way here now. Where the request is not known yet, it is asked with this."""

    account_id: str
    request: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordErased:
    account_id: str
    request: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    account_id: str
    request: int


Command = Look | RecordErased | Withdraw


def decide(here: ErasureHere | None, command: Command) -> tuple[Event, ...]:
    """Raises Obsolete for an earlier request, and for what was erased already."""
    if here is not None and (here.request > command.request or here.status == "erased"):
        raise Obsolete("erasure-overtaken", f"Request {command.request} of {command.account_id} is over.")
    match command:
        case Look():
            return _look(here, command)
        case RecordErased(counts=counts):
            told = tuple(sorted(counts.items()))
            return (*_asked(here, command), Erased(request=command.request, counts=told))
        case Withdraw():
            if here is not None and here.request == command.request and here.status == "withdrawn":
                raise Obsolete("erasure-overtaken", "It was withdrawn already.")
            return (*_asked(here, command), Withdrawn(request=command.request))
        case _:
            assert_never(command)


def _look(here: ErasureHere | None, command: Look) -> tuple[Event, ...]:
    """Said once: the same answer again says nothing."""
    if here is not None and here.request == command.request:
        if here.status == "withdrawn":
            raise Obsolete("erasure-overtaken", f"Request {command.request} of {command.account_id} was withdrawn.")
        if here.status != "asked" and here.reasons == command.reasons:
            return ()
    answer = (
        Obstructed(request=command.request, reasons=command.reasons)
        if command.reasons
        else Cleared(request=command.request)
    )
    return (*_asked(here, command), answer)


def _asked(here: ErasureHere | None, command: Command) -> tuple[Event, ...]:
    if here is not None and here.request == command.request:
        return ()
    return (ErasureAsked(account_id=command.account_id, request=command.request),)


def evolve(here: ErasureHere | None, event: Event) -> ErasureHere:
    if isinstance(event, ErasureAsked):
        return ErasureHere(account_id=event.account_id, request=event.request, status="asked")
    if here is None:
        raise ValueError("an erasure begins with its being asked")
    match event:
        case Obstructed(reasons=reasons):
            return replace(here, status="obstructed", reasons=reasons)
        case Cleared():
            return replace(here, status="clear", reasons=())
        case Erased():
            return replace(here, status="erased", reasons=())
        case Withdrawn():
            return replace(here, status="withdrawn", reasons=())
        case _:
            assert_never(event)
