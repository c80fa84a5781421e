"""I1: every accepted complaint is alive or ended, also when the answer was never received by a client that retries.

Alive means that somebody has the next move: a reviewer, a marketplace that was told, a clock that runs, a letter that
is on its way. A case for which nobody has it is stranded, which is to vanish without being deleted.
"""

from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import CASES, DELIVERIES, MEASURES
from tests.chaos.checker.evidence import Evidence, Seen
from tests.chaos.checker.histories import kept
from tests.chaos.checker.ledger import Promise
from tests.chaos.checker.rules import ENDS, OPEN, PROMISED, WAITS_FOR_A_NOTICE
from tests.chaos.checker.stalls import stalled_cases

NAME = "I1"


def breaches(evidence: Evidence) -> Iterator[Breach]:
    yield from _promised(evidence)
    yield from _steps(evidence)
    yield from _submissions(evidence)
    yield from _known_to_topics(evidence)
    if evidence.quiet:
        yield from _stranded(evidence)


def _promised(evidence: Evidence) -> Iterator[Breach]:
    """Cases that an answer named."""
    cases = evidence.stored("complaints.cases")
    for promise in evidence.promises:
        if promise.kind == "submission" and promise.kept_to:
            for case in promise.case_ids:
                if case not in cases:
                    story = f"promised with status {promise.status} to {promise.by} (key {promise.key}), and not stored"
                    yield Breach(NAME, case, story)


def _steps(evidence: Evidence) -> Iterator[Breach]:
    """A yes to a decision or an answer is in the case's history; so many keys, so many events."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for promise in evidence.promises:
        if promise.kept_to and promise.kind in PROMISED:
            wanted.setdefault((promise.case_id, promise.kind), set()).add(promise.key)
    if not wanted:
        return
    concerned = {case for case, _ in wanted}
    types = {
        case.id: [entry["type"] for entry in case.entries]
        for case in kept(evidence, "complaints.cases")
        if case.id in concerned
    }
    for (case_id, kind), keys in sorted(wanted.items()):
        found = sum(name in PROMISED[kind] for name in types.get(case_id, ()))
        if found < len(keys):
            story = f"{len(keys)} requests ({kind}: {', '.join(sorted(keys))}) were told yes; its history has {found}"
            yield Breach(NAME, case_id, story)


def _submissions(evidence: Evidence) -> Iterator[Breach]:
    """A submission that was begun, answered or not, has all its cases; its client is not told no in the end."""
    cases = evidence.stored("complaints.cases")
    last_word = _last_words(evidence.promises)
    for submission in kept(evidence, "complaints.submissions"):
        state = submission.state
        for row in state["cases"] if state["completed"] or evidence.quiet else ():
            if row["case_id"] not in cases:
                yield Breach(NAME, row["case_id"], f"is of submission {submission.id}, and not stored")
        for receipt in submission.body["receipts"]:
            refused = last_word.get((receipt["key"].removeprefix("corrected:"), state["account_id"]))
            if refused is not None and refused.problem != "idempotency-key-reused":
                story = f"was taken, and its client was told {refused.status} {refused.problem} (key {refused.key})"
                yield Breach(NAME, submission.id, story)
                break


def _last_words(promises: Sequence[Promise]) -> Mapping[tuple[str, str], Promise]:
    """(key, who) → the last attempt at a submission, where that was refused for good and none was answered yes."""
    found: dict[tuple[str, str], Promise] = {}
    accepted = {(promise.key, promise.by) for promise in promises if promise.kept_to}
    for promise in promises:
        key = (promise.key, promise.by)
        if promise.kind == "submission" and key not in accepted:
            found[key] = promise
    # That a token was no longer good (401) says nothing of the submission.
    refusals = range(400, 500)
    return {key: last for key, last in found.items() if last.status in refusals and last.status != 401}


def _known_to_topics(evidence: Evidence) -> Iterator[Breach]:
    cases = evidence.stored("complaints.cases")
    for case, life in evidence.lives.get(CASES, {}).items():
        if case not in cases:
            yield Breach(NAME, case, f"was told of by {life[0]} and is not in the store")


def _stranded(evidence: Evidence) -> Iterator[Breach]:
    stalled = stalled_cases(evidence)
    notices = _notices(evidence)
    served = _served(evidence)
    for case, life in evidence.lives.get(CASES, {}).items():
        state = life[-1].data["state"]
        if case in stalled or state in ENDS:
            continue
        if state not in OPEN:
            yield Breach(NAME, case, f"is in a state that nobody knows: {state}, by {life[-1]}")
        elif state == "upheld":
            yield from _waits_for_its_listing(evidence, case, life)
        elif state in WAITS_FOR_A_NOTICE and not life[-1].data["deadlines"] and notices is not None:
            yield from _waits_for_a_clock(case, life, notices, served)


def _waits_for_its_listing(evidence: Evidence, case: str, life: Sequence[Seen]) -> Iterator[Breach]:
    listing = life[-1].data["listing_id"]
    measure = evidence.life(MEASURES, listing)
    if not measure or case not in measure[-1].data["case_ids"]:
        yield Breach(NAME, case, f"is upheld since {life[-1]}, and nothing holds {listing}: nobody has the next move")
    elif measure[-1].data["state"] == "down":
        yield Breach(NAME, case, f"is upheld since {life[-1]}, though {listing} is down by {measure[-1]}")


Notices = Mapping[tuple[str, str, str], str]
"""(event, party, template) → status."""


def _waits_for_a_clock(case: str, life: Sequence[Seen], notices: Notices, served: frozenset[str]) -> Iterator[Breach]:
    """No clock runs: then the notice that starts it is still to be served, or failed for good (an operator's case)."""
    name, party, template = WAITS_FOR_A_NOTICE[life[-1].data["state"]]
    asked = [event for event in life if event.name == name]
    if not asked:
        return
    status = notices.get((asked[-1].id, party, template))
    if status is None:
        story = f"waits since {asked[-1]}, and no notice ({template} to the {party}) was ever planned"
        yield Breach(NAME, case, story)
    elif status == "served" and asked[-1].id in served:
        story = f"waits since {asked[-1]}: the notice ({template}) was served, and no clock runs"
        yield Breach(NAME, case, story)


def _notices(evidence: Evidence) -> Notices | None:
    """None where nobody looked into that store."""
    if "notifications.notices" not in evidence.documents:
        return None
    found: dict[tuple[str, str, str], str] = {}
    for notice in kept(evidence, "notifications.notices"):
        state = notice.state
        found[state["cause_id"], state["party"], state["template"]] = state["status"]
    return found


def _served(evidence: Evidence) -> frozenset[str]:
    """Events whose notices are told to be served."""
    lives = evidence.lives.get(DELIVERIES, {}).values()
    events = (event for life in lives for event in life if event.name == "notice-served")
    return frozenset(event.data["cause_id"] for event in events)
