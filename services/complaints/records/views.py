"""Cases as they are shown. The owner and staff see the same case; a merchant sees less, and no one a reviewer's id
but staff."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from services.complaints.cases.model import (
    Case,
    CaseClosed,
    ComplaintFiled,
    ComplaintRejected,
    ComplaintUpheld,
    ComplaintWithdrawn,
    CounterAccepted,
    DeadlineAmended,
    DisputeDecided,
    Event,
    NoticeServed,
    ReinstatementOrdered,
    ReviewBegun,
    SupplementRequested,
)
from shared.eventstore import RecordedEvent
from shared.policies.calendars import Deadline, Undated, why

Viewer = Literal["owner", "staff", "merchant"]
Part = Literal["owner", "merchant", "reviewer", "operator", "rule", "marketplace", "platform"]


class DeadlineView(BaseModel):
    """due: the first instant that is too late (UTC); null while the calendar is not published that far; why: how it
    comes about, in lines that can be checked by hand."""

    id: str
    kind: str
    due: datetime | None
    start: datetime
    business_days: int
    calendar: str
    calendar_version: str
    policy_version: str
    skipped: list[tuple[date, str]]
    why: list[str]


class RecordView(BaseModel):
    """One step of a case: what, when, by whom, under which policy version, why, and its details.

    part: whose step it is; a rule is what no person decided: the passing of a deadline, the amendment of a calendar.
    reason: the step's code, empty where it has none; deadline: that the step set or amended.
    """

    number: int
    step: str
    at: datetime
    by: str
    part: Part
    policy_version: str
    reason: str
    deadline: DeadlineView | None
    details: dict[str, Any]


class CaseView(BaseModel):
    """account_id, merchant_id, reviewer_id: for staff only, null for others."""

    case_id: str
    submission_id: str
    platform: str
    listing_id: str
    right_id: str | None
    complaint_type: str
    reason: str
    state: str
    ended_because: str
    filed_at: datetime
    policy_version: str
    reinstatement: str
    counter_attempts: int
    deadlines: list[DeadlineView]
    account_id: str | None = None
    merchant_id: str | None = None
    reviewer_id: str | None = None


class CaseWithRecords(CaseView):
    records: list[RecordView]


class CasePage(BaseModel):
    """`next`: the cursor of what follows, null at the end. A page that is shorter than asked for, or empty, is not the
    end while there is a cursor."""

    cases: list[CaseView]
    next: str | None


class FoundCases(CasePage):
    """days_in: the zone in which days of filing were counted."""

    days_in: str


def deadline_view(deadline: Deadline | Undated) -> DeadlineView:
    return DeadlineView(
        id=deadline.id,
        kind=deadline.kind,
        due=deadline.due if isinstance(deadline, Deadline) else None,
        start=deadline.start,
        business_days=deadline.business_days,
        calendar=deadline.calendar,
        calendar_version=deadline.calendar_version,
        policy_version=deadline.policy_version,
        skipped=list(deadline.skipped) if isinstance(deadline, Deadline) else [],
        why=list(why(deadline)),
    )


def case_view(case: Case, viewer: Viewer = "owner") -> CaseView:
    return CaseView(
        case_id=case.id,
        submission_id=case.submission_id,
        platform=case.platform,
        listing_id=case.listing_id,
        right_id=None if viewer == "merchant" else case.right_id,
        complaint_type=case.complaint_type,
        reason=case.reason,
        state=case.state,
        ended_because=case.ended_because,
        filed_at=case.filed_at,
        policy_version=case.policy_version,
        reinstatement=case.reinstatement,
        counter_attempts=case.attempts,
        deadlines=[deadline_view(deadline) for deadline in case.deadlines],
        account_id=case.account_id if viewer == "staff" else None,
        merchant_id=case.merchant_id if viewer == "staff" else None,
        reviewer_id=case.reviewer_id if viewer == "staff" else None,
    )


def with_records(case: Case, history: Sequence[RecordedEvent[Event]], viewer: Viewer) -> CaseWithRecords:
    records = [_record(entry, case, viewer) for entry in history]
    return CaseWithRecords(**case_view(case, viewer).model_dump(), records=records)


# References into the vault, ids of files (see `evidence`), and what the head of the case says already.
LEFT_OUT = {
    "at",
    "by",
    "policy_version",
    "evidence",
    "files",
    "statement",
    "case_id",
    "submission_id",
    "account_id",
    "principal_id",
    "right_fingerprint",
}
# What of the owner's is none of the merchant's business: the notice names the right as far as it must.
_LEFT_OUT_FOR_MERCHANTS = LEFT_OUT | {"right_id"}


def _record(entry: RecordedEvent[Event], case: Case, viewer: Viewer) -> RecordView:
    left_out = _LEFT_OUT_FOR_MERCHANTS if viewer == "merchant" else LEFT_OUT
    details = {name: value for name, value in asdict(entry.event).items() if name not in left_out}
    return RecordView(
        number=entry.number,
        step=type(entry.event).__name__,
        at=entry.at,
        by=_by(entry.event.by, case, viewer),
        part=_part(entry.event, case),
        policy_version=entry.event.policy_version,
        reason=_reason(entry.event),
        deadline=_deadline(entry.event),
        details=details,
    )


_REVIEWS = (ReviewBegun, SupplementRequested, ComplaintUpheld, ComplaintRejected, DisputeDecided)


def _part(event: Event, case: Case) -> Part:
    if event.by == case.account_id:
        return "owner"
    if case.merchant_id is not None and event.by == case.merchant_id:
        return "merchant"
    kind = event.by.partition(":")[0]
    if kind in ("deadline", "calendar"):
        return "rule"
    if kind in ("marketplace", "listing-measure"):
        return "marketplace"
    if isinstance(event, ReinstatementOrdered):
        return "operator"
    return "reviewer" if isinstance(event, _REVIEWS) else "platform"


def _reason(event: Event) -> str:
    match event:
        case ComplaintRejected(reason_code=reason) | CaseClosed(why=reason) | DisputeDecided(determination=reason):
            return reason
        case CounterAccepted(how=how, reason=reason):
            return reason or how
        case ComplaintFiled(reason=reason) | ComplaintWithdrawn(reason=reason) | ReinstatementOrdered(reason=reason):
            return reason
        case SupplementRequested(missing=missing):
            return ", ".join(missing)
        case _:
            return ""


def _deadline(event: Event) -> DeadlineView | None:
    match event:
        case NoticeServed(deadline=deadline) | DeadlineAmended(deadline=deadline):
            return deadline_view(deadline)
        case DisputeDecided(further_attempt=further) if further is not None:
            return deadline_view(further)
        case _:
            return None


def _by(actor: str, case: Case, viewer: Viewer) -> str:
    return actor if viewer == "staff" else by_whom(actor, case.account_id, case.merchant_id)


def by_whom(actor: str, account_id: str, merchant_id: str | None) -> str:
    """Reviewers and the other side are told by their part in the case."""
    if actor == account_id:
        return "owner"
    if merchant_id is not None and actor == merchant_id:
        return "merchant"
    if actor.partition(":")[0] in ("deadline", "calendar", "marketplace") or actor in (
        "listing-measure",
        "notifications",
    ):
        return actor
    return "platform"
