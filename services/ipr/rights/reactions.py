"""What the deadline processor says: a right expired, or its authentication takes too long."""

from services.ipr.rights.commands import RightCommands
from services.ipr.rights.model import ExpireDeadline
from shared.contracts.deadlines import IPR_DEADLINES, DeadlineExpired
from shared.reactions import Message, Subscription, cause_of, source


class Expiries:
    """Group `ipr.deadlines`: repeats are told by the deadline's id."""

    def __init__(self, commands: RightCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers = {DeadlineExpired: self.expired}
        return Subscription("ipr.deadlines", (source(IPR_DEADLINES),), handlers, ordering="idempotent")

    async def expired(self, message: Message[DeadlineExpired]) -> None:
        expiry = message.data
        cause = cause_of(message, f"deadline:{expiry.deadline_id}")
        await self._commands.execute(expiry.subject, ExpireDeadline(deadline_id=expiry.deadline_id), cause)
