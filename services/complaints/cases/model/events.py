"""What happened to a case. Class names are what the store keeps: never rename one.

Every event says when, who and in which policy version; there is no free text and no personal data in it, only codes
references into the vault, and ids of files that were uploaded as evidence.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from services.complaints.cases.model.state import (
    Determination,
    HowAccepted,
    Party,
    RunningDeadline,
    WhyClosed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """at: business time; by: an actor's id, or the part of the platform that reported (`deadline:supplement:1`)."""

    at: datetime
    by: str
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFiled(Step):
    case_id: str
    submission_id: str
    account_id: str
    principal_id: str | None
    platform: str
    listing_id: str
    right_id: str
    right_fingerprint: str
    complaint_type: str
    reason: str
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBegun(Step):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementRequested(Step):
    """`number` counts the requests of this case from 1."""

    number: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementReceived(Step):
    received_at: datetime
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintUpheld(Step):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRejected(Step):
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingTakenDown(Step):
    merchant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeServed(Step):
    """A notice that starts a clock was served: `deadline` is that clock."""

    party: Party
    notice: str
    served_at: datetime
    deadline: RunningDeadline


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterNotified(Step):
    """`attempt` counts from 1."""

    attempt: int
    received_at: datetime
    statement: str | None = None
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterAccepted(Step):
    """The complaint is withdrawn by it. `reason`: the owner's code where the complaint was withdrawn by name."""

    how: HowAccepted
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(Step):
    received_at: datetime
    statement: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeDecided(Step):
    """`further_attempt`: until when the merchant may try again; None where the decision is the last word."""

    determination: Determination
    further_attempt: RunningDeadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintWithdrawn(Step):
    reason: str
    after_takedown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Step):
    why: WhyClosed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatementDue(Step):
    held_by_others: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingReinstated(Step):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatementOrdered(Step):
    """At the platform's discretion: gives points back, and is no success of a counter-notification."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineAmended(Step):
    """The same deadline by another version of its calendar; `calendar_before` is the version it had."""

    deadline: RunningDeadline
    calendar_before: str


Event = (
    ComplaintFiled
    | ReviewBegun
    | SupplementRequested
    | SupplementReceived
    | ComplaintUpheld
    | ComplaintRejected
    | ListingTakenDown
    | NoticeServed
    | CounterNotified
    | CounterAccepted
    | DisputeOpened
    | DisputeDecided
    | ComplaintWithdrawn
    | CaseClosed
    | ReinstatementDue
    | ListingReinstated
    | ReinstatementOrdered
    | DeadlineAmended
)
EVENTS: tuple[type[Event], ...] = get_args(Event)
