"""`complaints.submissions.v1`: what a person filed in one go."""

from datetime import datetime
from typing import ClassVar

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class SubmissionEvent(EventData):
    """What every event of a submission says: one case for each listing accepted, one refusal for each other row."""

    submission_id: str
    account_id: str
    principal_id: str | None = None
    platform: str
    complaint_type: str
    right_id: str
    reason: str
    case_ids: tuple[str, ...]
    refused_rows: int
    filed_at: datetime


class SubmissionFiled(SubmissionEvent):
    """A submission was taken; its cases follow on `complaints.cases.v1`."""

    type: ClassVar[str] = "ipp.complaints.submission-filed"


class SubmissionCorrected(SubmissionEvent):
    """Rows that were told as cases made none: another filed the same first, at the same moment. This is what holds."""

    type: ClassVar[str] = "ipp.complaints.submission-corrected"


TOPIC = Topic(
    name="complaints.submissions.v1",
    key="submission id",
    producers=("complaints",),
    consumers=("analysts",),
    events=(SubmissionFiled, SubmissionCorrected),
    examples=(
        SubmissionFiled(
            submission_id="IPP-7K2M9QX4TD",
            account_id="acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
            platform="taobao",
            complaint_type="trademark",
            right_id="rgt-8Y1D6ZK4W0QF3M7XB2NC",
            reason="counterfeit",
            case_ids=("IPP-7K2M9QX4TD-001",),
            refused_rows=0,
            filed_at=datetime.fromisoformat("2026-02-13T02:00:00Z"),
        ),
        SubmissionCorrected(
            submission_id="IPP-7K2M9QX4TD",
            account_id="acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
            platform="taobao",
            complaint_type="trademark",
            right_id="rgt-8Y1D6ZK4W0QF3M7XB2NC",
            reason="counterfeit",
            case_ids=("IPP-7K2M9QX4TD-001",),
            refused_rows=1,
            filed_at=datetime.fromisoformat("2026-02-13T02:00:00Z"),
        ),
    ),
)
