"""What a holder of data does when it hears of an erasure."""

from collections.abc import Mapping
from typing import Any, Protocol

from shared.contracts.identity import erasures as told
from shared.erasure.model import ErasureHere, Event, Look, RecordErased, Withdraw, decide
from shared.eventstore import Cause, Repository
from shared.reactions import Handler, Message, Subscription, cause_of, source


class Holder(Protocol):
    """One service's own part. Each may be called again for the same request."""

    async def asked(self, account_id: str) -> None:
        """From now on nothing new begins for the account here."""
        ...

    async def obstacles(self, account_id: str) -> tuple[str, ...]:
        """Codes of what stands in the way now; empty where nothing does."""
        ...

    async def erase(self, account_id: str, request: int, cause: Cause) -> Mapping[str, int]:
        """Erases all that is personal, for ever; what was there, by kind."""
        ...

    async def withdrawn(self, account_id: str) -> None:
        """The person stays: things may begin again."""
        ...


class ErasureRecipient:
    """Group `<recipient>.erasures`. An order that meets a new obstacle is answered with it, not with a confirmation."""

    def __init__(self, recipient: str, repository: Repository[ErasureHere, Event], holder: Holder) -> None:
        self._recipient = recipient
        self._repository = repository
        self._holder = holder

    def subscription(self) -> Subscription:
        handlers: dict[Any, Handler] = {
            told.ErasureRequested: self.requested,
            told.ErasureOrdered: self.ordered,
            told.ErasureWithdrawn: self.withdrawn,
        }
        return Subscription(f"{self._recipient}.erasures", (source(told.TOPIC),), handlers)

    async def requested(self, message: Message[told.ErasureRequested]) -> None:
        asked = message.data
        await self._holder.asked(asked.account_id)
        await self._look(asked.account_id, asked.request, cause_of(message, "identity"))

    async def ordered(self, message: Message[told.ErasureOrdered]) -> None:
        order, cause = message.data, cause_of(message, "identity")
        if self._recipient not in order.recipients:
            return
        reasons = await self._holder.obstacles(order.account_id)
        if reasons:
            await self._look(order.account_id, order.request, cause)
            return
        counts = await self._holder.erase(order.account_id, order.request, cause)
        erased = RecordErased(account_id=order.account_id, request=order.request, counts=counts)
        await self._repository.execute(order.account_id, lambda here: decide(here, erased), cause)

    async def withdrawn(self, message: Message[told.ErasureWithdrawn]) -> None:
        stays = message.data
        await self._holder.withdrawn(stays.account_id)
        command = Withdraw(account_id=stays.account_id, request=stays.request)
        cause = cause_of(message, "identity")
        await self._repository.execute(stays.account_id, lambda here: decide(here, command), cause)

    async def look_again(self, account_id: str, cause: Cause) -> None:
        """Something that stood in the way may be over; says nothing where nobody waits for it."""
        loaded = await self._repository.load(account_id)
        if loaded is not None and loaded.state.waits:
            await self._look(account_id, loaded.state.request, cause)

    async def _look(self, account_id: str, request: int, cause: Cause) -> None:
        reasons = await self._holder.obstacles(account_id)
        command = Look(account_id=account_id, request=request, reasons=reasons)
        await self._repository.execute(account_id, lambda here: decide(here, command), cause)
