"""What the other services make known, turned into notices: five groups, so that none waits for another."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from services.notifications.notices import plans
from services.notifications.notices.commands import Planning
from services.notifications.notices.model import PlanNotice
from shared.contracts.complaints import cases
from shared.contracts.envelope import EventData
from shared.contracts.identity import accounts, erasures, incidents, privacy_requests
from shared.contracts.ipr import rights
from shared.contracts.scoring import goodfaith
from shared.reactions import Message, Subscription, cause_of, source


class NoticeReactions:
    """One handler a topic; which events matter is said by the rows of `plans`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def subscriptions(self) -> tuple[Subscription, ...]:
        return (
            Subscription(
                "notifications.cases",
                (source(cases.TOPIC),),
                {row.event: self.on_case for row in plans.CASES},
            ),
            Subscription(
                "notifications.accounts",
                (source(accounts.TOPIC),),
                {row.event: self.on_account for row in plans.ACCOUNTS},
            ),
            Subscription(
                "notifications.incidents",
                (source(incidents.TOPIC),),
                {row.event: self.on_incident for row in plans.INCIDENTS},
            ),
            Subscription(
                "notifications.privacy-requests",
                (source(privacy_requests.TOPIC),),
                {row.event: self.on_privacy_request for row in plans.PRIVACY_REQUESTS},
            ),
            Subscription(
                "notifications.rights",
                (source(rights.TOPIC),),
                {row.event: self.on_right for row in plans.RIGHTS},
            ),
            Subscription(
                "notifications.erasure-notices",
                (source(erasures.TOPIC),),
                {row.event: self.on_erasure for row in plans.ERASURES},
            ),
            # A compacted topic leaves out older statuses: its counts have gaps, and repeats are told by the notice.
            Subscription(
                "notifications.goodfaith",
                (source(goodfaith.TOPIC),),
                {goodfaith.GoodFaithStatus: self.on_good_faith},
                ordering="idempotent",
            ),
        )

    async def on_case(self, message: Message[cases.CaseEvent]) -> None:
        await self._plan(message, plans.of_case(message.data, message.envelope.id))

    async def on_account(self, message: Message[accounts.AccountEvent]) -> None:
        await self._plan(message, plans.of_account(message.data, message.envelope.id))

    async def on_incident(self, message: Message[incidents.AccountAffected]) -> None:
        await self._plan(message, plans.of_incident(message.data, message.envelope.id))

    async def on_privacy_request(self, message: Message[privacy_requests.PrivacyRequestEvent]) -> None:
        await self._plan(message, plans.of_privacy_request(message.data, message.envelope.id))

    async def on_right(self, message: Message[rights.RightEvent]) -> None:
        await self._plan(message, plans.of_right(message.data, message.envelope.id))

    async def on_erasure(self, message: Message[erasures.ErasureEvent]) -> None:
        await self._plan(message, plans.of_erasure(message.data, message.envelope.id))

    async def on_good_faith(self, message: Message[goodfaith.GoodFaithStatus]) -> None:
        await self._plan(message, plans.of_good_faith(message.data))

    async def _plan(self, message: Message[EventData], commands: Iterable[PlanNotice]) -> None:
        envelope = message.envelope
        correlation_id = envelope.correlationid or envelope.id
        cause = cause_of(message, "notifications")
        await asyncio.gather(
            *(self._planning.plan(replace(each, correlation_id=correlation_id), cause) for each in commands)
        )
