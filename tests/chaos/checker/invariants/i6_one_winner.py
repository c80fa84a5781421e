"""I6: an answer that races its expiry has one winner, the same in every service, topic and notice.

The winner follows from when the answer was received and from nothing else: before `due` it counts, also where the
expiry was computed first; from then on it has lost.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
Deadline = Mapping[str, Any]


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
        for event, deadline in _answers(lives.get(case.id, ())):
            at = received.get(event.sequence)
            if at and deadline and deadline["due"] and _instant(at) >= _instant(deadline["due"]):
                story = f"{event} was received {at}, after {deadline['id']} was due {deadline['due']}"
                yield Breach(NAME, case.id, story)


def _answers(life: Sequence[Seen]) -> Iterator[tuple[Seen, Deadline | None]]:
    """Each answer, and the deadline that it raced: the one that ran before it, or had lapsed; None where none had been
    set, for the notice was not served yet."""
    known: dict[str, Deadline] = {}
    for event in life:
        if kind := _raced(event):
            yield event, known.pop(kind, None)
        known |= {each["kind"]: each for each in event.data["deadlines"]}


def _raced(event: Seen) -> str:
    """The kind of the deadline that an answer raced; empty for what is none. Withdrawing races nothing."""
    if event.name == "counter-accepted" and event.data["how"] == "by_owner":
        return "owner-response"
    return RACING.get(event.name, "")


def _told(evidence: Evidence) -> Iterator[Breach]:
    """No client that asked in time was told that it was too late, and none that asked too late was told yes."""
    lives = evidence.lives.get(CASES, {})
    first: dict[tuple[str, str], datetime] = {}
    for promise in evidence.promises:
        asked = first.setdefault((promise.by, promise.key), promise.asked_at)
        kind = ANSWERS.get(promise.kind)
        if kind is None or promise.answered_at is None:
            continue
        life = lives.get(promise.case_id, ())
        if promise.problem == "too-late":
            yield from _refused_in_time(promise, kind, life, promise.answered_at)
        elif promise.kept_to:
            yield from _taken_too_late(promise, kind, life, asked)


def _refused_in_time(promise: Promise, kind: str, life: Sequence[Seen], answered: datetime) -> Iterator[Breach]:
    dues = {
        (deadline["id"], _instant(deadline["due"]))
        for event in life
        for deadline in event.data["deadlines"]
        if deadline["kind"] == kind and deadline["due"] and _instant(deadline["start"]) <= answered
    }
    if dues and all(answered < due for _, due in dues):
        story = f"{promise.by} answered by {answered} and was told too-late; {_named(dues)}"
        yield Breach(NAME, promise.case_id, story)


def _taken_too_late(promise: Promise, kind: str, life: Sequence[Seen], asked: datetime) -> Iterator[Breach]:
    """None of the answers that the case has can be the one that was promised."""
    raced = [deadline for event, deadline in _answers(life) if _raced(event) == kind]
    dues = {(each["id"], _instant(each["due"])) for each in raced if each and each["due"]}
    if raced and len(dues) == len(raced) and all(asked >= due for _, due in dues):
        yield Breach(NAME, promise.case_id, f"{promise.by} first asked at {asked} and was told yes; {_named(dues)}")


def _named(dues: Collection[tuple[str, datetime]]) -> str:
    return ", ".join(f"{name} is due {due}" for name, due in sorted(dues))


def _both_won(evidence: Evidence) -> Iterator[Breach]:
    """The answer and the silence, both decided on the same state."""
    for first, second in evidence.conflicts(CASES):
        names = {first.name, second.name}
        if names & RACING.keys() and names & SILENCES:
            yield Breach(NAME, first.subject, f"both have won: {first}, and {second.name} ({second.where})")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
