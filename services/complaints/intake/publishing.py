"""What the world is told of a submission: that it was filed, and what turned out otherwise than it was told."""

from collections.abc import Iterable

from services.complaints.intake import model as m
from shared.contracts.complaints import submissions as contract
from shared.eventstore import Publication


def publish(submission: m.Submission, event: m.Event, number: int) -> Iterable[Publication]:
    """A record of each event; cases follow on their own topic."""
    kind = contract.SubmissionFiled if isinstance(event, m.SubmissionStarted) else contract.SubmissionCorrected
    return (Publication(contract.TOPIC.name, submission.id, published(submission, kind)),)


def published(submission: m.Submission, kind: type[contract.SubmissionEvent]) -> contract.SubmissionEvent:
    """The submission as its contract says it."""
    return kind(
        submission_id=submission.id,
        account_id=submission.account_id,
        principal_id=submission.principal_id,
        platform=submission.platform,
        complaint_type=submission.complaint_type,
        right_id=submission.right_id,
        reason=submission.reason,
        case_ids=submission.case_ids,
        refused_rows=len(submission.refused),
        filed_at=submission.filed_at,
    )
