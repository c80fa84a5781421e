"""Reads calendar files; called by wiring, never at import."""

import json
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from shared.policies.calendars.calendar import Calendar, CalendarBook, CoveredYear

DATA = "shared.policies.calendars"
FIELDS = {"id", "version", "name", "zone", "years", "days_off", "working_dates"}


class CalendarFileError(ValueError):
    """Calendar files that cannot be used, with every problem found, not only the first."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def load_calendars(folder: Traversable | None = None) -> CalendarBook:
    """Every calendar of the package (or of another folder, for an amendment), checked."""
    source = folder if folder is not None else files(DATA) / "data"
    calendars: list[Calendar] = []
    problems: list[str] = []
    for entry in sorted(source.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".json"):
            continue
        try:
            calendars.append(parse_calendar(json.loads(entry.read_text(encoding="utf-8"))))
        except CalendarFileError as refused:
            problems += [f"{entry.name}: {problem}" for problem in refused.problems]
        except ValueError as broken:
            problems.append(f"{entry.name}: {broken}")
    if not calendars and not problems:
        problems.append("no calendar files found")
    if problems:
        raise CalendarFileError(problems)
    return CalendarBook(calendars)


def parse_calendar(document: Any) -> Calendar:
    """One calendar from its JSON document; raises `CalendarFileError` with all problems."""
    if not isinstance(document, dict):
        raise CalendarFileError(["a calendar is a JSON object"])
    missing, unknown = FIELDS - set(document), set(document) - FIELDS
    problems = [f"{name} is missing" for name in sorted(missing)]
    problems += [f"{name} is not a field of a calendar" for name in sorted(unknown)]
    if problems:
        raise CalendarFileError(problems)
    years = _years(document["years"], problems)
    covered = {entry.year for entry in years}
    days_off = _days(document["days_off"], "days_off", covered, problems)
    working = _days(document["working_dates"], "working_dates", covered, problems)
    problems += [f"{day} is both off and working" for day in sorted(set(days_off) & set(working))]
    try:
        ZoneInfo(str(document["zone"]))
    except (LookupError, ValueError, OSError):
        problems.append(f"zone {document['zone']!r} is not known")
    if problems:
        raise CalendarFileError(problems)
    return Calendar(
        id=str(document["id"]),
        version=str(document["version"]),
        name=str(document["name"]),
        zone=str(document["zone"]),
        years=tuple(years),
        days_off=MappingProxyType(days_off),
        working_dates=MappingProxyType(working),
    )


def _years(entries: Any, problems: list[str]) -> list[CoveredYear]:
    years: list[CoveredYear] = []
    for entry in entries if isinstance(entries, list) else []:
        try:
            published = date.fromisoformat(entry["published"])
            years.append(CoveredYear(int(entry["year"]), published, str(entry["source"])))
        except (KeyError, TypeError, ValueError) as broken:
            problems.append(f"years: {entry!r} wants year, published and source ({broken})")
    if not years:
        problems.append("years: at least one year is covered")
    if len({entry.year for entry in years}) != len(years):
        problems.append("years: a year is given twice")
    return years


def _days(entries: Any, name: str, covered: set[int], problems: list[str]) -> dict[date, str]:
    days: dict[date, str] = {}
    if not isinstance(entries, dict):
        problems.append(f"{name}: wants an object of date and reason")
        return days
    for text, reason in entries.items():
        try:
            day = date.fromisoformat(text)
        except ValueError:
            problems.append(f"{name}: {text!r} is not a date")
            continue
        if day.year not in covered:
            problems.append(f"{name}: {text} lies outside the covered years")
        if not isinstance(reason, str) or not reason:
            problems.append(f"{name}: {text} wants a reason")
        days[day] = str(reason)
    return days
