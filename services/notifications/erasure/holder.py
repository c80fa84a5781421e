"""Nothing of a person is kept here but keyed hashes of addresses, as proof of service. Merchants were told of them."""

from collections.abc import Mapping

from services.notifications.notices.commands import Planning
from services.notifications.notices.model import PlanNotice
from services.notifications.notices.plans import MERCHANT, likely_language
from services.notifications.notices.store import NoticeIndex
from shared.eventstore import Cause

ERASURE_REQUEST = "erasure-request"
"""The template."""


class NoticesHolder:
    """See `shared.erasure.Holder`."""

    def __init__(self, index: NoticeIndex, planning: Planning) -> None:
        self._index = index
        self._planning = planning

    async def asked(self, account_id: str) -> None:
        """Notices about what is open go on: both sides need them."""

    async def obstacles(self, account_id: str) -> tuple[str, ...]:
        return ()

    async def erase(self, account_id: str, request: int, cause: Cause) -> Mapping[str, int]:
        """One letter for each merchant that was served a notice with the contact in it, whatever the number of cases.
        "We will notify the parties that receive your personal information" (000 V.3)."""
        told: set[tuple[str, str]] = set()
        async for served in self._index.served_with_contact(account_id):
            if (served.platform, served.merchant_id) in told:
                continue
            told.add((served.platform, served.merchant_id))
            command = PlanNotice(
                cause_id=f"erasure/{account_id}/{request}/{served.platform}/{served.merchant_id}",
                about=account_id,
                about_kind="account",
                account_id=account_id,
                party="merchant",
                recipient_id=served.merchant_id,
                template=ERASURE_REQUEST,
                addresses=MERCHANT,
                language=likely_language(served.platform),
                facts=(("case_id", served.case_id), ("platform", served.platform)),
                correlation_id=cause.correlation_id,
            )
            await self._planning.plan(command, cause)
        return {"merchants_told": len(told)}

    async def withdrawn(self, account_id: str) -> None:
        """Nothing was begun here."""
