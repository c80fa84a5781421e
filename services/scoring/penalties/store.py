"""The latest points of each merchant, for whoever asks over HTTP; fed by `scoring.merchants.v1`."""

from shared.contracts.scoring import merchants
from shared.contracts.scoring.merchants import MerchantPoints
from shared.mongo import Database
from shared.reactions import Message, Subscription, source
from shared.reactions.replica import Replica

GROUP = "scoring.merchant-records"


class MerchantRecords:
    """One document a key of the topic; the highest sequence stays."""

    def __init__(self, database: Database) -> None:
        self._replica = Replica(database, "merchants")

    async def prepare(self) -> None:
        await self._replica.prepare()

    def subscription(self) -> Subscription:
        handlers = {MerchantPoints: self.remember}
        return Subscription(GROUP, (source(merchants.TOPIC),), handlers, ordering="idempotent")

    async def remember(self, message: Message[MerchantPoints]) -> None:
        await self._replica.put(message.key, message.envelope.sequence, message.data.model_dump(mode="json"))

    async def get(self, platform: str, merchant_id: str) -> MerchantPoints | None:
        found = await self._replica.get(f"{platform}:{merchant_id}")
        return MerchantPoints.model_validate(found) if found else None
