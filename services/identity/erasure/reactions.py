"""What moves an erasure: the account's own part in it, the recipients' answers, the last notice, a hold released."""

from typing import Any

from services.identity.erasure.commands import ErasureCommands
from services.identity.erasure.model import LookAgain, RecordErased, RecordObstacles
from shared.contracts import erasures as answers
from shared.contracts.identity import accounts, erasures
from shared.contracts.notifications import deliveries
from shared.kernel.decider import Refusal
from shared.reactions import Handler, Message, Subscription, cause_of, source

FAREWELL = "erasure-confirmed"
"""The template of the last notice."""


class OwnPart:
    """Group `identity.erasures`: the account files nothing more while it leaves."""

    def __init__(self, commands: ErasureCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers: dict[Any, Handler] = {erasures.ErasureRequested: self.leaves, erasures.ErasureWithdrawn: self.stays}
        return Subscription("identity.erasures", (source(erasures.TOPIC),), handlers)

    async def leaves(self, message: Message[erasures.ErasureRequested]) -> None:
        await self._commands.depart(message.data.account_id, "leaves", cause_of(message, "erasure"))

    async def stays(self, message: Message[erasures.ErasureWithdrawn]) -> None:
        await self._commands.depart(message.data.account_id, "stays", cause_of(message, "erasure"))


class Answers:
    """Group `identity.erasure-answers`: what the holders of data say."""

    def __init__(self, commands: ErasureCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers: dict[Any, Handler] = {
            answers.ErasureObstructed: self.obstructed,
            answers.ErasureCleared: self.cleared,
            answers.PersonalDataErased: self.erased,
        }
        sources = tuple(map(source, answers.ANSWERS.values()))
        # Each recipient counts its own: the same account has a sequence on each of the topics.
        return Subscription("identity.erasure-answers", sources, handlers, ordering="idempotent")

    async def obstructed(self, message: Message[answers.ErasureObstructed]) -> None:
        await self._record(message, message.data.reasons)

    async def cleared(self, message: Message[answers.ErasureCleared]) -> None:
        await self._record(message, ())

    async def _record(self, message: Message[answers.ErasureAnswer], reasons: tuple[str, ...]) -> None:
        answer = message.data
        command = RecordObstacles(recipient=answer.recipient, request=answer.request, reasons=reasons)
        await self._commands.execute(answer.account_id, command, cause_of(message, answer.recipient))

    async def erased(self, message: Message[answers.PersonalDataErased]) -> None:
        answer = message.data
        command = RecordErased(recipient=answer.recipient, request=answer.request, counts=answer.counts)
        await self._commands.execute(answer.account_id, command, cause_of(message, answer.recipient))


class Farewell:
    """Group `identity.farewells`: the person was told that all is erased, or cannot be told; identity's part goes."""

    def __init__(self, commands: ErasureCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers: dict[Any, Handler] = {deliveries.NoticeServed: self.settled, deliveries.NoticeFailed: self.settled}
        return Subscription("identity.farewells", (source(deliveries.TOPIC),), handlers, ordering="idempotent")

    async def settled(self, message: Message[deliveries.NoticeEvent]) -> None:
        notice = message.data
        if notice.template != FAREWELL or notice.about_kind != "account":
            return
        erasure = await self._commands.of(notice.about)
        if erasure is None or erasure.status != "confirmed":
            return
        told = isinstance(notice, deliveries.NoticeServed)
        await self._commands.complete(notice.about, erasure.request, told, cause_of(message, "notifications"))


class HoldsReleased:
    """Group `identity.erasure-holds`: an erasure that waited for a legal hold goes on when it is released."""

    def __init__(self, commands: ErasureCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers = dict.fromkeys(accounts.TOPIC.events, self.changed)
        return Subscription("identity.erasure-holds", (source(accounts.TOPIC),), handlers, ordering="idempotent")

    async def changed(self, message: Message[accounts.AccountEvent]) -> None:
        account = message.data
        if not account.leaving:
            return
        try:
            await self._commands.execute(account.account_id, LookAgain(), cause_of(message, "erasure"))
        except Refusal as refusal:
            if refusal.code != "no-erasure":
                raise
