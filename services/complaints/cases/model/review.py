"""From filing to the first decision."""

from datetime import datetime
from typing import assert_never

from services.complaints.cases.model.answers import require_code, require_in_time, stamp
from services.complaints.cases.model.commands import (
    BeginReview,
    FileComplaint,
    Reject,
    RequestSupplement,
    SubmitSupplement,
    Uphold,
)
from services.complaints.cases.model.events import (
    ComplaintFiled,
    ComplaintRejected,
    ComplaintUpheld,
    Event,
    ReviewBegun,
    SupplementReceived,
    SupplementRequested,
)
from services.complaints.cases.model.refusals import obsolete, refuse
from services.complaints.cases.model.state import SUPPLEMENT_LAPSED, Case, Rules
from shared.kernel.decider import Refusal


def file_complaint(command: FileComplaint, now: datetime, rules: Rules) -> tuple[Event, ...]:
    return (
        ComplaintFiled(
            **stamp(now, command.by, rules),
            case_id=command.case_id,
            submission_id=command.submission_id,
            account_id=command.account_id,
            principal_id=command.principal_id,
            platform=command.platform,
            listing_id=command.listing_id,
            right_id=command.right_id,
            right_fingerprint=command.right_fingerprint,
            complaint_type=command.complaint_type,
            reason=command.reason,
            evidence=command.evidence,
            files=command.files,
        ),
    )


def file_again(case: Case, command: FileComplaint, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """Cases are inserted in bulk and repeats ignored: a second filing of the same number says nothing new."""
    raise obsolete("already-filed")


def begin_review(case: Case, command: BeginReview, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match case.state:
        case "received":
            return (ReviewBegun(**stamp(now, command.by, rules)),)
        case "under_review":
            if case.reviewer_id == command.by:
                raise obsolete("already-under-review")
            raise refuse("under-review-by-another")
        case _:
            raise _no_review(case)


def request_supplement(case: Case, command: RequestSupplement, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """The clock starts later, when the request is served."""
    if case.state != "under_review":
        raise _no_review(case)
    if not command.missing:
        raise refuse("nothing-missing")
    for code in command.missing:
        require_code(code)
    return (
        SupplementRequested(
            **stamp(now, command.by, rules), number=case.supplements + 1, missing=tuple(command.missing)
        ),
    )


def submit_supplement(case: Case, command: SubmitSupplement, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """In time it counts, also where the expiry was computed first and the case was rejected for it."""
    match case.state:
        case "awaiting_supplement":
            require_in_time(case.running, command.received_at)
        case "rejected" if case.ended_because == SUPPLEMENT_LAPSED:
            require_in_time(case.lapsed, command.received_at)
        case "received" | "under_review":
            raise refuse("no-supplement-awaited")
        case _:
            raise _no_review(case)
    return (
        SupplementReceived(
            **stamp(now, command.by, rules),
            received_at=command.received_at,
            evidence=tuple(command.evidence),
            files=tuple(command.files),
        ),
    )


def uphold(case: Case, command: Uphold, now: datetime, rules: Rules) -> tuple[Event, ...]:
    if case.state != "under_review":
        raise _no_review(case)
    return (ComplaintUpheld(**stamp(now, command.by, rules)),)


def reject(case: Case, command: Reject, now: datetime, rules: Rules) -> tuple[Event, ...]:
    if case.state != "under_review":
        raise _no_review(case)
    if command.reason_code == SUPPLEMENT_LAPSED or command.reason_code not in rules.rejection_reasons:
        raise refuse("reason-unknown")
    return (ComplaintRejected(**stamp(now, command.by, rules), reason_code=command.reason_code),)


def _no_review(case: Case) -> Refusal:
    """Why this case takes no step of a review in its present state."""
    match case.state:
        case "received":
            return refuse("review-not-begun")
        case "under_review":
            return refuse("already-under-review")
        case "awaiting_supplement":
            return refuse("supplement-awaited")
        case "withdrawn":
            return refuse("case-withdrawn")
        case "upheld" | "taken_down" | "countered" | "disputed" | "rejected" | "accepted" | "final" | "closed":
            return refuse("already-decided")
        case _:
            assert_never(case.state)
