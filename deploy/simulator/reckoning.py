"""Good Faith worked out by hand from the plan: who is granted it, on which day, and who loses it when.

The rules of DOMAIN (Good Faith Program), applied to the plan alone: at least 100 requests in (D - 3 months, D],
success of at least 90 %, counter-notifications won in at most 5 % of what was upheld.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from deploy.simulator.fates import COUNTER_SUCCESSES, UPHELD, Fate
from deploy.simulator.plan import Case, Plan
from deploy.simulator.timetable import FAITH_LOST_DAY, REGISTRATION, WAVES

MINIMUM_REQUESTS = 100
MINIMUM_SUCCESS = 0.90
MAXIMUM_COUNTER_SUCCESS = 0.05


@dataclass(frozen=True)
class FaithChange:
    account: str
    change: Literal["granted", "lost"]
    day: date


@dataclass(frozen=True)
class Figures:
    requests: int
    decided: int
    upheld: int
    counter_successes: int

    @property
    def eligible(self) -> bool:
        if not self.decided or not self.upheld:
            return False  # a rate over nothing is not met
        return (
            self.requests >= MINIMUM_REQUESTS
            and self.upheld / self.decided >= MINIMUM_SUCCESS
            and self.counter_successes / self.upheld <= MAXIMUM_COUNTER_SUCCESS
        )


# Within a day, in this order (see the timetable): filing, rejections, upholding, everything that follows from it.
_MOMENTS = ("filed", "rejected", "upheld", "countered")
_DAYS_TO_SUPPLEMENT = 1
_DAYS_TO_SILENCE = 4  # a supplement that lapses: three business days, then the midnight that ends them
_DAYS_TO_RESPONSE = 3


def faith_changes(plan: Plan) -> list[FaithChange]:
    """All grants and losses of the run, by day."""
    changes: list[FaithChange] = []
    for account in plan.accounts:
        cases = [case for case in plan.cases.values() if case.account == account]
        if len(cases) >= MINIMUM_REQUESTS:  # nobody with fewer in all can have enough in a window
            changes += _changes_of(account, cases)
    return sorted(changes, key=lambda change: (change.day, change.account))


def figures(cases: list[Case], day: date, moment: str = _MOMENTS[-1]) -> Figures:
    """What counts on a day up to a moment of it, of the requests in the window."""
    after = three_months_before(day)
    inside = [case for case in cases if after < WAVES[case.wave] <= day and _reached(_filed(case), day, moment)]
    rejected = sum(_reached(_rejected(case), day, moment) for case in inside)
    upheld = sum(_reached(_upheld(case), day, moment) for case in inside)
    won = sum(_reached(_won(case), day, moment) for case in inside)
    return Figures(len(inside), rejected + upheld, upheld, won)


def three_months_before(day: date) -> date:
    """The same day three calendar months earlier, clamped to the end of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 - 3, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _changes_of(account: str, cases: list[Case]) -> list[FaithChange]:
    changes: list[FaithChange] = []
    eligible = False
    day = REGISTRATION
    while day <= FAITH_LOST_DAY:
        for moment in _MOMENTS:
            now = figures(cases, day, moment).eligible
            if now != eligible:
                eligible = now
                changes.append(FaithChange(account, "granted" if now else "lost", day))
        day += timedelta(days=1)
    return changes


_Moment = tuple[date, str] | None


def _reached(when: _Moment, day: date, moment: str) -> bool:
    if when is None:
        return False
    return (when[0], _MOMENTS.index(when[1])) <= (day, _MOMENTS.index(moment))


def _filed(case: Case) -> _Moment:
    return WAVES[case.wave], "filed"


def _rejected(case: Case) -> _Moment:
    if case.fate == Fate.REJECTED:
        return WAVES[case.wave], "rejected"
    if case.fate == Fate.SUPPLEMENT_LAPSED:
        return WAVES[case.wave] + timedelta(days=_DAYS_TO_SILENCE), "rejected"
    return None


def _upheld(case: Case) -> _Moment:
    if case.fate not in UPHELD:
        return None
    late = timedelta(days=_DAYS_TO_SUPPLEMENT if case.fate == Fate.SUPPLEMENT_ANSWERED else 0)
    return WAVES[case.wave] + late, "upheld"


def _won(case: Case) -> _Moment:
    """Silence wins a few days later still; no account whose eligibility hangs on it is in a plan."""
    if case.fate not in COUNTER_SUCCESSES:
        return None
    return WAVES[case.wave] + timedelta(days=_DAYS_TO_RESPONSE), "countered"
