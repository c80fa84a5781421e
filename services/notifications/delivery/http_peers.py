"""The peers over HTTP: identity and ipr with a service's token, the marketplaces through their contact port."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from services.notifications.delivery.peers import Complainant, EmailCode, NotKnown, PeerAway, Reader, RightOnFile
from services.notifications.notices.model import Language
from shared.kernel.clock import wall_seconds
from shared.kernel.ids import random_id

TIMEOUT_S = 5.0
CONNECTIONS_PER_HOST = 16

# A token is asked for again so long before it ends.
TOKEN_MARGIN_S = 60.0

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


class _Token(_Answer):
    access_token: str
    expires_in: float


@dataclass(frozen=True)
class PeerAddresses:
    """Where the peers are reached, and the secret that this service shows to identity for its tokens."""

    identity: str
    ipr: str
    marketplaces: str
    client_id: str
    client_secret: str


class HttpPeers:
    """See `Peers`. One session; connections are kept. Nothing that comes back is kept."""

    def __init__(self, addresses: PeerAddresses) -> None:
        self._addresses = addresses
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self._token_until = 0.0
        self._asking = asyncio.Lock()

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit_per_host=CONNECTIONS_PER_HOST)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def merchant(self, platform: str, merchant_id: str) -> Reader:
        path = f"/v1/{quote(platform, safe='')}/merchants/{quote(merchant_id, safe='')}/contact"
        contact = await self._get(self._addresses.marketplaces + path, {}, _Contact, "recipient-unknown", own=False)
        return Reader(contact.name, contact.email, contact.language)

    async def owner(self, account_id: str, which: Literal["contact", "login"], purpose: str) -> Reader:
        party = {"contact": "owner", "login": "login"}[which]
        contact = await self._contact(account_id, party, purpose, _Contact)
        return Reader(contact.name, contact.email, contact.language)

    async def complainant(self, account_id: str, purpose: str) -> Complainant:
        found = await self._contact(account_id, "disclosed", purpose, _Disclosed)
        return Complainant(found.name, found.email, found.phone or "", found.mobile or "", found.postal_address or "")

    async def email_code(self, account_id: str) -> EmailCode:
        url = f"{self._addresses.identity}/v1/internal/accounts/{quote(account_id, safe='')}/email-code"
        found = await self._get(url, {}, _Code, "no-code-open")
        if found.email_verified:
            raise NotKnown("no-code-open")
        return EmailCode(Reader("", found.email, found.language), found.code)

    async def right(self, right_id: str) -> RightOnFile:
        url = f"{self._addresses.ipr}/v1/internal/rights/{quote(right_id, safe='')}/certificates"
        found = await self._get(url, {}, _Right, "right-unknown")
        names = tuple(each.name for each in found.certificates)
        return RightOnFile(found.name, found.registration_number, found.place, names)

    async def _contact(self, account_id: str, party: str, purpose: str, model: type[Model]) -> Model:
        url = f"{self._addresses.identity}/v1/internal/accounts/{quote(account_id, safe='')}/contact"
        return await self._get(url, {"party": party, "purpose": purpose}, model, "recipient-unknown")

    async def _get(
        self, url: str, query: Mapping[str, str], model: type[Model], missing: str, *, own: bool = True
    ) -> Model:
        """`own`: one of our services, which wants our token. `missing`: the code of a 404, 409 or 410."""
        status, body = await self._ask(url, query, own)
        if status == 401 and own:
            self._token_until = 0.0
            status, body = await self._ask(url, query, own)
        if status in (404, 409, 410):
            raise NotKnown(missing)
        if status != 200:
            raise PeerAway(f"{_where(url)} answered {status}")
        try:
            return model.model_validate(body)
        except ValidationError as problem:
            # Nothing of the answer may get into a log: it is personal.
            raise PeerAway(f"{_where(url)}: {problem.error_count()} fields of the answer do not fit") from None

    async def _ask(self, url: str, query: Mapping[str, str], own: bool) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {await self._bearer()}"} if own else {}
        try:
            async with self._open.get(url, params=query, headers=headers) as response:
                body = await response.json(content_type=None) if response.status == 200 else None
                return response.status, body
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            raise PeerAway(f"{_where(url)}: {type(problem).__name__}") from None

    async def _bearer(self) -> str:
        async with self._asking:
            if wall_seconds() >= self._token_until:
                token = await self._new_token()
                self._token = token.access_token
                self._token_until = wall_seconds() + token.expires_in - TOKEN_MARGIN_S
            return self._token

    async def _new_token(self) -> _Token:
        url = f"{self._addresses.identity}/v1/service-tokens"
        body = {"client_id": self._addresses.client_id, "client_secret": self._addresses.client_secret}
        try:
            async with self._open.post(url, json=body, headers={"Idempotency-Key": random_id("key")}) as response:
                if response.status not in (200, 201):
                    raise PeerAway(f"{_where(url)} answered {response.status}")
                return _Token.model_validate(await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            raise PeerAway(f"{_where(url)}: {type(problem).__name__}") from None

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the peers are asked inside `async with` only")
        return self._session


def _where(url: str) -> str:
    """The peer and the kind of question, without ids."""
    host, _, path = url.partition("//")[2].partition("/")
    return f"{host}/{path.split('/')[1] if '/' in path else path}"
