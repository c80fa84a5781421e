"""Telling those affected once an incident is notified, and learning what came of each notice."""

from services.identity.incidents.commands import IncidentCommands
from services.identity.incidents.model import RecordNotice
from shared.contracts.identity import incidents
from shared.contracts.notifications import deliveries
from shared.reactions import Message, Subscription, cause_of, source
from shared.reactions.subscription import Handler


class Tellings:
    """Group `identity.incidents`: a process that dies half-way through a long list goes on with it here."""

    def __init__(self, commands: IncidentCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers = {incidents.IncidentNotified: self.notified}
        return Subscription("identity.incidents", (source(incidents.TOPIC),), handlers, ordering="idempotent")

    async def notified(self, message: Message[incidents.IncidentNotified]) -> None:
        await self._commands.tell_all(message.data.incident_id, cause_of(message, "incident"))


class ServiceOfNotices:
    """Group `identity.incident-notices`: which notices of incidents were served, and which failed."""

    def __init__(self, commands: IncidentCommands) -> None:
        self._commands = commands

    def subscription(self) -> Subscription:
        handlers: dict[type[deliveries.NoticeEvent], Handler] = {
            deliveries.NoticeServed: self.served,
            deliveries.NoticeFailed: self.failed,
        }
        topics = (source(deliveries.TOPIC),)
        return Subscription("identity.incident-notices", topics, handlers, ordering="idempotent")

    async def served(self, message: Message[deliveries.NoticeServed]) -> None:
        await self._record(message, RecordNotice(message.data.notice_id, message.data.served_at))

    async def failed(self, message: Message[deliveries.NoticeFailed]) -> None:
        await self._record(message, RecordNotice(message.data.notice_id, None, message.data.cause))

    async def _record(self, message: Message[deliveries.NoticeEvent], command: RecordNotice) -> None:
        notice = message.data
        if notice.incident_id:
            cause = cause_of(message, "notifications")
            await self._commands.record(notice.incident_id, notice.recipient_id, command, cause)
