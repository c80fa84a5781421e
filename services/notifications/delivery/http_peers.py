"""The peers over HTTP: identity and ipr with a service's token, the marketplaces through their contact port."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from services.notifications.delivery.peers import Complainant, EmailCode, NotKnown, Reader, RightOnFile
from services.notifications.notices.model import Language
from shared.peers import PeerAway, Peers
from shared.peers.asking import where

Model = TypeVar("Model", bound=BaseModel)


class _Answer(BaseModel):
    """What we read of an answer; what else is in it is not ours."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Contact(_Answer):
    name: str = ""
    email: str
    language: Language = "en"


class _Disclosed(_Answer):
    name: str = ""
    email: str = ""
    phone: str | None = None
    mobile: str | None = None
    postal_address: str | None = None


class _Code(_Answer):
    email: str
    code: str
    language: Language = "en"
    email_verified: bool = False


class _Certificate(_Answer):
    name: str


class _Right(_Answer):
    name: str
    registration_number: str = ""
    place: str
    certificates: tuple[_Certificate, ...] = ()


@dataclass(frozen=True)
class PeerAddresses:
    """Where the peers are reached."""

    identity: str
    ipr: str
    marketplaces: str


class HttpPeers:
    """See `delivery.peers.Peers`. Nothing that comes back is kept."""

    def __init__(self, addresses: PeerAddresses, asked: Peers) -> None:
        self._addresses = addresses
        self._asked = asked

    async def merchant(self, platform: str, merchant_id: str) -> Reader:
        path = f"/v1/{quote(platform, safe='')}/merchants/{quote(merchant_id, safe='')}/contact"
        contact = await self._get(self._addresses.marketplaces + path, {}, _Contact, "recipient-unknown", own=False)
        return Reader(contact.name, contact.email, contact.language)

    async def owner(self, account_id: str, which: Literal["contact", "login"], purpose: str, *, about: str) -> Reader:
        party = {"contact": "owner", "login": "login"}[which]
        contact = await self._contact(account_id, party, {"purpose": purpose, "about": about}, _Contact)
        return Reader(contact.name, contact.email, contact.language)

    async def complainant(self, account_id: str, purpose: str, *, about: str, to: str) -> Complainant:
        use = {"purpose": purpose, "about": about, "for": to}
        found = await self._contact(account_id, "disclosed", use, _Disclosed)
        return Complainant(found.name, found.email, found.phone or "", found.mobile or "", found.postal_address or "")

    async def email_code(self, account_id: str) -> EmailCode:
        url = f"{self._addresses.identity}/v1/internal/accounts/{quote(account_id, safe='')}/email-code"
        found = await self._get(url, {}, _Code, "no-code-open")
        if found.email_verified:
            raise NotKnown("no-code-open")
        return EmailCode(Reader("", found.email, found.language), found.code)

    async def right(self, right_id: str, *, about: str, to: str) -> RightOnFile:
        url = f"{self._addresses.ipr}/v1/internal/rights/{quote(right_id, safe='')}/certificates"
        found = await self._get(url, {"about": about, "for": to}, _Right, "right-unknown")
        names = tuple(each.name for each in found.certificates)
        return RightOnFile(found.name, found.registration_number, found.place, names)

    async def _contact(self, account_id: str, party: str, use: Mapping[str, str], model: type[Model]) -> Model:
        url = f"{self._addresses.identity}/v1/internal/accounts/{quote(account_id, safe='')}/contact"
        return await self._get(url, {"party": party, **use}, model, "recipient-unknown")

    async def _get(
        self, url: str, query: Mapping[str, str], model: type[Model], missing: str, *, own: bool = True
    ) -> Model:
        """`own`: one of our services, which wants our token. `missing`: the code of a 404, 409 or 410."""
        status, body = await self._asked.get(url, query, own=own)
        if status in (404, 409, 410):
            raise NotKnown(missing)
        if status != 200:
            raise PeerAway(f"{where(url)} answered {status}")
        try:
            return model.model_validate(body)
        except ValidationError as problem:
            # Nothing of the answer may get into a log: it is personal.
            raise PeerAway(f"{where(url)}: {problem.error_count()} fields of the answer do not fit") from None
