"""`complaints.outcomes.v1` and its re-keyed topics: what came of each case, for analysts and for scoring.

One value a case, replaced by the next: whoever counts keeps the highest `sequence` of each case.
"""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class CaseOutcome(EventData):
    """What is known of a case up to event `case_sequence` of `complaints.cases.v1`.

    first_decision: the reviewer's, or rejected where a supplement lapsed; counter_success: a counter-notification
    accepted, deemed accepted or won in the final determination (DOMAIN, Good Faith); points_stand: taken down and
    not given back by a reinstatement. All times are business time, UTC.
    """

    type: ClassVar[str] = "ipp.complaints.case-outcome"

    case_id: str
    case_sequence: int
    account_id: str
    principal_id: str | None = None
    platform: str
    listing_id: str
    right_id: str
    reason: str
    merchant_id: str | None = None
    state: str
    filed_at: datetime
    first_decision: Literal["upheld", "rejected"] | None = None
    decided_at: datetime | None = None
    taken_down_at: datetime | None = None
    countered: bool = False
    counter_success: bool = False
    withdrawn: bool = False
    reinstatement_due: bool = False
    points_stand: bool = False
    ended_at: datetime | None = None


_EXAMPLE = CaseOutcome(
    case_id="IPP-7K2M9QX4TD-001",
    case_sequence=5,
    account_id="acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
    platform="taobao",
    listing_id="taobao:item:520813250866",
    right_id="rgt-8Y1D6ZK4W0QF3M7XB2NC",
    reason="counterfeit",
    merchant_id="m-taobao-17",
    state="taken_down",
    filed_at=datetime.fromisoformat("2026-02-13T02:00:00Z"),
    first_decision="upheld",
    decided_at=datetime.fromisoformat("2026-02-13T06:00:00Z"),
    taken_down_at=datetime.fromisoformat("2026-02-13T06:05:00Z"),
    points_stand=True,
)
_SEQUENCE = "that of the case's event on complaints.cases.v1: rising, repeats possible, the highest counts"

OUTCOMES = Topic(
    name="complaints.outcomes.v1",
    key="case id",
    producers=("outcome processor of scoring",),
    consumers=("analysts",),
    events=(CaseOutcome,),
    examples=(_EXAMPLE,),
    sequence=_SEQUENCE,
    compacted=True,
)
BY_ACCOUNT = Topic(
    name="complaints.outcomes-by-account.v1",
    key="account id",
    producers=("outcome processor of scoring",),
    consumers=("Good Faith processor of scoring",),
    events=(CaseOutcome,),
    examples=(_EXAMPLE,),
    sequence=_SEQUENCE,
)
BY_MERCHANT = Topic(
    name="complaints.outcomes-by-merchant.v1",
    key="platform (`tao` for taobao, tmall and tmall_global, which are grouped together) and merchant id, by a colon",
    producers=("outcome processor of scoring",),
    consumers=("penalty processor of scoring",),
    events=(CaseOutcome,),
    examples=(_EXAMPLE,),
    sequence=_SEQUENCE,
)
