"""I9: a poison record stalls its own key only. Every other key of every group has come to the end of its topic."""

from collections.abc import Iterator, Mapping

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import ACCOUNTS, CASES, MEASURES, RIGHTS
from tests.chaos.checker.evidence import Evidence, ParkedRecord
from tests.chaos.checker.stalls import poisoned

NAME = "I9"
_SEQUENCED: Mapping[str, str] = {
    "complaints.accounts": ACCOUNTS,
    "complaints.rights": RIGHTS,
    "complaints.holds": CASES,
    "complaints.measures": MEASURES,
    "ipr.accounts": ACCOUNTS,
    "identity.verification": RIGHTS,
    "notifications.cases": CASES,
    "notifications.accounts": ACCOUNTS,
    "notifications.rights": RIGHTS,
}
"""Groups that keep a position for each subject, and what they read."""


def breaches(evidence: Evidence) -> Iterator[Breach]:
    yield from _queues(evidence)
    if evidence.quiet:
        yield from _positions(evidence)
        yield from _partitions(evidence)


def _queues(evidence: Evidence) -> Iterator[Breach]:
    """What only follows another waits behind one that waits for a reason of its own."""
    lanes: dict[tuple[str, str, int, str], list[ParkedRecord]] = {}
    for parked in evidence.parked:
        lanes.setdefault((parked.group, parked.topic, parked.partition, parked.key), []).append(parked)
    for (group, topic, partition, key), queue in lanes.items():
        if all(parked.reason == "behind" for parked in queue):
            story = f"{len(queue)} records wait in {group} from {topic} {partition}@{queue[0].offset} behind nothing"
            yield Breach(NAME, key, story)


def _positions(evidence: Evidence) -> Iterator[Breach]:
    waiting = poisoned(evidence)
    for group, topic in _SEQUENCED.items():
        positions = evidence.positions.get(group)
        if positions is None:
            continue
        for subject, life in evidence.lives.get(topic, {}).items():
            known = positions.get(f"{topic}|{subject}", 0)
            if known < life[-1].sequence and group not in waiting.get(life[-1].key, ()):
                yield Breach(NAME, subject, f"{group} stands at number {known} of it, and {life[-1]} is there")


def _partitions(evidence: Evidence) -> Iterator[Breach]:
    ends: dict[tuple[str, int], int] = {}
    for record in evidence.records:
        place = (record.topic, record.partition)
        ends[place] = max(record.offset + 1, ends.get(place, 0))
    waiting = poisoned(evidence)
    for group, commits in evidence.commits.items():
        poison = sorted(key for key, groups in waiting.items() if group in groups)
        for place, offset in commits.items():
            if offset < ends.get(place, 0):
                because = f" (poisoned there: {', '.join(poison[:3])})" if poison else ""
                story = f"stands still at {offset} of {ends[place]} of {place[0]} {place[1]}{because}"
                yield Breach(NAME, group, story)
