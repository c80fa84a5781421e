"""Deadlines: how a period becomes an instant, and how that instant explains itself.

The rule (001 "three business days"; counting is ours): the day of the start is excluded, the last day
counts whole. `due` is the local midnight that ends it and is exclusive: what is received before
00:00:00 of the next day is in time. A period that runs into a year nobody has published stays
`Undated` until the calendar is loaded; it neither ends by a guess nor stops anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from shared.policies.calendars.calendar import (
    ONE_DAY,
    BeyondCalendarError,
    Calendar,
    days_off_between,
    next_business_day,
)

DATED_LATE = "dated-late"  # `adjusted`: moved to the end of the first business day after it was dated


@dataclass(frozen=True, slots=True)
class Deadline:
    """A dated period. Exactly one of business_days, calendar_days and business_hours is not zero.

    `due` and `start` are UTC instants, `due` exclusive; `skipped` are the days off that the period ran
    over, each with its reason. `adjusted` names a rule that moved `due` past the plain count.
    """

    id: str
    kind: str
    due: datetime
    start: datetime
    business_days: int
    skipped: tuple[tuple[date, str], ...]
    calendar: str
    calendar_version: str
    policy_version: str
    calendar_days: int = 0
    business_hours: int = 0
    adjusted: str = ""


@dataclass(frozen=True, slots=True)
class Undated:
    """A period whose end nobody can know yet: `missing_from` is the first day that is not published."""

    id: str
    kind: str
    start: datetime
    business_days: int
    calendar: str
    calendar_version: str
    policy_version: str
    missing_from: date
    business_hours: int = 0


def business_days_later(
    calendar: Calendar, start: datetime, business_days: int, *, deadline_id: str, kind: str, policy_version: str
) -> Deadline | Undated:
    """The end of the n-th business day after the day of `start`, in the calendar's zone."""
    start = _instant(start, business_days)
    first = calendar.local_day(start)
    last = first
    try:
        for _ in range(business_days):
            last = next_business_day(calendar, last)
    except BeyondCalendarError as beyond:
        return Undated(
            deadline_id, kind, start, business_days, calendar.id, calendar.version, policy_version, beyond.day
        )
    return Deadline(
        id=deadline_id,
        kind=kind,
        due=calendar.midnight(last + ONE_DAY),
        start=start,
        business_days=business_days,
        skipped=days_off_between(calendar, first, last),
        calendar=calendar.id,
        calendar_version=calendar.version,
        policy_version=policy_version,
    )


def end_of_next_business_day(
    calendar: Calendar, start: datetime, *, deadline_id: str, kind: str, policy_version: str
) -> Deadline | Undated:
    """The end of the first business day after the day of `start`."""
    return business_days_later(calendar, start, 1, deadline_id=deadline_id, kind=kind, policy_version=policy_version)


def calendar_days_later(
    calendar: Calendar, start: datetime, days: int, *, deadline_id: str, kind: str, policy_version: str
) -> Deadline:
    """The end of the n-th calendar day after the day of `start`: days off count, so it is always dated."""
    start = _instant(start, days)
    return Deadline(
        id=deadline_id,
        kind=kind,
        due=calendar.midnight(calendar.local_day(start) + timedelta(days=days + 1)),
        start=start,
        business_days=0,
        skipped=(),
        calendar=calendar.id,
        calendar_version=calendar.version,
        policy_version=policy_version,
        calendar_days=days,
    )


def business_hours_later(
    calendar: Calendar, start: datetime, hours: int, *, deadline_id: str, kind: str, policy_version: str
) -> Deadline | Undated:
    """So many hours of business days later ("24 hours on business days"): the clock stands still on days off.

    A business day runs from local midnight to local midnight, not over office hours (ours).
    """
    start = _instant(start, hours)
    day = calendar.local_day(start)
    left = timedelta(hours=hours)
    at = start
    skipped: list[tuple[date, str]] = []
    try:
        while True:
            reason = calendar.day_off(day)
            end_of_day = calendar.midnight(day + ONE_DAY)
            if reason is not None:
                skipped.append((day, reason))
            elif left <= end_of_day - at:
                break
            else:
                left -= end_of_day - at
            day, at = day + ONE_DAY, end_of_day
    except BeyondCalendarError as beyond:
        return Undated(
            deadline_id, kind, start, 0, calendar.id, calendar.version, policy_version, beyond.day, business_hours=hours
        )
    return Deadline(
        id=deadline_id,
        kind=kind,
        due=at + left,
        start=start,
        business_days=0,
        skipped=tuple(skipped),
        calendar=calendar.id,
        calendar_version=calendar.version,
        policy_version=policy_version,
        business_hours=hours,
    )


