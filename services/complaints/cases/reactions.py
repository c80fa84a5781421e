"""What others say that moves a case: a notice was served, a deadline expired."""

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import (
    COUNTER_RECEIVED_NOTICE,
    SUPPLEMENT_REQUESTED_NOTICE,
    TAKEDOWN_NOTICE,
    ExpireDeadline,
    RecordService,
)
from services.complaints.measures.commands import Measures
from services.complaints.measures.model import RETRY_COMMAND, RetryDue
from shared.contracts.deadlines import COMPLAINTS_DEADLINES, DeadlineExpired
from shared.contracts.notifications import deliveries
from shared.reactions import Message, Subscription, cause_of, source

# Party and template of the notices that start a clock.
_STARTS_A_CLOCK = {
    ("merchant", TAKEDOWN_NOTICE),
    ("owner", COUNTER_RECEIVED_NOTICE),
    ("owner", SUPPLEMENT_REQUESTED_NOTICE),
}


class ServiceOfNotices:
    """Group `complaints.service`: the clock starts at service (DOMAIN, Deadlines 2).

    A notice is a subject of its own with one event, so a position each would be a document each that says nothing:
    the case tells a repeated or stale service by itself.
    """

    def __init__(self, commands: Cases) -> None:
        self._cases = commands

    def subscription(self) -> Subscription:
        handlers = {deliveries.NoticeServed: self.served}
        return Subscription("complaints.service", (source(deliveries.TOPIC),), handlers, ordering="idempotent")

    async def served(self, message: Message[deliveries.NoticeServed]) -> None:
        notice = message.data
        if notice.about_kind != "case" or (notice.party, notice.template) not in _STARTS_A_CLOCK:
            return
        command = RecordService(party=notice.party, notice=notice.template, served_at=notice.served_at)
        await self._cases.execute(notice.about, command, cause_of(message, "notifications"))


class Expiries:
    """Group `complaints.deadlines`: silence has its effect on the case; a failed command is repeated."""

    def __init__(self, cases: Cases, measures: Measures) -> None:
        self._cases = cases
        self._measures = measures

    def subscription(self) -> Subscription:
        handlers = {DeadlineExpired: self.expired}
        return Subscription("complaints.deadlines", (source(COMPLAINTS_DEADLINES),), handlers, ordering="idempotent")

    async def expired(self, message: Message[DeadlineExpired]) -> None:
        expiry = message.data
        cause = cause_of(message, f"deadline:{expiry.deadline_id}")
        if expiry.kind == RETRY_COMMAND:
            await self._measures.execute(expiry.subject, RetryDue(deadline_id=expiry.deadline_id), cause)
        else:
            await self._cases.execute(expiry.subject, ExpireDeadline(deadline_id=expiry.deadline_id), cause)
