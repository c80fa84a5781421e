"""Which keys wait for an operator, and so cannot be expected to have come to their end."""

from collections.abc import Mapping

from tests.chaos.checker.catalogue import CASES, MEASURES
from tests.chaos.checker.evidence import DEAD_LETTERS, Evidence


def poisoned(evidence: Evidence) -> Mapping[str, frozenset[str]]:
    """Record key → the groups in which it is parked or has a dead letter."""
    found: dict[str, set[str]] = {}
    for parked in evidence.parked:
        found.setdefault(parked.key, set()).add(parked.group)
    for topic in evidence.topics(lambda name: name.endswith(DEAD_LETTERS)):
        for record in evidence.by_topic[topic]:
            found.setdefault(record.key, set()).add(topic.removesuffix(DEAD_LETTERS))
    return {key: frozenset(groups) for key, groups in found.items()}


def stalled_cases(evidence: Evidence) -> frozenset[str]:
    """Cases with a poisoned record of their own or of their listing; one listing stalls all cases that it is about."""
    keys = set(poisoned(evidence))
    listings = {case: life[0].data["listing_id"] for case, life in evidence.lives.get(CASES, {}).items()}
    cases = {case for case, listing in listings.items() if case in keys or listing in keys}
    # A notice is keyed by what it is about; a measure whose own record is poisoned tells its cases nothing.
    for listing, life in evidence.lives.get(MEASURES, {}).items():
        if listing in keys:
            cases |= {case for event in life for case in event.data["case_ids"]}
    return frozenset(cases)


def stalled_listings(evidence: Evidence) -> frozenset[str]:
    """Listings with a poisoned record of their own or of a case that is about them."""
    stalled = stalled_cases(evidence)
    listings = {life[0].data["listing_id"] for case, life in evidence.lives.get(CASES, {}).items() if case in stalled}
    return frozenset(listings | set(poisoned(evidence)))
