"""The outcome of a case, folded from the steps of its life. Pure.

Rules: DOMAIN "Good Faith Program" and "Penalties": the first decision counts, a lapsed supplement is one; a
counter-notification accepted (by the owner, by withdrawal, by silence) or won is a counter-success; points stand from
the takedown on until a reinstatement gives them back, but an uncountered withdrawal leaves them to an operator.
An answer that was received in time undoes what silence had brought about: the lapse of a supplement is then no
decision, and a deemed acceptance no counter-success (docs/adr 0010).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Decision = Literal["upheld", "rejected"]
# What a step means here; most steps of a case change nothing but its state.
Meaning = Literal[
    "upheld",
    "rejected",
    "taken_down",
    "supplement_received",
    "countered",
    "counter_won",
    "disputed",
    "withdrawn",
    "reinstatement_ordered",
    "reinstatement_due",
    "other",
]
ENDS = frozenset({"rejected", "withdrawn", "accepted", "final", "closed"})
# One seller across these is grouped together (DOMAIN, Penalties: "Tao: same owner and seller"; ours).
_TAO = frozenset({"taobao", "tmall", "tmall_global"})


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a case. `sequence` and `at` (business time) are its own; the rest is the case after it."""

    sequence: int
    at: datetime
    meaning: Meaning
    case_id: str
    account_id: str
    principal_id: str | None
    platform: str
    listing_id: str
    right_id: str
    reason: str
    merchant_id: str | None
    state: str
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a case after step `sequence`. Field meanings: `CaseOutcome` of the contracts."""

    case_id: str
    sequence: int
    at: datetime
    account_id: str
    principal_id: str | None
    platform: str
    listing_id: str
    right_id: str
    reason: str
    merchant_id: str | None
    state: str
    filed_at: datetime
    first_decision: Decision | None = None
    decided_at: datetime | None = None
    taken_down_at: datetime | None = None
    countered: bool = False
    counter_success: bool = False
    withdrawn: bool = False
    reinstatement_due: bool = False
    ordered_back: bool = False
    ended_at: datetime | None = None

    @property
    def points_stand(self) -> bool:
        """Down, and not given back by a reinstatement; an uncountered withdrawal is an operator's matter."""
        given_back = self.counter_success or self.ordered_back or (self.withdrawn and self.countered)
        return self.taken_down_at is not None and not given_back

    def same_facts(self, other: "Outcome") -> bool:
        """Whether the two differ in nothing but the step that told them (a notice served, a deadline amended)."""
        return replace(self, sequence=0, at=other.at) == replace(other, sequence=0)


def fold(before: Outcome | None, step: Step) -> Outcome:
    """The outcome after the step. A step that is not newer than the outcome leaves it as it is."""
    if before is not None and step.sequence <= before.sequence:
        return before
    return _told(_moved(before, step), step)


def _moved(before: Outcome | None, step: Step) -> Outcome:
    """The case's own facts, whatever the step means."""
    if before is None:
        ended = step.at if step.state in ENDS else None
        return Outcome(
            step.case_id,
            step.sequence,
            step.at,
            step.account_id,
            step.principal_id,
            step.platform,
            step.listing_id,
            step.right_id,
            step.reason,
            step.merchant_id,
            step.state,
            step.filed_at,
            ended_at=ended,
        )
    ended = None
    if step.state in ENDS:
        ended = before.ended_at if step.state == before.state else step.at
    return replace(
        before,
        sequence=step.sequence,
        at=step.at,
        account_id=step.account_id,
        principal_id=step.principal_id,
        merchant_id=step.merchant_id or before.merchant_id,
        state=step.state,
        ended_at=ended,
    )


def _told(outcome: Outcome, step: Step) -> Outcome:
    """What the step means."""
    match step.meaning:
        case "upheld" | "rejected" if outcome.first_decision is None:
            return replace(outcome, first_decision=step.meaning, decided_at=step.at)
        case "supplement_received" if outcome.first_decision == "rejected":
            return replace(outcome, first_decision=None, decided_at=None)
        case "taken_down" if outcome.taken_down_at is None:
            return replace(outcome, taken_down_at=step.at)
        case "withdrawn":
            return replace(outcome, withdrawn=True)
        case "reinstatement_due":
            return replace(outcome, reinstatement_due=True)
        case "reinstatement_ordered":
            return replace(outcome, ordered_back=True)
        case _:
            return _answered(outcome, step)


def _answered(outcome: Outcome, step: Step) -> Outcome:
    """The merchant's answer and what became of it."""
    match step.meaning:
        case "countered":
            return replace(outcome, countered=True)
        case "counter_won":
            return replace(outcome, countered=True, counter_success=True)
        case "disputed":  # after a deemed acceptance the hold is taken again
            due = outcome.reinstatement_due and not outcome.counter_success
            return replace(outcome, counter_success=False, reinstatement_due=due)
        case _:
            return outcome


def merchant_key(platform: str, merchant_id: str) -> str:
    """Under which a merchant's outcomes are told: one key for a seller across the Tao marketplaces, since they are
    grouped there (DOMAIN, Penalties)."""
    return f"{'tao' if platform in _TAO else platform}:{merchant_id}"
