"""What moves accounts and requests: an answer takes effect on the account; a notice that was served ends what it
announced."""

from services.identity.privacy_requests.commands import RequestCommands
from services.identity.privacy_requests.effects import Granted
from services.identity.privacy_requests.model import LiftRestriction, WithdrawRequest
from services.identity.privacy_requests.store import REQUESTS
from shared.contracts.envelope import EventData
from shared.contracts.identity import accounts
from shared.contracts.identity import privacy_requests as contract
from shared.contracts.notifications import deliveries
from shared.reactions import Handler, Message, Subscription, cause_of, each, source

LIFTING_NOTICE = "restriction-lifting"
"""The template by which a person is told that the restriction is about to end."""


class Effects:
    """Group `identity.privacy-effects`: what was granted holds for the account, until it ends. Who was erased asks for
    nothing any more."""

    def __init__(self, commands: RequestCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers: dict[type[EventData], Handler] = {
            contract.PrivacyRequestGranted: self.granted,
            contract.PrivacyRequestEnded: self.ended,
            accounts.AccountErased: self.erased,
        }
        sources = (source(contract.TOPIC), source(accounts.TOPIC))
        return Subscription("identity.privacy-effects", sources, handlers)

    async def granted(self, message: Message[contract.PrivacyRequestGranted]) -> None:
        told = message.data
        granted = Granted(
            request_id=told.request_id,
            kind=told.kind,
            about=told.about,  # type: ignore[arg-type]  # an open text on the topic, for later kinds
            category=told.category,
            registrant=told.registrant,
        )
        await self._commands.grant_to(told.account_id, granted, cause_of(message, f"request:{told.request_id}"))

    async def ended(self, message: Message[contract.PrivacyRequestEnded]) -> None:
        told = message.data
        await self._commands.end_for(told.account_id, told.request_id, cause_of(message, f"request:{told.request_id}"))

    async def erased(self, message: Message[accounts.AccountErased]) -> None:
        left = await self._commands.queries.of_account(message.data.account_id)
        cause = cause_of(message, "erasure")
        going_on = [request.id for request in left if request.open or request.in_force]
        await each(going_on, lambda request_id: self._commands.execute(request_id, WithdrawRequest(), cause))


class ServedNotices:
    """Group `identity.notices`: a restriction is lifted once its person was told (000 VII; ours: by a served notice).

    A notice is a subject of its own with one event; the request tells a repeated or stale one by itself.
    """

    def __init__(self, commands: RequestCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers = {deliveries.NoticeServed: self.served}
        return Subscription("identity.notices", (source(deliveries.TOPIC),), handlers, ordering="idempotent")

    async def served(self, message: Message[deliveries.NoticeServed]) -> None:
        notice = message.data
        # The id of an event names its aggregate: `privacy-request/<request>/<number>`.
        kind, _, rest = notice.cause_id.partition("/")
        if notice.template != LIFTING_NOTICE or kind != REQUESTS.kind:
            return
        await self._commands.execute(rest.partition("/")[0], LiftRestriction(), cause_of(message, "notifications"))