def paper_service(calendar: Calendar, posted: datetime, days: int) -> datetime:
    """When posted paper counts as served: as the n-th calendar day after posting begins (003 三.2: the fifth).

    The day of service is a start day and as such excluded, so its hour changes no deadline.
    """
    return calendar.midnight(calendar.local_day(_instant(posted, days)) + timedelta(days=days))


def amend(deadline: Deadline | Undated, calendar: Calendar, *, now: datetime) -> Deadline | Undated:
    """The deadline under an amended calendar; the same object where nothing changes.

    A running deadline may become later, never earlier, and a dated one never becomes undated. One that
    was undated is not due before the end of the first business day after `now`, the moment at which it
    is dated and told. What has ended already is not revived.
    """
    if calendar.id != deadline.calendar:
        raise ValueError(f"deadline {deadline.id} counts by {deadline.calendar}, not by {calendar.id}")
    if isinstance(deadline, Deadline):
        if not is_running(deadline, now):
            return deadline
        recounted = _count_again(deadline, calendar)
        later = isinstance(recounted, Deadline) and recounted.due > deadline.due
        return recounted if later else deadline
    recounted = _count_again(deadline, calendar)
    if isinstance(recounted, Undated):
        return deadline if recounted.missing_from == deadline.missing_from else recounted
    floor = end_of_next_business_day(
        calendar, now, deadline_id=deadline.id, kind=deadline.kind, policy_version=deadline.policy_version
    )
    if isinstance(floor, Undated):
        return replace(deadline, calendar_version=calendar.version, missing_from=floor.missing_from)
    if recounted.due < floor.due:
        return replace(recounted, due=floor.due, adjusted=DATED_LATE)
    return recounted


def is_in_time(deadline: Deadline | Undated, received_at: datetime) -> bool:
    """Whether an answer received then counts: before `due`; always while the deadline is undated."""
    return isinstance(deadline, Undated) or received_at < deadline.due


def is_running(deadline: Deadline | Undated, now: datetime) -> bool:
    """Whether the period has not ended yet."""
    return is_in_time(deadline, now)


def is_expired(deadline: Deadline | Undated, now: datetime, grace: timedelta) -> bool:
    """Whether an expiry may take effect: `due` has passed by more than the policy's grace.

    The grace lets an answer that was received in time, and is still under way inside, win.
    """
    return isinstance(deadline, Deadline) and now > deadline.due + grace


def why(deadline: Deadline | Undated) -> tuple[str, ...]:
    """The deadline explained in lines that anybody can check by hand: start, days skipped, calendar, policy."""
    period = _period_in_words(deadline)
    basis = f"calendar {deadline.calendar} {deadline.calendar_version}, policy {deadline.policy_version}"
    began = f"{period} from {deadline.start.isoformat()}, the day of the start not counted"
    if deadline.business_hours:
        began = f"{period} from {deadline.start.isoformat()}, the clock standing still on days off"
    if isinstance(deadline, Undated):
        return (began, f"undated: the calendar is not published for {deadline.missing_from}", basis)
    skipped = tuple(f"skipped {day.isoformat()}: {reason}" for day, reason in deadline.skipped)
    moved: tuple[str, ...] = ()
    if deadline.adjusted == DATED_LATE:
        moved = ("moved to the end of the first business day after the calendar was published",)
    return (began, *skipped, *moved, f"due before {deadline.due.isoformat()}", basis)


def _count_again(deadline: Deadline | Undated, calendar: Calendar) -> Deadline | Undated:
    count: Callable[..., Deadline | Undated]
    if isinstance(deadline, Deadline) and deadline.calendar_days:
        count, length = calendar_days_later, deadline.calendar_days
    elif deadline.business_hours:
        count, length = business_hours_later, deadline.business_hours
    else:
        count, length = business_days_later, deadline.business_days
    return count(
        calendar,
        deadline.start,
        length,
        deadline_id=deadline.id,
        kind=deadline.kind,
        policy_version=deadline.policy_version,
    )


def _period_in_words(deadline: Deadline | Undated) -> str:
    if deadline.business_hours:
        return f"{deadline.business_hours} hours on business days"
    if isinstance(deadline, Deadline) and deadline.calendar_days:
        return f"{deadline.calendar_days} calendar days"
    return f"{deadline.business_days} business days"


def _instant(start: datetime, length: int) -> datetime:
    """The start in UTC; refuses naive times and periods that are no periods."""
    if start.tzinfo is None:
        raise ValueError("an instant carries its zone: naive times are not accepted")
    if length < 1:
        raise ValueError("a period lasts at least one day or hour")
    return start.astimezone(UTC)
