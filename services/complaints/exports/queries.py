"""Reading all of an account, page by page, with many texts opened in one go."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from services.complaints.cases.store import CASES
from services.complaints.exports import told
from services.complaints.exports.told import Sealed, Stored
from services.complaints.intake.store import SUBMISSIONS
from shared.disclosures import DisclosureLog
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.exports import Entry, Record, disclosure_records
from shared.kernel.failures import Gone
from shared.mongo import Database
from shared.vault import SubjectVault

REMOVED = "removed"
_PAGE = 200
_LATEST_FIRST = (("ix.filed_at", -1), ("_id", -1))


class ExportQueries:
    def __init__(self, database: Database, vault: SubjectVault, disclosures: DisclosureLog) -> None:
        self._submissions = database.collection(SUBMISSIONS.collection)
        self._cases = database.collection(CASES.collection)
        self._histories = MongoAggregateStore(database, CASES.collection)
        self._vault = vault
        self._disclosures = disclosures

    async def entries(self, account_id: str) -> AsyncIterator[Entry]:
        async for entry in self._of_submissions(account_id):
            yield entry
        async for entry in self._of_cases(account_id):
            yield entry
        async for entry in disclosure_records(self._disclosures, account_id):
            yield entry

    async def _of_submissions(self, account_id: str) -> AsyncIterator[Record]:
        where = {"ix.account": account_id}
        async for page in self._submissions.pages(where, _PAGE, sort=_LATEST_FIRST):
            states = [document["state"] for document in page]
            texts = await self._opened(account_id, [each for s in states for each in told.texts_of_submission(s)])
            for state in states:
                said = told.submission(state, texts)
                yield Record("submissions", told.summary_of_submission(said), said)

    async def _of_cases(self, account_id: str) -> AsyncIterator[Record]:
        where = {"ix.account": account_id}
        async for page in self._cases.pages(where, _PAGE, sort=_LATEST_FIRST):
            cases = [(document["state"], await self._whole(document)) for document in page]
            texts = await self._opened(account_id, [each for c in cases for each in told.texts_of_case(*c)])
            for state, history in cases:
                said = told.case(state, history, texts)
                yield Record("cases", told.summary_of_case(said), said)

    async def _whole(self, document: Stored) -> Sequence[Stored]:
        """A long history has its older part in segments."""
        history: Sequence[Stored] = document["history"]
        return history if history and history[0]["n"] == 1 else await self._histories.history(document["_id"])

    async def _opened(self, account_id: str, texts: Sequence[Sealed]) -> dict[str, str]:
        opened = await asyncio.gather(*(self._text(account_id, each) for each in texts))
        return {each.ref: text for each, text in zip(texts, opened, strict=True)}

    async def _text(self, account_id: str, sealed: Sealed) -> str:
        try:
            return (await self._vault.open(account_id, sealed.ref, sealed.place)).decode()
        except Gone:
            return REMOVED
