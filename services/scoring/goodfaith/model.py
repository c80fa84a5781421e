"""The Good Faith Program (001; DOMAIN "Good Faith Program" and "Fine points", ours). Pure.

An account (for an agency: account and principal) is eligible on a day D when, of the requests filed on the days d with
D - 3 months < d <= D, there are at least 100, at least 90 % of the decided ones were upheld at first decision, at most
5 % of the upheld ones were lost to a counter-notification, and no deliberate falsehood was ever found. Losing it by
figures bars re-entry for three months. A rate over nothing is not met. Of a person who objected (000 VII.2) no figures
are made: such an account is not in the program, and may be again when the objection ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from shared.policies.good_faith import GoodFaithWindow, barred_until, good_faith_window
from shared.policies.policy import GoodFaithPolicy

REQUESTS = "minimum-requests"
SUCCESS = "success-rate"
COUNTER_SUCCESS = "counter-success-rate"
FALSEHOOD = "deliberate-falsehood"
OBJECTION = "objection"
BARRED = "re-entry-bar"


@dataclass(frozen=True, slots=True)
class Rules:
    """The thresholds in force on a day, and the version of the policy that holds them."""

    policy: GoodFaithPolicy
    version: str

    def __post_init__(self) -> None:
        if self.policy.every_reason_code:
            raise ValueError("the option `every_reason_code` of the Good Faith Program is not built")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one case adds to the day it was filed on. `sequence`: of the case's event that said so."""

    sequence: int
    filed_on: date
    decided: bool = False
    upheld: bool = False
    counter_success: bool = False


