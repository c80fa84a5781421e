"""I5: a deadline takes effect once, never early; one that is over has taken effect; none becomes shorter."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import ACCOUNTS, CASES, MEASURES, RIGHTS, is_deadlines
from tests.chaos.checker.evidence import Evidence, Seen
from tests.chaos.checker.rules import GRACE
from tests.chaos.checker.stalls import poisoned, stalled_cases

NAME = "I5"
_OWNERS = (CASES, MEASURES, ACCOUNTS, RIGHTS)


def breaches(evidence: Evidence) -> Iterator[Breach]:
    for case, life in evidence.lives.get(CASES, {}).items():
        yield from _effects(case, life)
    for listing, life in evidence.lives.get(MEASURES, {}).items():
        yield from _retries(listing, life)
    for topic in _OWNERS:
        for subject, life in evidence.lives.get(topic, {}).items():
            yield from _never_shorter(subject, life)
    yield from _sent(evidence)
    if evidence.quiet:
        yield from _overdue(evidence)


def _effects(case: str, life: Sequence[Seen]) -> Iterator[Breach]:
    taken: dict[str, Seen] = {}
    for before, event in pairwise(life):
        kind = _silence(event)
        if not kind:
            continue
        deadline = _running(before, kind)
        if deadline is None:
            yield Breach(NAME, case, f"{event} is the effect of a deadline ({kind}), and none ran by {before}")
            continue
        due = _due(deadline)
        if due is None or event.at <= due + GRACE:
            story = f"{event} at {event.at:%Y-%m-%d %H:%M:%S} is early: {deadline['id']} is due {deadline['due']}"
            yield Breach(NAME, case, f"{story}, and {GRACE.seconds} s of grace")
        if deadline["id"] in taken:
            yield Breach(NAME, case, f"{deadline['id']} took effect twice: {taken[deadline['id']]}, then {event}")
        taken[deadline["id"]] = event


def _silence(event: Seen) -> str:
    """The kind of the deadline whose effect this is; empty for all other events."""
    if event.name == "case-closed":
        return "counter-notification"
    if event.name == "counter-accepted" and event.data["how"] == "deemed_by_silence":
        return "owner-response"
    if event.name == "complaint-rejected" and event.data["reason_code"] == "supplement_lapsed":
        return "supplement"
    return ""


def _retries(listing: str, life: Sequence[Seen]) -> Iterator[Breach]:
    for before, event in pairwise(life):
        if event.name == "command-repeated":
            deadline = _running(before, "retry-command")
            due = _due(deadline) if deadline else None
            if due is None or event.at < due:
                story = f"{event} at {event.at:%Y-%m-%d %H:%M:%S}: the retry is due {due}"
                yield Breach(NAME, listing, story)


def _never_shorter(subject: str, life: Sequence[Seen]) -> Iterator[Breach]:
    known: dict[str, datetime] = {}
    for event in life:
        for deadline in event.data.get("deadlines", ()):
            due = _due(deadline)
            if due is not None and due < known.get(deadline["id"], due):
                story = f"{event} sets {deadline['id']} to {due}, earlier than {known[deadline['id']]}"
                yield Breach(NAME, subject, story)
            if due is not None:
                known[deadline["id"]] = due


def _sent(evidence: Evidence) -> Iterator[Breach]:
    """Expiries on their own topics: of a deadline that somebody set, and not before it is over."""
    topics = evidence.topics(is_deadlines)
    if not topics:
        return
    known = {
        (subject, deadline["id"], _due(deadline))
        for topic in _OWNERS
        for subject, life in evidence.lives.get(topic, {}).items()
        for event in life
        for deadline in event.data.get("deadlines", ())
    }
    for topic in topics:
        for record in evidence.by_topic[topic]:
            if not record.sequence:
                continue
            data = record.data
            due = datetime.fromisoformat(data["due"])
            if due + GRACE >= evidence.at:
                yield Breach(NAME, data["subject"], f"{record} of {data['deadline_id']} was sent before its due {due}")
            if (data["subject"], data["deadline_id"], due) not in known:
                story = f"{record} is of {data['deadline_id']}, due {due}: nobody set such a deadline"
                yield Breach(NAME, data["subject"], story)


def _overdue(evidence: Evidence) -> Iterator[Breach]:
    stalled = stalled_cases(evidence) | set(poisoned(evidence))
    for topic in (CASES, MEASURES):
        for subject, life in evidence.lives.get(topic, {}).items():
            for deadline in life[-1].data["deadlines"] if subject not in stalled else ():
                due = _due(deadline)
                if due is not None and due + GRACE < evidence.at:
                    story = f"{deadline['id']} was due {due} and still runs by {life[-1]}: it never took effect"
                    yield Breach(NAME, subject, story)


def _running(event: Seen, kind: str) -> Mapping[str, Any] | None:
    return next((each for each in event.data["deadlines"] if each["kind"] == kind), None)


def _due(deadline: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(deadline["due"]) if deadline["due"] else None
