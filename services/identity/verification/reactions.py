"""What others say that moves a verification: a first right was submitted."""

from services.identity.verification.commands import VerificationCommands
from services.identity.verification.model import ReceiveIprDocument
from shared.contracts.ipr import rights
from shared.reactions import Message, Subscription, cause_of, source


class FirstRights:
    """Group `identity.verification`: verification starts when identity and a right's document are in (001 Step 4)."""

    def __init__(self, commands: VerificationCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        return Subscription("identity.verification", (source(rights.TOPIC),), {rights.RightSubmitted: self.submitted})

    async def submitted(self, message: Message[rights.RightSubmitted]) -> None:
        right = message.data
        await self._commands.execute(right.account_id, ReceiveIprDocument(right.right_id), cause_of(message, "ipr"))