class Counts(NamedTuple):
    """Cases of a day or of a window."""

    requests: int = 0
    decided: int = 0
    upheld: int = 0
    counter_successes: int = 0

    def with_case(self, case: Contribution, sign: int) -> "Counts":
        return Counts(
            self.requests + sign,
            self.decided + sign * case.decided,
            self.upheld + sign * case.upheld,
            self.counter_successes + sign * (case.upheld and case.counter_success),
        )

    def plus(self, other: "Counts | None", sign: int = 1) -> "Counts":
        if other is None:
            return self
        return Counts(*(mine + sign * theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: "Counts | None") -> "Counts":
        return self.plus(other, -1)

    @property
    def success_rate(self) -> float | None:
        return self.upheld / self.decided if self.decided else None

    @property
    def counter_success_rate(self) -> float | None:
        return self.counter_successes / self.upheld if self.upheld else None


_NONE = Counts()


@dataclass(frozen=True, slots=True)
class Standing:
    """What has to be remembered of an account × principal besides its cases.

    day: the last day judged; barred_until: the first day on which it may be in again; unmet: the conditions not met on
    that day; told: the counts last published.
    """

    day: date
    eligible: bool = False
    barred_until: date | None = None
    unmet: tuple[str, ...] = ()
    told: Counts | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The figures of a day and what they lead to. `change`: None where nothing is to be published: figures alone are
    told once a day, what they lead to at once."""

    day: date
    window: GoodFaithWindow
    counts: Counts
    standing: Standing
    change: str | None
    version: str


@dataclass(slots=True)
class Tally:
    """The cases of one account × principal, summed by filing day. Kept in memory, rebuilt from contributions, so that
    repeats and corrections cannot make it drift. `progress` rises with every new contribution.

    `_window`, `_sum`: the window asked for last and its figures, kept up to date, since the next one asked for is the
    same or that of a day soon after.
    """

    cases: dict[str, Contribution] = field(default_factory=dict)
    days: dict[date, Counts] = field(default_factory=dict)
    progress: int = 0
    _window: GoodFaithWindow | None = field(default=None, repr=False, compare=False)
    _sum: Counts = field(default=Counts(), repr=False, compare=False)

    def put(self, case_id: str, case: Contribution) -> bool:
        """Replaces the case's contribution; False where a newer or the same one is there already."""
        before = self.cases.get(case_id)
        if before is not None and case.sequence <= before.sequence:
            return False
        if before is not None:
            self._add(before, -1)
        self.cases[case_id] = case
        self._add(case, 1)
        self.progress += case.sequence - (before.sequence if before else 0)
        return True

    def counts(self, window: GoodFaithWindow) -> Counts:
        if window == self._window:
            return self._sum
        last = self._window
        if last is not None and last.after <= window.after < last.through <= window.through:
            total = self._sum
            for day in _days_between(last.after, window.after):
                total = total.minus(self.days.get(day))
            for day in _days_between(last.through, window.through):
                total = total.plus(self.days.get(day))
        else:
            total = Counts()
            for day in _days_between(window.after, window.through):
                total = total.plus(self.days.get(day))
        self._window, self._sum = window, total
        return total

    def _add(self, case: Contribution, sign: int) -> None:
        day = case.filed_on
        summed = self.days.get(day, _NONE).with_case(case, sign)
        if summed == _NONE:
            self.days.pop(day, None)
        else:
            self.days[day] = summed
        if self._window is not None and self._window.after < day <= self._window.through:
            self._sum = self._sum.with_case(case, sign)


def _days_between(after: date, through: date) -> Iterator[date]:
    """The days d with after < d <= through."""
    return map(date.fromordinal, range(after.toordinal() + 1, through.toordinal() + 1))


def unmet_conditions(counts: Counts, falsehood: bool, rules: Rules, *, objection: bool = False) -> tuple[str, ...]:
    """The conditions of the program that these figures do not meet; figures are not looked at after an objection."""
    if objection:
        return (OBJECTION,)
    policy = rules.policy
    requests, decided, upheld, lost = counts
    unmet = []
    if requests < policy.minimum_requests:
        unmet.append(REQUESTS)
    if not decided or upheld / decided < policy.minimum_success_rate:
        unmet.append(SUCCESS)
    if not upheld or lost / upheld > policy.maximum_counter_success_rate:
        unmet.append(COUNTER_SUCCESS)
    if falsehood:
        unmet.append(FALSEHOOD)
    return tuple(unmet)


def stands(
    tally: Tally, falsehood: bool, before: Standing, day: date, rules: Rules, *, objection: bool = False
) -> bool:
    """Whether judging the account again on the day that was judged last changes nothing: true of most records."""
    if day != before.day:
        return False
    counts = tally.counts(good_faith_window(day, rules.policy.window_months))
    unmet = unmet_conditions(counts, falsehood, rules, objection=objection)
    return (unmet if before.barred_until is None else (*unmet, BARRED)) == before.unmet


def passes(tally: Tally, before: Standing, day: date, rules: Rules) -> bool:
    """Whether the day after the one judged last goes by without anything to tell, if the rules are the same: figures
    as told, no bar that ends."""
    if before.barred_until is not None and day >= before.barred_until:
        return False
    return tally.counts(good_faith_window(day, rules.policy.window_months)) == before.told


def judge(
    tally: Tally, falsehood: bool, before: Standing | None, day: date, rules: Rules, *, objection: bool = False
) -> Judgement:
    """The account on this day, given how it stood before. Judging again changes nothing."""
    window = good_faith_window(day, rules.policy.window_months)
    counts = _NONE if objection else tally.counts(window)
    unmet = unmet_conditions(counts, falsehood, rules, objection=objection)
    was = before or Standing(day)
    bar = was.barred_until
    if was.eligible and any(name not in (FALSEHOOD, OBJECTION) for name in unmet):
        bar = barred_until(day, rules.policy.bar_months)
    if bar is not None and day >= bar:
        bar = None
    if bar is not None:
        unmet = (*unmet, BARRED)
    eligible = not unmet
    change = None
    if eligible != was.eligible:
        change = "granted" if eligible else "lost"
    elif unmet != was.unmet or (counts != was.told and (was.told is None or day > was.day)):
        change = "figures"
    standing = Standing(day, eligible, bar, unmet, counts if change else was.told)
    return Judgement(day, window, counts, standing, change, rules.version)


def days_to_judge(before: Standing, through: date) -> Iterator[date]:
    """The days after the last one judged, up to this one, so that none is leapt over. Empty where it was judged."""
    for ahead in range(1, (through - before.day).days + 1):
        yield before.day + timedelta(days=ahead)
