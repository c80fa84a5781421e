"""Reading all of an account, page by page, with many texts opened in one go."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

from services.complaints.bulk.commands import BulkCommands
from services.complaints.bulk.model import BulkImport
from services.complaints.bulk.store import BULK, Outcomes
from services.complaints.cases.store import CASES
from services.complaints.evidence.store import EVIDENCE
from services.complaints.exports import told
from services.complaints.exports.told import Sealed, Stored
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.places import of_file
from shared.disclosures import DisclosureLog
from shared.eventstore.documents import Codec
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.exports import Entry, Original, Record, disclosure_records
from shared.kernel.failures import Gone
from shared.mongo import Database
from shared.vault import SubjectVault

_BULK = Codec(BULK)
_PAGE = 200
_LATEST_FIRST = (("ix.filed_at", -1), ("_id", -1))


class ExportQueries:
    def __init__(
        self, database: Database, vault: SubjectVault, bulk: BulkCommands, outcomes: Outcomes, log: DisclosureLog
    ) -> None:
        self._submissions = database.collection(SUBMISSIONS.collection)
        self._cases = database.collection(CASES.collection)
        self._histories = MongoAggregateStore(database, CASES.collection)
        self._vault = vault
        self._evidence = database.collection(EVIDENCE.collection)
        self._bulk_imports = database.collection(BULK.collection)
        self._bulk = bulk
        self._outcomes = outcomes
        self._disclosures = log

    async def entries(self, account_id: str) -> AsyncIterator[Entry]:
        gone: set[str] = set()
        async for original in self._files(account_id, gone):
            yield original
        for part in (
            self._of_files(account_id, gone),
            self._of_submissions(account_id),
            self._of_cases(account_id),
            self._of_bulk_imports(account_id),
            self._bulk_outcomes(account_id),
            self._waiting_rows(account_id),
        ):
            async for record in part:
                yield record
        async for entry in disclosure_records(self._disclosures, account_id):
            yield entry

    async def _files(self, account_id: str, gone: set[str]) -> AsyncIterator[Original]:
        """Evidence as uploaded; into `gone` the ids of files that are not there any more."""
        async for page in self._evidence.pages({"ix.party": account_id}, _PAGE, sort=[("_id", 1)]):
            for state in (document["state"] for document in page):
                try:
                    place = of_file(state["platform"], state["id"])
                    content = await self._vault.open(account_id, state["ref"], place) if state["ref"] else None
                except Gone:
                    content = None
                if content is None:
                    gone.add(state["id"])
                else:
                    yield Original(told.path_of_file(state), content)

    async def _of_files(self, account_id: str, gone: set[str]) -> AsyncIterator[Record]:
        async for page in self._evidence.pages({"ix.party": account_id}, _PAGE, sort=[("_id", 1)]):
            for document in page:
                said = told.file(document["state"], is_there=document["_id"] not in gone)
                yield Record("evidence", told.summary_of_file(said), said)

    async def _imports(self, account_id: str) -> AsyncIterator[BulkImport]:
        async for page in self._bulk_imports.pages({"ix.account": account_id}, _PAGE, sort=[("_id", 1)]):
            for document in page:
                yield _BULK.load_state(document["state"])

    async def _of_bulk_imports(self, account_id: str) -> AsyncIterator[Record]:
        async for found in self._imports(account_id):
            said = told.bulk_import(found)
            yield Record("bulk_imports", told.summary_of_bulk(said), said)

    async def _bulk_outcomes(self, account_id: str) -> AsyncIterator[Record]:
        async for found in self._imports(account_id):
            async for batch in self._outcomes.each(found.id):
                for row in batch:
                    yield Record("bulk_outcomes", {}, {"import_id": found.id, **asdict(row)})

    async def _waiting_rows(self, account_id: str) -> AsyncIterator[Record]:
        """Rows that are not filed yet; what was filed is in its submission."""
        async for found in self._imports(account_id):
            for number in range(len(found.batches)) if found.status == "under_way" else ():
                try:
                    rows = await self._bulk.rows_of(found, number)
                except Gone:
                    continue
                for row in rows:
                    yield Record("bulk_rows", {}, {"import_id": found.id, **asdict(row)})

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
            return told.REMOVED
