"""`complaints.cases.v1`: the whole life of a case, each event with the state after it and all current deadlines."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.deadlines import WithDeadlines
from shared.contracts.topic import Topic

CaseState = Literal[
    "received",
    "under_review",
    "awaiting_supplement",
    "upheld",
    "taken_down",
    "countered",
    "disputed",
    "rejected",
    "withdrawn",
    "accepted",
    "final",
    "closed",
]


class CaseEvent(WithDeadlines):
    """What every event of a case says. `state` is the state after it; `merchant_id` is known from the acknowledgement
    on; `policy_version` is the one that the step was decided under; `holds_listing` says whether the case wants its
    listing down after the event. `reason` is the complaint's, in every event; all reasons are codes."""

    case_id: str
    submission_id: str
    account_id: str
    principal_id: str | None = None
    platform: str
    listing_id: str
    right_id: str
    complaint_type: str
    reason: str
    merchant_id: str | None = None
    state: CaseState
    filed_at: datetime
    policy_version: str
    holds_listing: bool = False


class ComplaintFiled(CaseEvent):
    type: ClassVar[str] = "ipp.complaints.complaint-filed"


class ReviewBegun(CaseEvent):
    type: ClassVar[str] = "ipp.complaints.review-begun"

    reviewer_id: str


class SupplementRequested(CaseEvent):
    """Something is missing; the filer has three business days from being told [ours]."""

    type: ClassVar[str] = "ipp.complaints.supplement-requested"

    missing: tuple[str, ...]


class SupplementReceived(CaseEvent):
    type: ClassVar[str] = "ipp.complaints.supplement-received"


class ComplaintUpheld(CaseEvent):
    type: ClassVar[str] = "ipp.complaints.complaint-upheld"

    reviewer_id: str


class ComplaintRejected(CaseEvent):
    """`reason_code`: insufficient_support, no_right, wrong_right, outside_scope, ineligible, malicious, or
    supplement_lapsed. `decided_by`: a reviewer's id, or the rule that decided."""

    type: ClassVar[str] = "ipp.complaints.complaint-rejected"

    reason_code: str
    decided_by: str


class ListingTakenDown(CaseEvent):
    """The marketplace acknowledged that the listing is down."""

    type: ClassVar[str] = "ipp.complaints.listing-taken-down"


class NoticeServed(CaseEvent):
    """A notice that starts a clock was served; `party`: merchant, or owner (rights holder or agent)."""

    type: ClassVar[str] = "ipp.complaints.notice-served"

    party: Literal["merchant", "owner"]
    notice: str
    served_at: datetime


class CounterNotified(CaseEvent):
    """The merchant answered; `attempt` counts from 1."""

    type: ClassVar[str] = "ipp.complaints.counter-notified"

    attempt: int
    received_at: datetime


class CounterAccepted(CaseEvent):
    """By the owner, or deemed by silence (001, Counter-Notifications). The complaint is withdrawn by it."""

    type: ClassVar[str] = "ipp.complaints.counter-accepted"

    how: Literal["by_owner", "by_withdrawal", "deemed_by_silence"]


class DisputeOpened(CaseEvent):
    """The owner rejected the counter-notification: the platform decides finally."""

    type: ClassVar[str] = "ipp.complaints.dispute-opened"


class DisputeDecided(CaseEvent):
    """The platform's determination. It is final unless the merchant has a further attempt: `state` is then
    `taken_down` and the further attempt's deadline is among `deadlines`."""

    type: ClassVar[str] = "ipp.complaints.dispute-decided"

    determination: Literal["upheld", "overturned"]
    reviewer_id: str


class ComplaintWithdrawn(CaseEvent):
    """Withdrawn while no counter-notification was pending: withdrawing a countered complaint is `CounterAccepted`, so
    that withdrawal cannot evade the rate. `after_takedown`: a removal had been acknowledged."""

    type: ClassVar[str] = "ipp.complaints.complaint-withdrawn"

    withdrawal_reason: str
    after_takedown: bool


