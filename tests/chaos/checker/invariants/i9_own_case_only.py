"""I9: a poison record stalls its own key only. Every other key of every group has come to the end of its topic."""

from collections.abc import Iterator, Mapping

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import ACCOUNTS, CASES, MEASURES, RIGHTS
from tests.chaos.checker.evidence import DEAD_LETTERS, Evidence, ParkedRecord
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
        yield from _passed_over(evidence)
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


def _passed_over(evidence: Evidence) -> Iterator[Breach]:
    """What waits for a predecessor that its topic has, and that is neither parked nor a dead letter: somebody has
    passed over that. The key would wait for ever."""
    waiting = {(each.topic, each.partition, each.offset): each for each in evidence.parked if each.reason == "gap"}
    if not waiting:
        return
    aside = _set_aside(evidence)
    for record in evidence.records:
        parked = waiting.get((record.topic, record.partition, record.offset))
        if parked is None:
            continue
        known = evidence.positions.get(parked.group, {}).get(f"{record.topic}|{record.subject}", 0)
        for before in evidence.life(record.topic, record.subject):
            place = (parked.group, before.topic, before.partition, before.offset)
            if known < before.sequence < record.sequence and place not in aside:
                story = (
                    f"{record} waits in {parked.group}, which stands at number {known}, and has passed over {before}"
                )
                yield Breach(NAME, record.subject, story)
                break


def _set_aside(evidence: Evidence) -> frozenset[tuple[str, str, int, int]]:
    """Group and place of every record that is parked, or was given up as a dead letter."""
    found = {(each.group, each.topic, each.partition, each.offset) for each in evidence.parked}
    for topic in evidence.topics(lambda name: name.endswith(DEAD_LETTERS)):
        for letter in evidence.by_topic[topic]:
            place = letter.header("dlq_topic"), letter.header("dlq_partition"), letter.header("dlq_offset")
            if place[1].isdigit() and place[2].isdigit():
                found.add((topic.removesuffix(DEAD_LETTERS), place[0], int(place[1]), int(place[2])))
    return frozenset(found)


def _positions(evidence: Evidence) -> Iterator[Breach]:
    waiting = poisoned(evidence)
    for group, topic in _SEQUENCED.items():
        positions = evidence.positions.get(group, {} if topic in evidence.looked_at else None)
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
        read = {topic for topic, _ in commits}
        if _SEQUENCED.get(group) in evidence.looked_at:
            read.add(_SEQUENCED[group])
        for place in sorted(place for place in ends if place[0] in read):
            offset = commits.get(place, 0)
            if offset < ends[place]:
                because = f" (poisoned there: {', '.join(poison[:3])})" if poison else ""
                story = f"stands still at {offset} of {ends[place]} of {place[0]} {place[1]}{because}"
                yield Breach(NAME, group, story)
