"""Penalty points (DOMAIN "Penalties" and "Fine points", ours). Pure.

An upheld case scores when its listing is down, by its reason. Of the cases within the ladder's hours of the first one
of a group only the first counts, without chaining; a case that gives its points back is out of its group too, and the
next one takes its place. Each point lapses so many days after it was scored. The highest rung reached holds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.policies.policy import PenaltyLadder

NO_STEP = "none"


@dataclass(frozen=True, slots=True)
class Rules:
    """A ladder and the version of the policy that holds it."""

    ladder: PenaltyLadder
    version: str


RulesAt = Callable[[str, datetime], Rules]  # platform, instant -> what holds


@dataclass(frozen=True, slots=True)
class Score:
    """One case against a merchant. `sequence`: of the case's event that said so; `owner`: the rights holder;
    `scored_at`: when the listing was down, None before; `stands`: not given back."""

    sequence: int
    platform: str
    owner: str
    reason: str
    scored_at: datetime | None
    stands: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """Points of one case; `counted` is 0 where the case fell into the group of an earlier one."""

    case_id: str
    scored_at: datetime
    lapses_at: datetime
    counted: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A merchant on one platform at an instant. `entries`: not lapsed, oldest first."""

    points: int
    step: str
    entries: tuple[Entry, ...]
    version: str


@dataclass
class Book:
    """The cases against one merchant (for Tao: across its marketplaces). `progress` rises with every new score."""

    scores: dict[str, Score] = field(default_factory=dict)
    progress: int = 0

    def put(self, case_id: str, score: Score) -> bool:
        """Replaces what is known of the case; False where the same or a newer one is there already."""
        before = self.scores.get(case_id)
        if before is not None and score.sequence <= before.sequence:
            return False
        self.scores[case_id] = score
        self.progress += score.sequence - (before.sequence if before else 0)
        return True

    def platforms(self) -> frozenset[str]:
        return frozenset(score.platform for score in self.scores.values())

    def sheet(self, platform: str, at: datetime, rules_at: RulesAt) -> Sheet:
        """The merchant's sheet on this platform at this instant."""
        rules = rules_at(platform, at)
        entries = [
            Entry(case_id, when, lapses_at, counted)
            for case_id, score, when, counted in _counted(self.scores, rules_at)
            if score.platform == platform
            and at < (lapses_at := when + timedelta(days=rules_at(platform, when).ladder.lapse_days))
        ]
        points, step = standing_at(entries, at, rules.ladder)
        return Sheet(points, step, tuple(entries), rules.version)


def standing_at(entries: Iterable[Entry], at: datetime, ladder: PenaltyLadder) -> tuple[int, str]:
    """Points and rung at a later instant: what has lapsed since counts no more."""
    points = sum(entry.counted for entry in entries if at < entry.lapses_at)
    step = ladder.step_at(points)
    return points, step.name if step else NO_STEP


def _counted(scores: dict[str, Score], rules_at: RulesAt) -> Iterable[tuple[str, Score, datetime, int]]:
    """The standing cases in the order in which they scored, each with the points that count."""
    standing = sorted(
        (score.scored_at, case_id, score)
        for case_id, score in scores.items()
        if score.stands and score.scored_at is not None
    )
    opened: dict[str, datetime] = {}
    for when, case_id, score in standing:
        ladder = rules_at(score.platform, when).ladder
        points = ladder.points_for(score.reason)
        if ladder.grouping is not None:
            group = score.owner if ladder.grouping.by == "owner_and_merchant" else ""
            first = opened.get(group)
            if first is not None and when - first <= timedelta(hours=ladder.grouping.hours):
                points = 0
            elif points:
                opened[group] = when
        yield case_id, score, when, points
