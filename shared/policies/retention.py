"""How long what is kept, and why: rules for each place in a vault and each collection, as frozen values with a version.

A period counts whole days in the zone of the rules: its first day is not counted, and what is due is removed from the
beginning of the day after its last one. Months and years are calendar ones, clamped to the end of a month.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Literal
from zoneinfo import ZoneInfo

from shared.policies.good_faith import months_before
from shared.policies.policy import Text
from shared.policies.terms import NoPolicyInForceError

Keeper = Literal["identity", "ipr", "complaints", "notifications", "scoring", "every"]
"""A service, or `every`: what each of them has."""

EnforcedBy = Literal["job", "expiry-index", "nothing"]
"""job: the daily run; expiry-index: the store itself, in real time; nothing: kept for good."""

FOR_GOOD = "for good"
UNREFERENCED = "unreferenced"
"""Counts from when it was first found that no history names it: a request sealed it and was refused, or crashed."""

_PERIOD = re.compile(r"([1-9][0-9]*) (day|month|year)s?")


@dataclass(frozen=True, slots=True)
class Period:
    """One of the three is not 0."""

    days: int = 0
    months: int = 0
    years: int = 0

    @classmethod
    def read(cls, text: str) -> "Period | None":
        """From `30 days`, `6 months`, `3 years`; None for `for good`. Raises ValueError."""
        if text == FOR_GOOD:
            return None
        said = _PERIOD.fullmatch(text)
        if said is None:
            raise ValueError(f"{text!r} is no period: `30 days`, `6 months`, `3 years` or `{FOR_GOOD}`")
        return cls(**{f"{said[2]}s": int(said[1])})

    def after(self, day: date) -> date:
        """The last day of the period that this day begins: 31 January and one month is 28 or 29 February."""
        months = self.months + 12 * self.years
        return months_before(day, -months) if months else day + timedelta(days=self.days)

    @property
    def at_least(self) -> timedelta:
        """No period of this length is shorter."""
        return timedelta(days=self.days + 28 * self.months + 365 * self.years)

    @property
    def at_most(self) -> timedelta:
        return timedelta(days=self.days + 31 * self.months + 366 * self.years)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing, one reason to begin counting.

    place: of the vault, with `*` for a part of it, or collection: of the service's database, `*` likewise; one of them
    is given. counts_from: a code, which the service that keeps it knows; why: the ground on which it may be kept so
    long, and no longer, in words for the person whose it is; source: the document and section, or "ours".
    """

    service: Keeper
    place: str | None
    collection: str | None
    what: Text
    purpose: str
    counts_from: str
    period: str
    why: Text
    source: str
    enforced_by: EnforcedBy

    @property
    def length(self) -> Period | None:
        """None where it is kept for good."""
        return Period.read(self.period)

    def is_of(self, service: str) -> bool:
        return self.service in (service, "every")


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """One version, in force from `effective_from` until the next one is. shortened: by rule, why this version keeps
    something for less time than the one before; nothing is shortened without it."""

    version: str
    effective_from: datetime
    zone: str
    shortened: Mapping[str, str]
    rules: Mapping[str, Rule]

    def of_place(self, service: str, place: str) -> Mapping[str, Rule]:
        """By name; without the one for what nothing refers to."""
        return {
            name: rule
            for name, rule in self.rules.items()
            if rule.place is not None
            and rule.counts_from != UNREFERENCED
            and rule.is_of(service)
            and fnmatchcase(place, rule.place)
        }

    def of_collection(self, service: str, collection: str) -> Mapping[str, Rule]:
        return {
            name: rule
            for name, rule in self.rules.items()
            if rule.collection is not None and rule.is_of(service) and fnmatchcase(collection, rule.collection)
        }

    @property
    def unreferenced(self) -> tuple[str, Rule]:
        """The rule for what was sealed and is named by no history."""
        return next((name, rule) for name, rule in self.rules.items() if rule.counts_from == UNREFERENCED)

    def due(self, rule: Rule, since: datetime) -> datetime | None:
        """From when on something is to be removed that counts from this instant; None: never."""
        length = rule.length
        return None if length is None else self._midnight(length.after(self.day(since)) + timedelta(days=1))

    def day(self, instant: datetime) -> date:
        """The day that it is in the zone of the rules."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def next_day(self, instant: datetime) -> datetime:
        """When the next day begins."""
        return self._midnight(self.day(instant) + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


class RetentionBook:
    """Every version. Raises ValueError where a later one keeps something for less time and does not say why."""

    def __init__(self, versions: Iterable[RetentionRules]) -> None:
        self._versions = sorted(versions, key=lambda each: each.effective_from)
        problems = [
            problem
            for before, after in zip(self._versions, self._versions[1:], strict=False)
            for problem in _secretly_shorter(before, after)
        ]
        if problems:
            raise ValueError("; ".join(problems))

    def at(self, instant: datetime) -> RetentionRules:
        """Raises NoPolicyInForceError."""
        for each in reversed(self._versions):
            if each.effective_from <= instant:
                return each
        raise NoPolicyInForceError(f"no version of the retention rules is in force at {instant.isoformat()}")


def _secretly_shorter(before: RetentionRules, after: RetentionRules) -> list[str]:
    problems = []
    if before.effective_from == after.effective_from:
        problems.append(f"{before.version} and {after.version} are in force from the same instant")
    for name, old in before.rules.items():
        new = after.rules.get(name)
        if new is not None and _may_be_shorter(old, new) and name not in after.shortened:
            problems.append(f"{after.version}: {name} is shortened, and `shortened` does not say why")
    fresh = set(after.rules) - set(before.rules)
    for name in sorted(fresh - set(after.shortened)):
        rule = after.rules[name]
        covered = before.of_place(rule.service, rule.place) if rule.place else {}
        if any(_may_be_shorter(old, rule) for old in covered.values()):
            problems.append(f"{after.version}: {name} shortens what is kept, and `shortened` does not say why")
    return problems


def _may_be_shorter(old: Rule, new: Rule) -> bool:
    """Also where it depends on the month, or where another moment counts."""
    if new.length is None:
        return False
    if old.length is None or new.counts_from != old.counts_from:
        return True
    return new.length != old.length and new.length.at_least < old.length.at_most