class CaseClosed(CaseEvent):
    """The merchant's silence, or its last attempt lost. The removal stands."""

    type: ClassVar[str] = "ipp.complaints.case-closed"

    why: Literal["merchant_silent", "last_attempt_lost"]


class ReinstatementDue(CaseEvent):
    """This case no longer holds its listing. `held_by_others` names none of them."""

    type: ClassVar[str] = "ipp.complaints.reinstatement-due"

    held_by_others: bool


class ListingReinstated(CaseEvent):
    type: ClassVar[str] = "ipp.complaints.listing-reinstated"


class ReinstatementOrdered(CaseEvent):
    """The platform reinstates at its discretion; no success of a counter-notification."""

    type: ClassVar[str] = "ipp.complaints.reinstatement-ordered"

    ordered_by: str
    order_reason: str


class DeadlineAmended(CaseEvent):
    """A calendar was published or amended: an undated deadline is dated, or a running one has become later."""

    type: ClassVar[str] = "ipp.complaints.deadline-amended"

    deadline_id: str
    calendar_before: str


EVENTS: tuple[type[CaseEvent], ...] = (
    ComplaintFiled,
    ReviewBegun,
    SupplementRequested,
    SupplementReceived,
    ComplaintUpheld,
    ComplaintRejected,
    ListingTakenDown,
    NoticeServed,
    CounterNotified,
    CounterAccepted,
    DisputeOpened,
    DisputeDecided,
    ComplaintWithdrawn,
    CaseClosed,
    ReinstatementDue,
    ListingReinstated,
    ReinstatementOrdered,
    DeadlineAmended,
)


def _example(event: type[CaseEvent], state: CaseState, **more: object) -> CaseEvent:
    return event.model_validate(
        {
            "case_id": "IPP-7K2M9QX4TD-001",
            "submission_id": "IPP-7K2M9QX4TD",
            "account_id": "acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
            "platform": "taobao",
            "listing_id": "taobao:item:520813250866",
            "right_id": "rgt-8Y1D6ZK4W0QF3M7XB2NC",
            "complaint_type": "trademark",
            "reason": "counterfeit",
            "state": state,
            "filed_at": "2026-02-13T02:00:00Z",
            "policy_version": "2026-01",
            **more,
        }
    )


_AT = "2026-02-13T06:00:00Z"
TOPIC = Topic(
    name="complaints.cases.v1",
    key="case id",
    producers=("complaints",),
    consumers=(
        "complaints",
        "notifications",
        "outcome processor of scoring",
        "deadline processor of complaints",
        "analysts",
    ),
    events=EVENTS,
    examples=(
        _example(ComplaintFiled, "received"),
        _example(ReviewBegun, "under_review", reviewer_id="staff-1"),
        _example(SupplementRequested, "awaiting_supplement", missing=("comparison-photo",)),
        _example(SupplementReceived, "under_review"),
        _example(ComplaintUpheld, "upheld", reviewer_id="staff-1"),
        _example(ComplaintRejected, "rejected", reason_code="insufficient_support", decided_by="staff-1"),
        _example(ListingTakenDown, "taken_down", merchant_id="m-taobao-17"),
        _example(NoticeServed, "taken_down", party="merchant", notice="takedown", served_at=_AT),
        _example(CounterNotified, "countered", attempt=1, received_at=_AT),
        _example(CounterAccepted, "accepted", how="deemed_by_silence"),
        _example(DisputeOpened, "disputed"),
        _example(DisputeDecided, "final", determination="overturned", reviewer_id="staff-2"),
        _example(ComplaintWithdrawn, "withdrawn", withdrawal_reason="settled", after_takedown=True),
        _example(CaseClosed, "closed", why="merchant_silent"),
        _example(ReinstatementDue, "withdrawn", held_by_others=True),
        _example(ListingReinstated, "withdrawn"),
        _example(ReinstatementOrdered, "closed", ordered_by="staff-3", order_reason="public_interest"),
        _example(DeadlineAmended, "taken_down", deadline_id="counter-notification:1", calendar_before="2026.1"),
    ),
)
