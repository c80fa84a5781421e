"""A run: its rules and instant, and what it counts as it goes."""

from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from prometheus_client import Counter

from shared.policies.retention import RetentionRules
from shared.retention.ledger import Entry, Line

REMOVED = Counter("ipp_retention_removed", "Texts and entries removed as their time was over.", ("service", "rule"))
NOT_REMOVED = Counter("ipp_retention_not_removed", "What was due and could not be removed.", ("service", "rule"))
WITHOUT_RULE = Counter("ipp_retention_without_rule", "Sealed texts at a place that no rule is for.", ("service",))


async def _unheld() -> None:
    """For a look that changes nothing."""


@dataclass
class Run:
    """At one business time by one version of the rules. still_ours: raises Transient where another process has taken
    the run over; removed, kept_back: counts what no entry of this run tells of."""

    id: str
    service: str
    rules: RetentionRules
    now: datetime
    still_ours: Callable[[], Awaitable[None]] = _unheld
    looked_at: int = 0
    without_rule: Tally[str] = field(default_factory=Tally)
    removed: Tally[str] = field(default_factory=Tally)
    kept_back: Tally[str] = field(default_factory=Tally)
    failed: Tally[str] = field(default_factory=Tally)

    @property
    def tomorrow(self) -> datetime:
        return self.rules.next_day(self.now)

    def has_no_rule(self, place: str) -> None:
        self.without_rule[place] += 1
        WITHOUT_RULE.labels(self.service).inc()

    def has_failed(self, rule: str, count: int) -> None:
        self.failed[rule] += count
        NOT_REMOVED.labels(self.service, rule).inc(count)

    def lines(self, told: Iterable[tuple[Entry, int]]) -> tuple[Line, ...]:
        """By rule, from entries and from what was counted."""
        lines: dict[tuple[str, str], Line] = {}
        for entry, count in told:
            if entry.because:
                continue
            line = self._line(lines, entry.rule, entry.version)
            oldest = min(line.oldest or entry.oldest, entry.oldest)
            newest = max(line.newest or entry.newest, entry.newest)
            line = replace(line, removed=line.removed + count, oldest=oldest, newest=newest)
            lines[entry.rule, entry.version] = line
        for rule in (+self.removed).keys() | (+self.kept_back).keys() | (+self.failed).keys():
            line = self._line(lines, rule, self.rules.version)
            more = line.removed + self.removed[rule]
            line = replace(line, removed=more, kept_back=self.kept_back[rule], failed=self.failed[rule])
            lines[rule, self.rules.version] = line
        return tuple(lines[each] for each in sorted(lines))

    def _line(self, lines: dict[tuple[str, str], Line], rule: str, version: str) -> Line:
        known = self.rules.rules.get(rule)
        return lines.get((rule, version)) or Line(rule=rule, version=version, ground=known.why.en if known else "")
