"""What holds one listing down. The measure alone speaks to the marketplace: `remove` on the first hold, `reinstate`
on release of the last. Commands are numbered, and only the acknowledgement of the latest one counts."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never, get_args

from shared.kernel.decider import Obsolete, Refusal

MeasureState = Literal["up", "removing", "down", "reinstating"]
CommandKind = Literal["remove", "reinstate"]
AcknowledgementKind = Literal["removed", "reinstated", "failed"]
RETRY_COMMAND = "retry-command"
_CAUSE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_FULFILS: dict[AcknowledgementKind, CommandKind] = {"removed": "remove", "reinstated": "reinstate"}


@dataclass(frozen=True, slots=True)
class Rules:
    """How long a failed command waits for its repetition: doubled with each failure in a row, up to a limit.

    Elapsed business time, not business days: marketplaces' systems do not rest on holidays.
    """

    version: str
    retry_first: timedelta
    retry_limit: timedelta

    def wait(self, failures: int) -> timedelta:
        """The wait after so many failures in a row (from 1)."""
        wait = self.retry_first
        for _ in range(failures - 1):
            if wait >= self.retry_limit:
                break
            wait *= 2
        return min(wait, self.retry_limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When a failed command is to be repeated; a deadline of the kind `retry-command`."""

    id: str
    due: datetime
    start: datetime
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceCommand:
    """`id`: `<listing>#<n>`, n counting the listing's commands from 1."""

    id: str
    kind: CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """holders: cases that want the listing down; released: cases that let go and wait for the reinstatement;
    commands: how many were sent; pending: the one that is not acknowledged yet; failures: of it, in a row."""

    listing_id: str
    platform: str
    state: MeasureState = "up"
    holders: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    merchant_id: str | None = None
    commands: int = 0
    pending: MarketplaceCommand | None = None
    failures: int = 0
    retry: Retry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    listing_id: str
    platform: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold:
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """What the marketplace said of a command; `cause` where it failed."""

    command_id: str
    kind: AcknowledgementKind
    merchant_id: str
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDue:
    deadline_id: str


