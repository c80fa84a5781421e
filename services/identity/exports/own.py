"""What identity itself holds of a person. Passwords, codes and keyed hashes are ours to check with, not told."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from services.identity import places
from services.identity.access.sessions import Sessions
from services.identity.accounts.model import Account, ContactChanged, Event, IdentitySubmitted
from services.identity.accounts.store import ACCOUNTS
from services.identity.accounts.views import account_view
from services.identity.erasure.queries import ErasureQueries
from services.identity.exports.log import ExportLog
from services.identity.privacy_requests.model import PrivacyRequest
from services.identity.privacy_requests.queries import RequestQueries
from shared.disclosures import DisclosureLog
from shared.eventstore import RecordedEvent, Repository
from shared.eventstore.documents import Codec
from shared.exports import Cell, Entry, Original, Record, disclosure_records
from shared.files import kind_of
from shared.kernel.failures import Gone
from shared.vault import SubjectVault

REMOVED = "removed"
_CODEC = Codec(ACCOUNTS)
_OURS = ("account_id", "at", "by")
History = Sequence[RecordedEvent[Event]]


@dataclass
class OwnHolding:
    accounts: Repository[Account, Event]
    vault: SubjectVault
    sessions: Sessions
    disclosures: DisclosureLog
    exports: ExportLog
    erasures: ErasureQueries
    requests: RequestQueries

    async def entries(self, account: Account) -> AsyncIterator[Entry]:
        history = await self.accounts.history(account.id)
        submitted = [entry.event for entry in history if isinstance(entry.event, IdentitySubmitted)]
        images: list[str | None] = []
        for number, event in enumerate(submitted, start=1):
            image = await self._image(account.id, event, number)
            images.append(f"files/identity/{image.path}" if isinstance(image, Original) else image)
            if isinstance(image, Original):
                yield image
        yield await self._account(account)
        for record in (
            *_agreements(account),
            *await self._contacts(account, history),
            *await self._identity(account, submitted, images),
            *_history(account, history),
            *_sessions(await self.sessions.of_actor(account.id)),
        ):
            yield record
        async for entry in disclosure_records(self.disclosures, account.id):
            yield entry
        for asked in await self.erasures.of_account(account.id):
            told = {name: value for name, value in asdict(asked).items() if name != "account_id"}
            yield Record("erasures", {"requested_at": asked.requested_at.isoformat(), "status": asked.status}, told)
        for request in await self.requests.of_account(account.id):
            yield await self._request(request)
        for each in await self.exports.of_account(account.id):
            yield Record("exports", each, each)

    async def _account(self, account: Account) -> Record:
        email = await self._text(account.id, account.email_ref, places.EMAIL)
        phone = await self._text(account.id, account.phone_ref, places.PHONE) if account.phone_ref else None
        told = account_view(account).model_dump(mode="json") | {"email": email, "phone": phone}
        summary = {name: value for name, value in told.items() if name not in ("verification", "deliberate_falsehood")}
        return Record("account", summary | {"verification": account.verification}, told)

    async def _contacts(self, account: Account, history: History) -> list[Record]:
        """Also those that were replaced, as long as they are kept."""
        current = {account.disclosed_contact_ref, account.platform_contact_ref}
        records = []
        for entry in history:
            if isinstance(entry.event, ContactChanged):
                party, ref = entry.event.party, entry.event.ref
                said = await self._object(account.id, ref, places.CONTACTS[party])
                head = {"set": party, "since": entry.at.isoformat(), "current": ref in current}
                records.append(Record("contacts", _flat(head | said), head | said))
        return records

    async def _identity(
        self, account: Account, submitted: Sequence[IdentitySubmitted], images: Sequence[str | None]
    ) -> list[Record]:
        """Every submission, with what the provider or the scanner said."""
        records = []
        for event, image in zip(submitted, images, strict=True):
            said = await self._object(account.id, event.details_ref, places.IDENTITY_DETAILS)
            told = {
                "submitted_at": event.at.isoformat(),
                "method": event.method,
                "document_kind": event.document_kind,
                "provider_reference": event.provider_reference,
                "document_scan": event.document_scan,
                "document": image,
                "details": said,
            }
            records.append(Record("identity", _flat(told | said), told))
        return records

    async def _request(self, request: PrivacyRequest) -> Record:
        """A request about their data: what they wrote, and what they were answered."""
        answer = None
        if request.statement_ref is not None:
            answer = await self._text(request.account_id, request.statement_ref, places.PRIVACY_ANSWER)
        told = {
            "kind": request.kind,
            "about": request.about,
            "filed_at": request.filed_at.isoformat(),
            "due": request.due.isoformat(),
            "status": request.status,
            "reason": request.reason,
            "text": await self._text(request.account_id, request.text_ref, places.PRIVACY_REQUEST),
            "answer": answer,
        }
        return Record("privacy_requests", told, told)

    async def _image(self, account_id: str, event: IdentitySubmitted, number: int) -> Original | str | None:
        if event.document_ref is None:
            return None
        try:
            content = await self.vault.open(account_id, event.document_ref, places.IDENTITY_DOCUMENT)
        except Gone:
            return REMOVED
        return Original(f"document-{number}.{kind_of(content) or 'bin'}", content)

    async def _object(self, account_id: str, ref: str, place: str) -> dict[str, Any]:
        text = await self._text(account_id, ref, place)
        said: dict[str, Any] = orjson.loads(text) if text != REMOVED else {REMOVED: True}
        return said

    async def _text(self, account_id: str, ref: str, place: str) -> str:
        try:
            return (await self.vault.open(account_id, ref, place)).decode()
        except Gone:
            return REMOVED


def _agreements(account: Account) -> list[Record]:
    told = [
        {
            "document": each.document,
            "version": each.version,
            "language": each.language,
            "sha256": each.sha256,
            "accepted_at": account.registered_at.isoformat(),
        }
        for each in account.accepted
    ]
    return [Record("agreements", each, each) for each in told]


def _history(account: Account, history: History) -> list[Record]:
    """Registration, verification, standing and all that follows: codes only; what is sealed is told elsewhere."""
    records = []
    for entry in history:
        step, data = _CODEC.dump_event(entry.event)
        details = {name: value for name, value in data.items() if name not in _OURS and not _is_reference(name)}
        by = "owner" if entry.cause.actor in (account.id, "anonymous") else "platform"
        shown: dict[str, Cell] = {"at": entry.at.isoformat(), "step": step, "by": by}
        records.append(Record("history", shown, {"number": entry.number, **shown, "details": details}))
    return records


def _is_reference(name: str) -> bool:
    return name == "ref" or name.endswith(("_ref", "_index"))


def _sessions(sessions: Sequence[Mapping[str, Any]]) -> list[Record]:
    return [Record("sessions", each, each) for each in sessions]


def _flat(told: Mapping[str, Any]) -> dict[str, Cell]:
    """What a table can show."""
    return {name: value for name, value in told.items() if isinstance(value, Cell)}
