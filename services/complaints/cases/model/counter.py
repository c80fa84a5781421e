"""From the removal over the merchant's answer to the final determination."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.complaints.cases.model import state as notices
from services.complaints.cases.model.answers import require_in_time, stamp
from services.complaints.cases.model.commands import (
    AcceptCounterNotification,
    DecideDispute,
    RecordService,
    RecordTakedown,
    RejectCounterNotification,
    SubmitCounterNotification,
)
from services.complaints.cases.model.events import (
    CounterAccepted,
    CounterNotified,
    DisputeDecided,
    DisputeOpened,
    Event,
    ListingTakenDown,
    NoticeServed,
)
from services.complaints.cases.model.refusals import obsolete, refuse
from services.complaints.cases.model.state import Case, DeadlineKind, Rules, RunningDeadline
from shared.kernel.decider import Refusal
from shared.policies.calendars import Undated, business_days_later


def record_takedown(case: Case, command: RecordTakedown, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match case.state:
        case "upheld":
            by = f"marketplace:{case.platform}"
            return (ListingTakenDown(**stamp(now, by, rules), merchant_id=command.merchant_id),)
        case "received" | "under_review" | "awaiting_supplement" | "rejected":
            raise refuse("not-upheld")
        case "withdrawn":
            raise obsolete("case-withdrawn")
        case "taken_down" | "countered" | "disputed" | "accepted" | "final" | "closed":
            raise obsolete("already-taken-down")
        case _:
            assert_never(case.state)


def record_service(case: Case, command: RecordService, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """The first service of the question that is open now starts its clock; every other is passed over."""
    match command.party, command.notice, case.state:
        case "merchant", notices.TAKEDOWN_NOTICE, "taken_down" if case.attempts == 0:
            deadline = _deadline("counter-notification", 1, command.served_at, rules.counter_days, rules)
        case "merchant", notices.TAKEDOWN_NOTICE, "upheld":
            raise obsolete("removal-not-acknowledged")
        case "owner", notices.COUNTER_RECEIVED_NOTICE, "countered":
            deadline = _deadline("owner-response", case.attempts, command.served_at, rules.owner_days, rules)
        case "owner", notices.SUPPLEMENT_REQUESTED_NOTICE, "awaiting_supplement":
            deadline = _deadline("supplement", case.supplements, command.served_at, rules.supplement_days, rules)
        case _, notices.TAKEDOWN_NOTICE | notices.COUNTER_RECEIVED_NOTICE | notices.SUPPLEMENT_REQUESTED_NOTICE, _:
            raise obsolete("service-superseded")
        case _:
            raise obsolete("starts-no-clock")
    if case.running is not None:
        raise obsolete("already-served")
    # A notice of an earlier question of the same kind is told by its time. The grace allows for clocks that differ:
    # taking a good service for a stale one would leave the case without its clock.
    if case.asked_at is not None and command.served_at + rules.grace < case.asked_at:
        raise obsolete("service-superseded")
    return (
        NoticeServed(
            **stamp(now, "notifications", rules),
            party=command.party,
            notice=command.notice,
            served_at=command.served_at,
            deadline=deadline,
        ),
    )


def submit_counter(case: Case, command: SubmitCounterNotification, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """In time it counts, also where the case was closed by silence first.

    Nothing runs before the removal notice is served, and then the answer counts too. `taken_down` and `closed`
    always leave an attempt: a lost dispute without one ends in `final`.
    """
    match case.state:
        case "taken_down":
            require_in_time(case.running, command.received_at)
        case "closed":
            require_in_time(case.lapsed, command.received_at)
        case "received" | "under_review" | "awaiting_supplement" | "rejected":
            raise refuse("not-upheld")
        case "upheld":
            raise refuse("removal-not-acknowledged")
        case "countered" | "disputed":
            raise refuse("counter-pending")
        case "accepted" | "final" | "withdrawn":
            raise _ended(case)
        case _:
            assert_never(case.state)
    return (
        CounterNotified(
            **stamp(now, command.by, rules),
            attempt=case.attempts + 1,
            received_at=command.received_at,
            statement=command.statement,
            evidence=tuple(command.evidence),
            files=tuple(command.files),
        ),
    )


def accept_counter(case: Case, command: AcceptCounterNotification, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match case.state:
        case "countered":
            require_in_time(case.running, command.received_at)
            return (CounterAccepted(**stamp(now, command.by, rules), how="by_owner"),)
        case "accepted":
            raise obsolete("counter-already-accepted")
        case "disputed":
            raise refuse("dispute-open")
        case "withdrawn" | "final":
            raise _ended(case)
        case _:
            raise refuse("no-counter-pending")


def reject_counter(case: Case, command: RejectCounterNotification, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """Opens the dispute. In time it counts, also where silence was taken for acceptance first."""
    match case.state:
        case "countered":
            require_in_time(case.running, command.received_at)
        case "accepted" if case.ended_because == "deemed_by_silence":
            require_in_time(case.lapsed, command.received_at)
        case "disputed":
            raise obsolete("dispute-open")
        case "accepted" | "withdrawn" | "final":
            raise _ended(case)
        case _:
            raise refuse("no-counter-pending")
    return (
        DisputeOpened(
            **stamp(now, command.by, rules),
            received_at=command.received_at,
            statement=command.statement,
            files=tuple(command.files),
        ),
    )


def decide_dispute(case: Case, command: DecideDispute, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match case.state:
        case "disputed":
            if command.by == case.upheld_by:
                raise refuse("decided-first-by-same-reviewer")
            further = None
            if command.determination == "upheld" and case.attempts < rules.attempts:
                further = _further_attempt(case, now, rules)
            return (
                DisputeDecided(
                    **stamp(now, command.by, rules), determination=command.determination, further_attempt=further
                ),
            )
        case "final" | "withdrawn" | "accepted":
            raise _ended(case)
        case _:
            raise refuse("no-dispute")


def _further_attempt(case: Case, now: datetime, rules: Rules) -> RunningDeadline:
    """Until the end of the first window or so many business days from the decision, whichever is later [ours]."""
    number = case.attempts + 1
    further = _deadline("counter-notification", number, now, rules.further_attempt_days, rules)
    first = case.first_window
    if first is None or isinstance(further, Undated):
        return further
    if isinstance(first, Undated) or first.due > further.due:
        return replace(first, id=further.id)
    return further


def _deadline(kind: DeadlineKind, number: int, start: datetime, days: int, rules: Rules) -> RunningDeadline:
    return business_days_later(
        rules.calendar, start, days, deadline_id=f"{kind}:{number}", kind=kind, policy_version=rules.version
    )


def _ended(case: Case) -> Refusal:
    """Why nothing more can be said in a case that ended so."""
    match case.state:
        case "withdrawn":
            return refuse("case-withdrawn")
        case "accepted":
            return refuse("counter-already-accepted")
        case _:
            return refuse("finally-decided")
