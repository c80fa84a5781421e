"""Reading all rights of an account: first the files, so that it is known which are still there, then what is said."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.ipr.places import BRAND, DOCUMENT, REGISTRANT
from services.ipr.rights.model import Details, Document, Event, Right, RightDrafted, RightSubmitted
from services.ipr.rights.store import RIGHTS
from shared.disclosures import DisclosureLog
from shared.eventstore import RecordedEvent, Repository
from shared.eventstore.documents import Codec
from shared.exports import Cell, Entry, Original, Record, disclosure_records
from shared.kernel.failures import Gone
from shared.mongo import Database
from shared.vault import SubjectVault

REMOVED = "removed"
_CODEC = Codec(RIGHTS)
_PAGE = 50
_LEFT_OUT = {"at", "by", "account_id", "details", "documents"}
_SUMMARY = ("right_id", "name", "registration_number", "place", "registrant", "brand", "status", "expires_on")

_STATE = (
    "round",
    "submitted_at",
    "decided_at",
    "reasons",
    "withdrawn_because",
    "overdue",
    "expired",
    "authentication",
    "expiry",
)


@dataclass(frozen=True)
class _Held:
    """A right with its history."""

    right: Right
    history: Sequence[RecordedEvent[Event]]

    @property
    def documents(self) -> dict[str, Document]:
        """By reference, each once, also those of earlier rounds that were replaced."""
        sent = [e.event.documents for e in self.history if isinstance(e.event, RightDrafted | RightSubmitted)]
        return {document.ref: document for each in (*sent, self.right.documents) for document in each}

    @property
    def details(self) -> list[Details]:
        sent = [e.event.details for e in self.history if isinstance(e.event, RightDrafted | RightSubmitted)]
        return [*sent, self.right.details]

    def path(self, ref: str) -> str:
        """Where in the archive a document is, by our own words only."""
        number = list(self.documents).index(ref) + 1
        document = self.documents[ref]
        return f"{self.right.id}/{number}-{document.kind}.{document.name.rpartition('.')[2]}"


class ExportQueries:
    def __init__(
        self, database: Database, rights: Repository[Right, Event], vault: SubjectVault, disclosures: DisclosureLog
    ) -> None:
        self._rights = database.collection(RIGHTS.collection)
        self._repository = rights
        self._vault = vault
        self._disclosures = disclosures

    async def entries(self, account_id: str) -> AsyncIterator[Entry]:
        gone: set[str] = set()
        async for held in self._held(account_id):
            for ref in held.documents:  # one by one: they are large
                content = await self._content(account_id, ref)
                if content is None:
                    gone.add(ref)
                else:
                    yield Original(held.path(ref), content)
        async for held in self._held(account_id):
            record = await self._told(account_id, held, gone)
            yield Record("rights", {name: record[name] for name in _SUMMARY}, record)
        async for entry in disclosure_records(self._disclosures, account_id):
            yield entry

    async def _held(self, account_id: str) -> AsyncIterator[_Held]:
        where = {"ix.account": account_id}
        async for page in self._rights.pages(where, _PAGE, sort=[("_id", 1)]):
            rights = [_CODEC.load_state(document["state"]) for document in page]
            histories = await asyncio.gather(*(self._repository.history(right.id) for right in rights))
            for right, history in zip(rights, histories, strict=True):
                yield _Held(right, history)

    async def _told(self, account_id: str, held: _Held, gone: set[str]) -> dict[str, Any]:
        sealed = [(each.registrant_ref, REGISTRANT) for each in held.details]
        sealed += [(each.brand_ref, BRAND) for each in held.details if each.brand_ref]
        opened = await asyncio.gather(*(self._text(account_id, ref, place) for ref, place in sealed))
        texts = {ref: text for (ref, _), text in zip(sealed, opened, strict=True)}
        right = held.right
        state = _CODEC.dump_state(right)
        return {
            "right_id": right.id,
            "principal_id": right.principal_id,
            "status": right.status,
            **_details(state["details"], texts),
            "documents": _documents(state["documents"], held, gone),
            **{name: state[name] for name in _STATE},
            "history": [_step(entry, held, texts, gone) for entry in held.history],
        }

    async def _text(self, account_id: str, ref: str, place: str) -> str:
        try:
            return (await self._vault.open(account_id, ref, place)).decode()
        except Gone:
            return REMOVED

    async def _content(self, account_id: str, ref: str) -> bytes | None:
        try:
            return await self._vault.open(account_id, ref, DOCUMENT)
        except Gone:
            return None


def _details(details: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    told = {name: value for name, value in details.items() if not name.endswith("_ref")}
    brand = details["brand_ref"]
    return {**told, "registrant": texts[details["registrant_ref"]], "brand": texts[brand] if brand else None}


def _documents(documents: Sequence[Mapping[str, Any]], held: _Held, gone: set[str]) -> list[dict[str, Cell]]:
    return [
        {
            **{name: value for name, value in document.items() if name != "ref"},
            "file": REMOVED if document["ref"] in gone else f"files/ipr/{held.path(document['ref'])}",
        }
        for document in documents
    ]


def _step(entry: RecordedEvent[Event], held: _Held, texts: Mapping[str, str], gone: set[str]) -> dict[str, Any]:
    step, data = _CODEC.dump_event(entry.event)
    told = {name: value for name, value in data.items() if name not in _LEFT_OUT}
    if "details" in data:
        told |= _details(data["details"], texts)
        told["documents"] = _documents(data["documents"], held, gone)
    by = "owner" if entry.cause.actor == held.right.account_id else "platform"
    return {"number": entry.number, "step": step, "at": entry.at.isoformat(), "by": by, "details": told}
