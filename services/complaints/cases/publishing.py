"""What the world is told of a case: each of its events as one record of `complaints.cases.v1`."""

from collections.abc import Iterable
from typing import Any

from services.complaints.cases import model as m
from shared.contracts.complaints import cases as contract
from shared.contracts.deadlines import DeadlineData
from shared.eventstore import Publication


def publish(case: m.Case, event: m.Event, number: int) -> Iterable[Publication]:
    """The records of an event, given the case after it."""
    return (Publication(contract.TOPIC.name, case.id, published(case, event)),)


def published(case: m.Case, event: m.Event) -> contract.CaseEvent:
    """The event as its contract says it; references into the vault stay behind."""
    kind, details = _details(event)
    return kind(
        case_id=case.id,
        submission_id=case.submission_id,
        account_id=case.account_id,
        principal_id=case.principal_id,
        platform=case.platform,
        listing_id=case.listing_id,
        right_id=case.right_id,
        complaint_type=case.complaint_type,
        reason=case.reason,
        merchant_id=case.merchant_id,
        state=case.state,
        filed_at=case.filed_at,
        policy_version=event.policy_version,
        holds_listing=case.holds,
        deadlines=tuple(DeadlineData.of(deadline) for deadline in case.deadlines),
        **details,
    )


_SAME_NAME: dict[type, type[contract.CaseEvent]] = {
    m.ComplaintFiled: contract.ComplaintFiled,
    m.SupplementReceived: contract.SupplementReceived,
    m.ListingTakenDown: contract.ListingTakenDown,
    m.DisputeOpened: contract.DisputeOpened,
    m.ListingReinstated: contract.ListingReinstated,
}


def _details(event: m.Event) -> tuple[type[contract.CaseEvent], dict[str, Any]]:
    """The contract's class, and what it says beyond the common fields."""
    return _of_review(event) or _of_counter(event) or _of_ending(event) or (_SAME_NAME[type(event)], {})


def _of_review(event: m.Event) -> tuple[type[contract.CaseEvent], dict[str, Any]] | None:
    match event:
        case m.ReviewBegun():
            return contract.ReviewBegun, {"reviewer_id": event.by}
        case m.SupplementRequested():
            return contract.SupplementRequested, {"missing": event.missing}
        case m.ComplaintUpheld():
            return contract.ComplaintUpheld, {"reviewer_id": event.by}
        case m.ComplaintRejected():
            return contract.ComplaintRejected, {"reason_code": event.reason_code, "decided_by": event.by}
        case _:
            return None


def _of_counter(event: m.Event) -> tuple[type[contract.CaseEvent], dict[str, Any]] | None:
    match event:
        case m.NoticeServed():
            served = {"party": event.party, "notice": event.notice, "served_at": event.served_at}
            return contract.NoticeServed, served
        case m.CounterNotified():
            return contract.CounterNotified, {"attempt": event.attempt, "received_at": event.received_at}
        case m.CounterAccepted():
            return contract.CounterAccepted, {"how": event.how}
        case m.DisputeDecided():
            return contract.DisputeDecided, {"determination": event.determination, "reviewer_id": event.by}
        case _:
            return None


def _of_ending(event: m.Event) -> tuple[type[contract.CaseEvent], dict[str, Any]] | None:
    match event:
        case m.ComplaintWithdrawn():
            withdrawn = {"withdrawal_reason": event.reason, "after_takedown": event.after_takedown}
            return contract.ComplaintWithdrawn, withdrawn
        case m.CaseClosed():
            return contract.CaseClosed, {"why": event.why}
        case m.ReinstatementDue():
            return contract.ReinstatementDue, {"held_by_others": event.held_by_others}
        case m.ReinstatementOrdered():
            return contract.ReinstatementOrdered, {"ordered_by": event.by, "order_reason": event.reason}
        case m.DeadlineAmended():
            amended = {"deadline_id": event.deadline.id, "calendar_before": event.calendar_before}
            return contract.DeadlineAmended, amended
        case _:
            return None
