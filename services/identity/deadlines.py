"""What the deadline processor says: who is behind a deadline is told by its kind."""

from services.identity.erasure.commands import ErasureCommands
from services.identity.erasure.model import ERASURE, Expire
from services.identity.erasure.publishing import account_of
from services.identity.privacy_requests.commands import RequestCommands
from services.identity.privacy_requests.model import ExpireAnswer
from services.identity.verification.commands import VerificationCommands
from services.identity.verification.model import ExpireVerification
from shared.contracts.deadlines import IDENTITY_DEADLINES, DeadlineExpired
from shared.policies.terms import PRIVACY_ANSWER, PRIVACY_ANSWER_WARNING
from shared.reactions import Message, Subscription, cause_of, source


class Expiries:
    """Group `identity.deadlines`: what takes too long warns operators; nothing is decided by it."""

    def __init__(
        self, verification: VerificationCommands, erasures: ErasureCommands, requests: RequestCommands
    ) -> None:
        self._verification = verification
        self._erasures = erasures
        self._requests = requests

    def subscription(self) -> Subscription:
        handlers = {DeadlineExpired: self.expired}
        return Subscription("identity.deadlines", (source(IDENTITY_DEADLINES),), handlers, ordering="idempotent")

    async def expired(self, message: Message[DeadlineExpired]) -> None:
        expiry = message.data
        cause = cause_of(message, f"deadline:{expiry.deadline_id}")
        if expiry.kind == ERASURE:
            await self._erasures.execute(account_of(expiry.subject), Expire(deadline_id=expiry.deadline_id), cause)
        elif expiry.kind in (PRIVACY_ANSWER, PRIVACY_ANSWER_WARNING):
            await self._requests.execute(expiry.subject, ExpireAnswer(expiry.deadline_id), cause)
        else:
            await self._verification.execute(expiry.subject, ExpireVerification(expiry.deadline_id), cause)
