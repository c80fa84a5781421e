"""The latest status of each account × principal, for whoever asks over HTTP; fed by `scoring.goodfaith.v1`."""

from shared.contracts.scoring import goodfaith
from shared.contracts.scoring.goodfaith import GoodFaithStatus
from shared.mongo import Database, IndexSpec
from shared.reactions import Message, Subscription, source
from shared.reactions.replica import Replica

GROUP = "scoring.status-records"


class StatusRecords:
    """One document a key of the topic; the highest sequence stays."""

    def __init__(self, database: Database) -> None:
        self._replica = Replica(database, "goodfaith", (IndexSpec("account", (("account_id", 1),)),))

    async def prepare(self) -> None:
        await self._replica.prepare()

    def subscription(self) -> Subscription:
        handlers = {GoodFaithStatus: self.remember}
        return Subscription(GROUP, (source(goodfaith.TOPIC),), handlers, ordering="idempotent")

    async def remember(self, message: Message[GoodFaithStatus]) -> None:
        await self._replica.put(message.key, message.envelope.sequence, message.data.model_dump(mode="json"))

    async def of_account(self, account_id: str) -> list[GoodFaithStatus]:
        """The account's own status first, then its principals'; empty before its first request."""
        found = await self._replica.find({"account_id": account_id})
        statuses = [GoodFaithStatus.model_validate(document) for document in found]
        return sorted(statuses, key=lambda status: status.principal_id or "")
