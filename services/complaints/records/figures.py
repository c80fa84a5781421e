"""The reporting history of an account: what became of its requests (001, IPP Platform: status, success rate, success
rate of counter-notifications). Pure.

A request is a case; it counts on the day it was filed, in the zone of Good Faith. Success and counter-success are
defined as for the Good Faith Program (DOMAIN), so that both tell the same of the same days.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.complaints.cases.model import Outcome


@dataclass(frozen=True, slots=True)
class Figures:
    """Cases; rates between 0 and 1, None over nothing."""

    requests: int = 0
    decided: int = 0
    upheld: int = 0
    rejected: int = 0
    withdrawn: int = 0
    counter_notified: int = 0
    counter_successes: int = 0

    @property
    def success_rate(self) -> float | None:
        """Upheld at first decision, of the decided."""
        return self.upheld / self.decided if self.decided else None

    @property
    def counter_success_rate(self) -> float | None:
        """Counter-notifications accepted, deemed accepted or won in the final determination, of the upheld."""
        return self.counter_successes / self.upheld if self.upheld else None

    def plus(self, count: int, outcome: Outcome) -> "Figures":
        """With so many cases more that came so far."""
        return Figures(
            self.requests + count,
            self.decided + count * outcome.decided,
            self.upheld + count * outcome.upheld,
            self.rejected + count * outcome.rejected,
            self.withdrawn + count * outcome.withdrawn,
            self.counter_notified + count * outcome.countered,
            self.counter_successes + count * (outcome.upheld and outcome.counter_success),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """`count` cases that are alike. month: of filing, as 2026-03."""

    platform: str
    right_id: str
    month: str
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class History:
    total: Figures
    by_platform: Mapping[str, Figures]
    by_month: Mapping[str, Figures]
    by_right: Mapping[str, Figures]


def history(groups: Iterable[Group]) -> History:
    """The figures of all groups together, and of each platform, month and right by itself, in order."""
    cases = list(groups)
    return History(
        total=_by(cases, lambda each: "").get("", Figures()),
        by_platform=_by(cases, lambda each: each.platform),
        by_month=_by(cases, lambda each: each.month),
        by_right=_by(cases, lambda each: each.right_id),
    )


def _by(groups: Iterable[Group], key: Callable[[Group], str]) -> Mapping[str, Figures]:
    summed: dict[str, Figures] = defaultdict(Figures)
    for each in groups:
        summed[key(each)] = summed[key(each)].plus(each.count, each.outcome)
    return dict(sorted(summed.items()))
