"""Pure: what is to be done with a sealed text now. A period that has not begun cannot be over before its whole length:
so each text is looked at when it may be due, and not before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.policies.retention import RetentionRules, Rule
from shared.retention.standing import Standing
from shared.vault import Kept, Look

FOR_GOOD_AGAIN = timedelta(days=365)
"""What no rule ever ends is looked at once a year."""


@dataclass(frozen=True, slots=True)
class Due:
    """since: when its period began; due: when it was over."""

    kept: Kept
    standing: Standing
    name: str
    rule: Rule
    since: datetime
    due: datetime


def decide(rules: RetentionRules, service: str, kept: Kept, standing: Standing, now: datetime) -> Due | Look | None:
    """Due, or when to look again; None where no rule is there for the place. Of several periods that run, the first to
    be over counts."""
    if not standing.used:
        return _unused(rules, kept, standing, now)
    of_place = rules.of_place(service, kept.place)
    if not of_place:
        return None
    running: list[Due] = []
    earliest = [now + FOR_GOOD_AGAIN]
    for name, rule in of_place.items():
        since = standing.begun.get(rule.counts_from)
        due = rules.due(rule, since or now)
        if due is None:
            continue
        earliest.append(due)
        if since is not None:
            running.append(Due(kept, standing, name, rule, since, due))
    first = min(running, key=lambda each: each.due, default=None)
    if first is not None and first.due <= now:
        return first
    return Look(kept.ref, min(earliest))


def _unused(rules: RetentionRules, kept: Kept, standing: Standing, now: datetime) -> Due | Look:
    name, rule = rules.unreferenced
    since = kept.unused_since or now
    due = rules.due(rule, since)
    if due is None:
        return Look(kept.ref, now + FOR_GOOD_AGAIN, since)
    return Due(kept, standing, name, rule, since, due) if due <= now else Look(kept.ref, due, since)
