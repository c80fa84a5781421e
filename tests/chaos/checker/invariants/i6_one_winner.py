"""I6: an answer that races its expiry has one winner, the same in every service, topic and notice.

The winner follows from when the answer was received and from nothing else: before `due` it counts, also where the
expiry was computed first; from then on it has lost.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import CASES
from tests.chaos.checker.evidence import Evidence, Seen
from tests.chaos.checker.histories import kept
from tests.chaos.checker.invariants import views
from tests.chaos.checker.ledger import Promise
from tests.chaos.checker.rules import ANSWERS, RACING, SILENCES

NAME = "I6"


def breaches(evidence: Evidence) -> Iterator[Breach]:
    yield from _received(evidence)
    yield from _told(evidence)
    yield from _both_won(evidence)
    yield from views.stores(evidence, NAME)
    if evidence.quiet:
        yield from views.outcomes(evidence, NAME)
        yield from views.replicas(evidence, NAME)
        yield from views.notices(evidence, NAME)


def _received(evidence: Evidence) -> Iterator[Breach]:
    """What was taken had been received in time, by the time of receipt that the store keeps."""
    lives = evidence.lives.get(CASES, {})
    for case in kept(evidence, "complaints.cases"):
        received = {entry["n"]: entry["data"].get("received_at") for entry in case.entries}
        lapsed: dict[str, Mapping[str, Any]] = {}
        for event in lives.get(case.id, ()):
            kind = RACING.get(event.name)
            at = received.get(event.sequence)
            deadline = lapsed.get(kind) if kind else None
            if at and deadline and deadline["due"] and _instant(at) >= _instant(deadline["due"]):
                story = f"{event} was received {at}, after {deadline['id']} was due {deadline['due']}"
                yield Breach(NAME, case.id, story)
            if kind:
                lapsed.pop(kind, None)
            lapsed |= {each["kind"]: each for each in event.data["deadlines"]}


def _told(evidence: Evidence) -> Iterator[Breach]:
    """No client that asked in time was told that it was too late, and none that asked too late was told yes."""
    lives = evidence.lives.get(CASES, {})
    first: dict[tuple[str, str], datetime] = {}
    for promise in evidence.promises:
        asked = first.setdefault((promise.by, promise.key), promise.asked_at)
        kind = ANSWERS.get(promise.kind)
        if kind is None or promise.answered_at is None:
            continue
        deadline = _at_the_time(lives.get(promise.case_id, ()), kind, promise.answered_at)
        if deadline is None or not deadline["due"]:
            continue
        due = _instant(deadline["due"])
        if promise.problem == "too-late" and promise.answered_at < due:
            story = (
                f"{promise.by} answered by {promise.answered_at} and was told too-late; {deadline['id']} is due {due}"
            )
            yield Breach(NAME, promise.case_id, story)
        if promise.kept_to and asked >= due and not _dated_later(promise, deadline):
            story = f"{promise.by} first asked at {asked} and was told yes; {deadline['id']} was due {due}"
            yield Breach(NAME, promise.case_id, story)


def _both_won(evidence: Evidence) -> Iterator[Breach]:
    """The answer and the silence, both decided on the same state."""
    for first, second in evidence.conflicts(CASES):
        names = {first.name, second.name}
        if names & RACING.keys() and names & SILENCES:
            yield Breach(NAME, first.subject, f"both have won: {first}, and {second.name} ({second.where})")


def _dated_later(promise: Promise, deadline: Mapping[str, Any]) -> bool:
    """Whether the deadline began only after the answer: the next one of its kind, which the answer did not race."""
    return _instant(deadline["start"]) >= promise.asked_at


def _at_the_time(life: Sequence[Seen], kind: str, at: datetime) -> Mapping[str, Any] | None:
    """The deadline of the kind that ran last before the instant, as its latest event says."""
    found: Mapping[str, Any] | None = None
    for event in life:
        for deadline in event.data["deadlines"]:
            if deadline["kind"] == kind and _instant(deadline["start"]) <= at and event.at <= at:
                found = deadline
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
