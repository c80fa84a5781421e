"""What can be asked of a case. `by` is an actor's id; statements and evidence are references into the vault, files are
ids of evidence that was uploaded."""

from dataclasses import dataclass
from datetime import datetime

from services.complaints.cases.model.state import Determination, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class FileComplaint:
    """The first step; everything was checked by intake. `right_fingerprint`: type, office and number of the right."""

    case_id: str
    submission_id: str
    account_id: str
    principal_id: str | None = None
    platform: str
    listing_id: str
    right_id: str
    right_fingerprint: str
    complaint_type: str
    reason: str
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginReview:
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSupplement:
    """`missing`: codes of what is missing, all at once."""

    by: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSupplement:
    by: str
    received_at: datetime
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Uphold:
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    by: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTakedown:
    """The listing is down: acknowledged by the marketplace, or down already when the hold was placed."""

    merchant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordService:
    """A notice was served. Only the three that start a clock matter (see `state.py`)."""

    party: Party
    notice: str
    served_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitCounterNotification:
    by: str
    received_at: datetime
    statement: str | None = None
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptCounterNotification:
    by: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectCounterNotification:
    by: str
    received_at: datetime
    statement: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideDispute:
    by: str
    determination: Determination


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """By the complainant, with a reason code."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireDeadline:
    deadline_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReinstatementDue:
    """The listing measure took this case's hold off."""

    held_by_others: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReinstated:
    """The marketplace acknowledged that the listing is up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinstate:
    """The platform lets the listing up at its discretion, with a reason code."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendDeadline:
    """A calendar was published or amended: an undated deadline is dated, a running one may become later."""


Command = (
    FileComplaint
    | BeginReview
    | RequestSupplement
    | SubmitSupplement
    | Uphold
    | Reject
    | RecordTakedown
    | RecordService
    | SubmitCounterNotification
    | AcceptCounterNotification
    | RejectCounterNotification
    | DecideDispute
    | Withdraw
    | ExpireDeadline
    | RecordReinstatementDue
    | RecordReinstated
    | Reinstate
    | AmendDeadline
)
