"""What the world is told of a submission, once all its cases are stored."""

from collections.abc import Iterable

from services.complaints.intake import model as m
from shared.contracts.complaints import submissions as contract
from shared.eventstore import Publication


def publish(submission: m.Submission, event: m.Event, number: int) -> Iterable[Publication]:
    """One record, at completion: only then it is known which rows became cases."""
    if isinstance(event, m.SubmissionStarted):
        return ()
    return (Publication(contract.TOPIC.name, submission.id, published(submission)),)


def published(submission: m.Submission) -> contract.SubmissionFiled:
    """The completed submission as its contract says it."""
    return contract.SubmissionFiled(
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
