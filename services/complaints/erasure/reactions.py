"""A case that ends may have been the last that stood in the way of an erasure."""

from shared.contracts.complaints import cases
from shared.erasure import ErasureRecipient
from shared.reactions import Message, Subscription, cause_of, source

_ENDS = (
    cases.ComplaintRejected,
    cases.CounterAccepted,
    cases.DisputeDecided,
    cases.ComplaintWithdrawn,
    cases.CaseClosed,
)


class CaseEnds:
    """Group `complaints.erasure-ends`. A look that is repeated says nothing new, so no position is kept by case."""

    def __init__(self, recipient: ErasureRecipient) -> None:
        self._recipient = recipient

    def subscription(self) -> Subscription:
        handlers = dict.fromkeys(_ENDS, self.ended)
        return Subscription("complaints.erasure-ends", (source(cases.TOPIC),), handlers, ordering="idempotent")

    async def ended(self, message: Message[cases.CaseEvent]) -> None:
        await self._recipient.look_again(message.data.account_id, cause_of(message, "complaints"))
