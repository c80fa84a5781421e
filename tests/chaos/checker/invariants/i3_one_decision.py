"""I3: at most one final decision a case, and no step that the state table forbids.

Every record of the topic is looked at, also what a reader drops as a repeat: two writers that both decided on the same
state give two different events one number.
"""

from collections.abc import Iterator, Sequence

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.catalogue import CASES
from tests.chaos.checker.evidence import Evidence, Seen
from tests.chaos.checker.histories import kept
from tests.chaos.checker.rules import STEPS

NAME = "I3"
_FIRST_DECISIONS = frozenset({"ComplaintUpheld", "ComplaintRejected"})


def breaches(evidence: Evidence) -> Iterator[Breach]:
    for case, life in evidence.lives.get(CASES, {}).items():
        yield from _steps(case, life)
    yield from _two_at_once(evidence)
    yield from _histories(evidence)


def _steps(case: str, life: Sequence[Seen]) -> Iterator[Breach]:
    state, ended_because, upheld_by = "", "", ""
    finals: list[Seen] = []
    for event in life:
        data = event.data
        allowed = STEPS.get((state, event.name), frozenset())
        if data["state"] not in allowed:
            yield Breach(NAME, case, f"{event} leads from {state or 'nothing'} to {data['state']}: no such step")
        if state == "rejected" and event.name == "supplement-received" and ended_because != "supplement_lapsed":
            yield Breach(NAME, case, f"{event} reopened a case that a reviewer had rejected ({ended_because})")
        if state == "accepted" and event.name == "dispute-opened" and ended_because != "deemed_by_silence":
            yield Breach(NAME, case, f"{event} disputed a counter-notification that was accepted {ended_because}")
        if event.name == "dispute-decided":
            if data["reviewer_id"] == upheld_by:
                yield Breach(NAME, case, f"{event} was decided by {upheld_by}, who had upheld the complaint")
            finals += [event] if data["state"] == "final" else []
        upheld_by = data["reviewer_id"] if event.name == "complaint-upheld" else upheld_by
        ended_because = data.get("reason_code") or data.get("how") or ended_because
        state = data["state"]
    if len(finals) > 1:
        yield Breach(NAME, case, f"was finally decided {len(finals)} times: {'; '.join(map(str, finals))}")


def _two_at_once(evidence: Evidence) -> Iterator[Breach]:
    for first, second in evidence.conflicts(CASES):
        yield Breach(NAME, first.subject, f"two steps from one state: {first}, and {second.name} ({second.where})")


def _histories(evidence: Evidence) -> Iterator[Breach]:
    """The same of what the store keeps, where it may say more than what was published."""
    for case in kept(evidence, "complaints.cases"):
        numbers = [entry["n"] for entry in case.entries]
        if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
            names = [f"{entry['n']} {entry['type']}" for entry in case.entries if entry["n"] in twice]
            yield Breach(NAME, case.id, f"its history has numbers twice: {', '.join(names)}")
        decided = [entry["type"] for entry in case.entries if _is_first_decision(entry["type"], entry["data"])]
        if len(decided) > 1:
            yield Breach(NAME, case.id, f"its history has {len(decided)} first decisions: {', '.join(decided)}")


def _is_first_decision(name: str, data: dict[str, object]) -> bool:
    return name in _FIRST_DECISIONS and data.get("reason_code") != "supplement_lapsed"
