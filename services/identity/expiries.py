"""Deadlines of identity that passed, each given to the capability that set it."""

from collections.abc import Awaitable, Callable, Mapping

from shared.contracts.deadlines import IDENTITY_DEADLINES, DeadlineExpired
from shared.eventstore import Cause
from shared.reactions import Message, Subscription, cause_of, source

Expire = Callable[[str, str, Cause], Awaitable[object]]
"""Given the subject and the deadline's id."""


class Expiries:
    """Group `identity.deadlines`. `by_kind`: who handles deadlines of a kind; an unknown kind parks."""

    def __init__(self, by_kind: Mapping[str, Expire]) -> None:
        self._by_kind = by_kind

    def subscription(self) -> Subscription:
        handlers = {DeadlineExpired: self.expired}
        return Subscription("identity.deadlines", (source(IDENTITY_DEADLINES),), handlers, ordering="idempotent")

    async def expired(self, message: Message[DeadlineExpired]) -> None:
        expiry = message.data
        cause = cause_of(message, f"deadline:{expiry.deadline_id}")
        await self._by_kind[expiry.kind](expiry.subject, expiry.deadline_id, cause)
