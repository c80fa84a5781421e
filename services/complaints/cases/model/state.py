"""What a case is, and the little of the policy that its rules need."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from shared.policies.calendars import Calendar, Deadline, Undated

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
STATES: tuple[CaseState, ...] = get_args(CaseState)
OPEN_STATES: frozenset[CaseState] = frozenset(
    {"received", "under_review", "awaiting_supplement", "upheld", "taken_down", "countered", "disputed"}
)
RunningDeadline = Deadline | Undated
DeadlineKind = Literal["counter-notification", "owner-response", "supplement"]
Reinstatement = Literal["none", "due", "held_by_others", "done"]
Determination = Literal["upheld", "overturned"]
HowAccepted = Literal["by_owner", "by_withdrawal", "deemed_by_silence"]
WhyClosed = Literal["merchant_silent", "last_attempt_lost"]
Party = Literal["merchant", "owner"]

SUPPLEMENT_LAPSED = "supplement_lapsed"  # a rejection by rule: no reviewer gives this reason
# Notices that start a clock when they are served, as notifications names their templates.
TAKEDOWN_NOTICE = "takedown"
COUNTER_RECEIVED_NOTICE = "counter-received"
SUPPLEMENT_REQUESTED_NOTICE = "supplement-requested"


@dataclass(frozen=True, slots=True)
class Rules:
    """The part of one platform's policy that a case is decided by; wiring builds it from the policy book.

    version: recorded with every decision; calendar: whose business days count, and in which zone;
    counter_days, owner_days, supplement_days: business days to answer, from the service of the notice;
    further_attempt_days: business days from a lost dispute for a further counter-notification;
    attempts: how many counter-notifications a merchant has in all; grace: how long past `due` an expiry waits;
    rejection_reasons: what a reviewer may give; withdrawal_reasons: what a complainant may give.
    """

    version: str
    calendar: Calendar
    counter_days: int
    owner_days: int
    supplement_days: int
    further_attempt_days: int
    attempts: int
    grace: timedelta
    rejection_reasons: frozenset[str]
    withdrawal_reasons: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One takedown request: one listing, one right, one reason.

    evidence: references into the vault, what came with the complaint and with supplements.
    files: uploaded evidence that the case refers to, of both parties.
    reviewer_id: who has it under review; upheld_by: who decided first, and so never decides the dispute.
    attempts: counter-notifications received so far; asked_at: when the question that is open now was put.
    running: the deadline that runs now; lapsed: the one that silence ended, kept because an answer that was
    received before its end still counts; first_window: the merchant's first period.
    ended_because: the end's own word (a reason code, how it was accepted, the determination, why it was closed).
    holds: whether this case wants its listing down; reinstatement: what became of the listing afterwards.
    released_by_platform: the platform reinstated at its discretion, which no later step of the case undoes.
    """

    id: str
    submission_id: str
    account_id: str
    principal_id: str | None
    platform: str
    listing_id: str
    right_id: str
    right_fingerprint: str
    complaint_type: str
    reason: str
    filed_at: datetime
    policy_version: str
    state: CaseState
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    merchant_id: str | None = None
    reviewer_id: str | None = None
    upheld_by: str | None = None
    supplements: int = 0
    attempts: int = 0
    asked_at: datetime | None = None
    running: RunningDeadline | None = None
    lapsed: RunningDeadline | None = None
    first_window: RunningDeadline | None = None
    ended_because: str = ""
    holds: bool = False
    reinstatement: Reinstatement = "none"
    released_by_platform: bool = False

    @property
    def deadlines(self) -> tuple[RunningDeadline, ...]:
        """All deadlines that run now (a case never has two at once)."""
        return () if self.running is None else (self.running,)

    @property
    def is_open(self) -> bool:
        """Whether the case has not come to one of its ends."""
        return self.state in OPEN_STATES

    @property
    def uniqueness_key(self) -> str | None:
        """Right and listing while the case is open or holds the listing: no second case may have the same then.

        A second open case is a duplicate, and the same right does not hold a listing twice.
        """
        if self.is_open or self.holds:
            return f"{self.right_fingerprint}|{self.listing_id}"
        return None
