"""What was said and sent in a case, by whom, and who may read it: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.complaints.cases.model import (
    Case,
    ComplaintFiled,
    CounterNotified,
    DisputeOpened,
    Event,
    SupplementReceived,
)
from services.complaints.cases.model.refusals import refuse
from services.complaints.places import of_case, of_submission
from services.complaints.records.views import Viewer
from shared.eventstore import RecordedEvent
from shared.kernel.decider import Refusal

Part = Literal["complaint", "supplement", "counter-notification", "dispute"]
Author = Literal["owner", "merchant"]


@dataclass(frozen=True)
class Statement:
    """What one party said at one step. number: of the step in the case's records; subject: whose it is in the vault;
    refs: its texts, sealed at `place`; files: ids of evidence."""

    number: int
    part: Part
    author: Author
    at: datetime
    subject: str
    place: str
    refs: tuple[str, ...]
    files: tuple[str, ...]


def statements_of(case: Case, history: Sequence[RecordedEvent[Event]]) -> list[Statement]:
    """All of a case, the oldest first."""
    found = (_statement(case, entry) for entry in history)
    return [each for each in found if each is not None and (each.refs or each.files)]


def readable(statements: Sequence[Statement], viewer: Viewer) -> list[Statement]:
    """The owner reads the merchant's counter-notification, which is theirs to answer (001, Counter-Notifications).
    The merchant reads what is their own [ours]: 001 gives the sellers contact and certificates, and says nothing of the
    proof of infringement; how a fake was recognized is no help for its maker."""
    return [each for each in statements if viewer != "merchant" or each.author == "merchant"]


def require_review(case: Case, reviewer: str) -> None:
    """Raises Refusal where the case is not under review by this reviewer. A dispute is open to every reviewer but who
    decided first: nobody takes it for himself."""
    match case.state:
        case "under_review" | "awaiting_supplement":
            if case.reviewer_id != reviewer:
                raise refuse("under-review-by-another")
        case "disputed":
            if case.upheld_by == reviewer:
                raise refuse("decided-first-by-same-reviewer")
        case "received":
            raise refuse("review-not-begun")
        case _:
            raise Refusal(
                "no-review-open",
                "What was said in a case is read while it is under review or disputed.",
                "Ask the parties, if it matters to another case.",
            )


REVIEW_REFUSALS = {
    "under-review-by-another": 409,
    "decided-first-by-same-reviewer": 403,
    "review-not-begun": 409,
    "no-review-open": 409,
}


def _statement(case: Case, entry: RecordedEvent[Event]) -> Statement | None:
    match entry.event:
        case ComplaintFiled(evidence=refs, files=files):
            place = of_submission(case.platform, case.submission_id)
            return _by_owner(case, entry, "complaint", place, refs, files)
        case SupplementReceived(evidence=refs, files=files):
            return _by_owner(case, entry, "supplement", of_case(case.platform, case.id, "supplement"), refs, files)
        case DisputeOpened(statement=ref, files=files):
            place = of_case(case.platform, case.id, "dispute")
            return _by_owner(case, entry, "dispute", place, (ref,) if ref else (), files)
        case CounterNotified(by=merchant, statement=ref, files=files):
            place = of_case(case.platform, case.id, "counter")
            refs = (ref,) if ref else ()
            return Statement(entry.number, "counter-notification", "merchant", entry.at, merchant, place, refs, files)
        case _:
            return None


def _by_owner(
    case: Case, entry: RecordedEvent[Event], part: Part, place: str, refs: tuple[str, ...], files: tuple[str, ...]
) -> Statement:
    return Statement(entry.number, part, "owner", entry.at, case.account_id, place, refs, files)
