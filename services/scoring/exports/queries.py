"""Reading the standing of an account and of each of its principals."""

from collections.abc import AsyncIterator

from services.scoring.goodfaith.store import StatusRecords
from shared.disclosures import DisclosureLog
from shared.exports import Entry, Record, disclosure_records

_SUMMARY = ("day", "principal_id", "eligible", "requests", "decided", "upheld", "success_rate", "counter_success_rate")


class ExportQueries:
    def __init__(self, statuses: StatusRecords, disclosures: DisclosureLog) -> None:
        self._statuses = statuses
        self._disclosures = disclosures

    async def entries(self, account_id: str) -> AsyncIterator[Entry]:
        for status in await self._statuses.of_account(account_id):
            told = status.model_dump(mode="json")
            yield Record("good_faith", {name: told[name] for name in _SUMMARY}, told)
        async for entry in disclosure_records(self._disclosures, account_id):
            yield entry
