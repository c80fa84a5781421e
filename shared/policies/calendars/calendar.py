"""One country's working days as versioned data, and the questions asked of a single day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class BeyondCalendarError(LookupError):
    """The calendar says nothing about this day: its year is not published, and nobody guesses."""

    def __init__(self, calendar: str, day: date) -> None:
        super().__init__(f"calendar {calendar} is not published for {day.isoformat()}")
        self.calendar = calendar
        self.day = day


class UnknownCalendarError(LookupError):
    """No calendar of this id, or not in this version, was loaded."""


@dataclass(frozen=True, slots=True)
class CoveredYear:
    """A year for which the days off are known, since when, and by which announcement."""

    year: int
    published: date
    source: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of one country in one zone, for the years that are published.

    `days_off` and `working_dates` map a date to its reason: the holiday, or the holiday that a working
    make-up day pays for. Every other day is judged by `weekend` (0 is Monday). A value of this class is
    never changed: an amendment is a further value with another `version`.
    """

    id: str
    version: str
    name: str
    zone: str
    years: tuple[CoveredYear, ...]
    days_off: Mapping[date, str] = field(hash=False)
    working_dates: Mapping[date, str] = field(hash=False)
    weekend: frozenset[int] = frozenset({5, 6})
    covered: frozenset[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        both = set(self.days_off) & set(self.working_dates)
        if both:
            raise ValueError(f"calendar {self.id}: {sorted(both)[0]} is both off and working")
        object.__setattr__(self, "covered", frozenset(entry.year for entry in self.years))

    def covers(self, day: date) -> bool:
        """Whether this day's year is published."""
        return day.year in self.covered

    def day_off(self, day: date) -> str | None:
        """Why nobody works on this day, or None for a business day; raises `BeyondCalendarError`."""
        if day.year not in self.covered:
            raise BeyondCalendarError(self.id, day)
        reason = self.days_off.get(day)
        if reason is not None:
            return reason
        if day.weekday() in self.weekend and day not in self.working_dates:
            return WEEKDAY_NAMES[day.weekday()]
        return None

    @property
    def last_covered_day(self) -> date:
        """The last day of the unbroken run of published years: alerts look 60 days ahead of it."""
        year = min(self.covered)
        while year + 1 in self.covered:
            year += 1
        return date(year, 12, 31)

    def local_day(self, instant: datetime) -> date:
        """The date on which an instant falls in this calendar's zone."""
        if instant.tzinfo is None:
            raise ValueError("an instant carries its zone: naive times are not accepted")
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """The UTC instant at which this date begins in the calendar's zone."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


class CalendarBook:
    """Every calendar that was loaded, in every version; the newest of an id unless one is named."""

    def __init__(self, calendars: Iterable[Calendar]) -> None:
        self._versions: dict[str, dict[str, Calendar]] = {}
        for calendar in calendars:
            versions = self._versions.setdefault(calendar.id, {})
            if calendar.version in versions:
                raise ValueError(f"calendar {calendar.id} {calendar.version} is given twice")
            versions[calendar.version] = calendar

    def __iter__(self) -> Iterator[Calendar]:
        return iter(self.get(calendar_id) for calendar_id in sorted(self._versions))

    def __contains__(self, calendar_id: object) -> bool:
        return calendar_id in self._versions

    def get(self, calendar_id: str, version: str | None = None) -> Calendar:
        """The calendar of this id, by default in its newest version; raises `UnknownCalendarError`."""
        versions = self._versions.get(calendar_id)
        if not versions or (version is not None and version not in versions):
            raise UnknownCalendarError(f"calendar {calendar_id} {version or ''} is not loaded".strip())
        return versions[version if version is not None else max(versions, key=_version_order)]

    def adding(self, calendar: Calendar) -> "CalendarBook":
        """A further book that also holds this calendar: loading an amendment changes no book in use."""
        held = [entry for versions in self._versions.values() for entry in versions.values()]
        return CalendarBook([*held, calendar])


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether people work on this day; raises `BeyondCalendarError` where the year is not published."""
    return calendar.day_off(day) is None


def next_business_day(calendar: Calendar, after: date) -> date:
    """The first business day later than `after`; raises `BeyondCalendarError` rather than guess."""
    day = after + ONE_DAY
    while calendar.day_off(day) is not None:
        day += ONE_DAY
    return day


def days_off_between(calendar: Calendar, after: date, until: date) -> tuple[tuple[date, str], ...]:
    """The days off later than `after` and not later than `until`, each with its reason."""
    found: list[tuple[date, str]] = []
    day = after + ONE_DAY
    while day <= until:
        reason = calendar.day_off(day)
        if reason is not None:
            found.append((day, reason))
        day += ONE_DAY
    return tuple(found)


def _version_order(version: str) -> tuple[tuple[int, str], ...]:
    """Versions compare part by part, numbers as numbers: 2026.10 is newer than 2026.9."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in version.split("."))
