"""Withdrawal, expiry, and what becomes of the listing when a case lets it go."""

from datetime import datetime
from typing import assert_never

from services.complaints.cases.model.answers import require_code, stamp
from services.complaints.cases.model.commands import (
    AmendDeadline,
    ExpireDeadline,
    RecordReinstated,
    RecordReinstatementDue,
    Reinstate,
    Withdraw,
)
from services.complaints.cases.model.events import (
    CaseClosed,
    ComplaintRejected,
    ComplaintWithdrawn,
    CounterAccepted,
    DeadlineAmended,
    Event,
    ListingReinstated,
    ReinstatementDue,
    ReinstatementOrdered,
)
from services.complaints.cases.model.refusals import obsolete, refuse
from services.complaints.cases.model.state import SUPPLEMENT_LAPSED, Case, Rules
from shared.policies.calendars import Undated, amend, is_expired

_MEASURE = "listing-measure"


def withdraw(case: Case, command: Withdraw, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """While the case is open or a removal stands. Withdrawing a countered complaint accepts the counter-notification,
    so that withdrawal cannot evade the rate."""
    if command.reason not in rules.withdrawal_reasons:
        raise refuse("reason-unknown")
    made = stamp(now, command.by, rules)
    match case.state:
        case "received" | "under_review" | "awaiting_supplement" | "upheld":
            return (ComplaintWithdrawn(**made, reason=command.reason, after_takedown=False),)
        case "taken_down":
            return (ComplaintWithdrawn(**made, reason=command.reason, after_takedown=True),)
        case "countered" | "disputed":
            return (CounterAccepted(**made, how="by_withdrawal", reason=command.reason),)
        case "closed" | "final":
            if not case.holds:
                raise refuse("no-removal-stands")
            return (ComplaintWithdrawn(**made, reason=command.reason, after_takedown=True),)
        case "rejected":
            raise refuse("case-rejected")
        case "accepted":
            raise obsolete("counter-already-accepted")
        case "withdrawn":
            raise obsolete("case-withdrawn")
        case _:
            assert_never(case.state)


def expire(case: Case, command: ExpireDeadline, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """Silence has its effect once, and never early.

    Too early is obsolete, not a refusal: the processor sends the expiry again until the case answers it.
    """
    running = case.running
    if running is None or running.id != command.deadline_id:
        raise obsolete("deadline-not-current")
    if isinstance(running, Undated):
        raise obsolete("deadline-undated")
    if not is_expired(running, now, rules.grace):
        raise obsolete("deadline-not-due")
    made = stamp(now, f"deadline:{running.id}", rules)
    match case.state:
        case "awaiting_supplement":
            return (ComplaintRejected(**made, reason_code=SUPPLEMENT_LAPSED),)
        case "taken_down":
            return (CaseClosed(**made, why="merchant_silent" if case.attempts == 0 else "last_attempt_lost"),)
        case "countered":
            return (CounterAccepted(**made, how="deemed_by_silence"),)
        case _:  # no other state has a running deadline
            raise obsolete("deadline-not-current")


def record_reinstatement_due(
    case: Case, command: RecordReinstatementDue, now: datetime, rules: Rules
) -> tuple[Event, ...]:
    _require_released(case)
    if case.reinstatement == "done":
        raise obsolete("already-reinstated")
    if case.reinstatement != "none":
        raise obsolete("reinstatement-already-due")
    return (ReinstatementDue(**stamp(now, _MEASURE, rules), held_by_others=command.held_by_others),)


def record_reinstated(case: Case, command: RecordReinstated, now: datetime, rules: Rules) -> tuple[Event, ...]:
    _require_released(case)
    if case.reinstatement == "done":
        raise obsolete("already-reinstated")
    return (ListingReinstated(**stamp(now, _MEASURE, rules)),)


def reinstate(case: Case, command: Reinstate, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """Possible wherever a removal stands; the case itself goes on as it would have."""
    require_code(command.reason)
    match case.state:
        case "received" | "under_review" | "awaiting_supplement" | "rejected":
            raise refuse("not-upheld")
        case "upheld":
            raise refuse("removal-not-acknowledged")
        case "taken_down" | "countered" | "disputed" | "closed" | "final" if case.holds:
            return (ReinstatementOrdered(**stamp(now, command.by, rules), reason=command.reason),)
        case _:
            raise refuse("no-removal-stands")


def amend_deadline(case: Case, command: AmendDeadline, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """A running deadline may become later, never earlier; one that was undated is dated."""
    running = case.running
    if running is None:
        raise obsolete("deadline-not-current")
    if running.calendar != rules.calendar.id:
        raise obsolete("deadline-unchanged")
    amended = amend(running, rules.calendar, now=now)
    if amended == running:
        raise obsolete("deadline-unchanged")
    by = f"calendar:{rules.calendar.version}"
    return (DeadlineAmended(**stamp(now, by, rules), deadline=amended, calendar_before=running.calendar_version),)


def _require_released(case: Case) -> None:
    """Only a case that once held its listing and does so no more can see it reinstated."""
    if case.holds:
        raise obsolete("still-holds")
    if case.upheld_by is None:
        raise refuse("nothing-to-reinstate")