Command = PlaceHold | ReleaseHold | Acknowledge | RetryDue


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every event of a measure says."""

    at: datetime
    by: str
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced(Step):
    """`already_down`: nothing is asked of the marketplace; `command`: `remove`, where one is sent."""

    listing_id: str
    platform: str
    case_id: str
    already_down: bool
    command: MarketplaceCommand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased(Step):
    """`command`: `reinstate`, where it was the last hold."""

    case_id: str
    held_by_others: bool
    command: MarketplaceCommand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalAcknowledged(Step):
    command_id: str
    merchant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatementAcknowledged(Step):
    """`released`: the cases whose release this completes."""

    command_id: str
    merchant_id: str
    released: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed(Step):
    command_id: str
    merchant_id: str
    cause: str
    failures: int
    retry: Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRepeated(Step):
    command: MarketplaceCommand


Event = HoldPlaced | HoldReleased | RemovalAcknowledged | ReinstatementAcknowledged | CommandFailed | CommandRepeated
EVENTS: tuple[type[Event], ...] = get_args(Event)


def decide(measure: Measure | None, command: Command, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """What the command does; raises Refusal or Obsolete and nothing else."""
    match command:
        case PlaceHold():
            return _place(measure, command, now, rules)
        case ReleaseHold():
            return _release(measure, command, now, rules)
        case Acknowledge():
            return _acknowledge(measure, command, now, rules)
        case RetryDue():
            return _repeat(measure, command, now, rules)
        case _:
            assert_never(command)


def _place(measure: Measure | None, command: PlaceHold, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """The first hold removes, also while the listing is on its way up; a further hold asks for nothing."""
    measure = measure or Measure(listing_id=command.listing_id, platform=command.platform)
    if command.case_id in measure.holders:
        raise Obsolete("already-holds", "this case holds the listing already")
    order = _next(measure, "remove") if measure.state in ("up", "reinstating") else None
    return (
        HoldPlaced(
            **_stamp(now, f"case:{command.case_id}", rules),
            listing_id=measure.listing_id,
            platform=measure.platform,
            case_id=command.case_id,
            already_down=measure.state == "down",
            command=order,
        ),
    )


def _release(measure: Measure | None, command: ReleaseHold, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """The last release reinstates at once, also while the removal is on its way: the order on the topic is the
    listing's, so the marketplace does both in turn, and the removal's acknowledgement comes too late to count."""
    if measure is None or command.case_id not in measure.holders:
        raise Obsolete("does-not-hold", "this case does not hold the listing")
    last = measure.holders == (command.case_id,)
    return (
        HoldReleased(
            **_stamp(now, f"case:{command.case_id}", rules),
            case_id=command.case_id,
            held_by_others=not last,
            command=_next(measure, "reinstate") if last else None,
        ),
    )


def _acknowledge(measure: Measure | None, command: Acknowledge, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """Success counts also after a failure of the same command was reported."""
    if measure is None or not _was_sent(measure, command.command_id):
        raise Refusal("never-commanded", "no such command was sent", "look at what the marketplace sends")
    pending = measure.pending
    if pending is None or pending.id != command.command_id:
        raise Obsolete("acknowledgement-superseded", "the command was acknowledged already, or a later one was sent")
    stamp = _stamp(now, f"marketplace:{measure.platform}", rules)
    about: dict[str, Any] = {"command_id": pending.id, "merchant_id": command.merchant_id}
    if command.kind == "failed":
        if measure.retry is not None:
            raise Obsolete("failure-known", "this failure was reported already")
        failures = measure.failures + 1
        cause = command.cause if _CAUSE.fullmatch(command.cause) else "unspecified"
        retry = Retry(
            id=f"{RETRY_COMMAND}:{measure.commands}",
            due=now + rules.wait(failures),
            start=now,
            policy_version=rules.version,
        )
        return (CommandFailed(**stamp, **about, cause=cause, failures=failures, retry=retry),)
    if _FULFILS[command.kind] != pending.kind:
        raise Refusal("wrong-acknowledgement", f"{command.kind} does not answer the command to {pending.kind}")
    if pending.kind == "remove":
        return (RemovalAcknowledged(**stamp, **about),)
    return (ReinstatementAcknowledged(**stamp, **about, released=measure.released),)


def _repeat(measure: Measure | None, command: RetryDue, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """Without limit: a marketplace that fails is an alarm, never a reason to give up. Failures are counted."""
    if measure is None or measure.retry is None or measure.retry.id != command.deadline_id or measure.pending is None:
        raise Obsolete("deadline-not-current", "this retry is not due any more")
    if now < measure.retry.due:
        raise Obsolete("deadline-not-due", "this retry is not due yet")
    order = _next(measure, measure.pending.kind)
    return (CommandRepeated(**_stamp(now, f"deadline:{command.deadline_id}", rules), command=order),)


def evolve(measure: Measure | None, event: Event) -> Measure:
    """The measure after the event."""
    if measure is None:
        if not isinstance(event, HoldPlaced):
            raise ValueError(f"{type(event).__name__} cannot be the first event of a measure")
        measure = Measure(listing_id=event.listing_id, platform=event.platform)
    match event:
        case HoldPlaced():
            held = replace(
                measure,
                holders=(*measure.holders, event.case_id),
                released=_without(measure.released, event.case_id),
            )
            return _sent(held, event.command)
        case HoldReleased():
            released = replace(
                measure,
                holders=_without(measure.holders, event.case_id),
                released=(*measure.released, event.case_id),
            )
            return _sent(released, event.command)
        case RemovalAcknowledged():
            return replace(measure, state="down", merchant_id=event.merchant_id, **_NOTHING_PENDING)
        case ReinstatementAcknowledged():
            return replace(measure, state="up", merchant_id=event.merchant_id, released=(), **_NOTHING_PENDING)
        case CommandFailed():
            return replace(measure, merchant_id=event.merchant_id, failures=event.failures, retry=event.retry)
        case CommandRepeated():
            return replace(_sent(measure, event.command), failures=measure.failures)
        case _:
            assert_never(event)


_NOTHING_PENDING: dict[str, Any] = {"pending": None, "failures": 0, "retry": None}


def _sent(measure: Measure, command: MarketplaceCommand | None) -> Measure:
    if command is None:
        return measure
    state: MeasureState = "removing" if command.kind == "remove" else "reinstating"
    return replace(measure, state=state, commands=measure.commands + 1, pending=command, failures=0, retry=None)


def _next(measure: Measure, kind: CommandKind) -> MarketplaceCommand:
    return MarketplaceCommand(id=f"{measure.listing_id}#{measure.commands + 1}", kind=kind)


def _was_sent(measure: Measure, command_id: str) -> bool:
    listing, _, number = command_id.rpartition("#")
    known = number.isascii() and number.isdigit() and len(number) <= len(str(measure.commands))
    return listing == measure.listing_id and known and 1 <= int(number) <= measure.commands


def _without(cases: tuple[str, ...], case_id: str) -> tuple[str, ...]:
    return tuple(case for case in cases if case != case_id)


def _stamp(now: datetime, by: str, rules: Rules) -> dict[str, Any]:
    return {"at": now, "by": by, "policy_version": rules.version}
