"""The published life of cases, as records of `complaints.cases.v1`, for those who read it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.contracts.complaints import cases
from shared.streams.processor import Record
from tests.support.streams import record

FILED = datetime.fromisoformat("2026-03-02T02:00:00Z")


@dataclass
class CaseTale:
    """Events of one case, one hour apart, told by short names. `records` are in order."""

    case_id: str = "IPP-7K2M9QX4TD-001"
    account_id: str = "acc-intl-1"
    principal_id: str | None = None
    platform: str = "taobao"
    reason: str = "counterfeit"
    merchant_id: str = "m-17"
    filed_at: datetime = FILED
    records: list[Record] = field(default_factory=list)
    at: datetime = field(init=False)
    state: cases.CaseState = "received"

    def __post_init__(self) -> None:
        self.at = self.filed_at
        self.tell(cases.ComplaintFiled, "received")

    def tell(self, event: type[cases.CaseEvent], state: cases.CaseState, **more: object) -> "CaseTale":
        self.state = state
        known = any(isinstance(one.data, cases.ListingTakenDown) for one in self.records)
        down = event is cases.ListingTakenDown
        data = event.model_validate(
            {
                "case_id": self.case_id,
                "submission_id": "IPP-7K2M9QX4TD",
                "account_id": self.account_id,
                "principal_id": self.principal_id,
                "platform": self.platform,
                "listing_id": f"{self.platform}:item:520813250866",
                "right_id": "rgt-1",
                "complaint_type": "trademark",
                "reason": self.reason,
                "merchant_id": self.merchant_id if known or down else None,
                "state": state,
                "filed_at": self.filed_at,
                "policy_version": "2026-01",
                **more,
            }
        )
        self.records.append(record(cases.TOPIC.name, data, len(self.records) + 1, self.at, self.case_id))
        self.at += timedelta(hours=1)
        return self

    def upheld(self) -> "CaseTale":
        return self.tell(cases.ComplaintUpheld, "upheld", reviewer_id="staff-1")

    def rejected(self, code: str = "insufficient_support") -> "CaseTale":
        return self.tell(cases.ComplaintRejected, "rejected", reason_code=code, decided_by="staff-1")

    def down(self) -> "CaseTale":
        return self.tell(cases.ListingTakenDown, "taken_down")

    def served(self) -> "CaseTale":
        return self.tell(cases.NoticeServed, self.state, party="merchant", notice="takedown", served_at=self.at)

    def countered(self) -> "CaseTale":
        return self.tell(cases.CounterNotified, "countered", attempt=1, received_at=self.at)

    def accepted(self, how: str = "by_owner") -> "CaseTale":
        return self.tell(cases.CounterAccepted, "accepted", how=how)

    def disputed(self, determination: str) -> "CaseTale":
        self.tell(cases.DisputeOpened, "disputed")
        return self.tell(cases.DisputeDecided, "final", determination=determination, reviewer_id="staff-2")

    def withdrawn(self, *, after_takedown: bool) -> "CaseTale":
        return self.tell(
            cases.ComplaintWithdrawn, "withdrawn", withdrawal_reason="settled", after_takedown=after_takedown
        )

    def closed(self) -> "CaseTale":
        return self.tell(cases.CaseClosed, "closed", why="merchant_silent")

    def ordered_back(self) -> "CaseTale":
        return self.tell(cases.ReinstatementOrdered, self.state, ordered_by="staff-3", order_reason="public_interest")

    def due_back(self) -> "CaseTale":
        return self.tell(cases.ReinstatementDue, self.state, held_by_others=True)
