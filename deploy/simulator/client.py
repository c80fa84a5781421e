"""HTTP as a patient caller does it: the same key for the same request, again and again while a service is away."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

_PATIENCE = 90.0
_AWAY = (502, 503, 504)
_PAUSE = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


@dataclass(frozen=True)
class Part:
    """A file of a multipart form."""

    name: str
    content: bytes
    filename: str
    content_type: str = "image/png"


class Refused(Exception):
    """The platform said no. `code` is the problem's stable code."""

    def __init__(self, status: int, code: str, detail: str, where: str) -> None:
        super().__init__(f"{where}: {status} {code} {detail}".strip())
        self.status = status
        self.code = code


class Away(Exception):
    """Nobody there, or not now."""


@dataclass
class Client:
    """One pool of connections to all services, with at most `at_once` requests under way; `patience`: seconds until
    a service that is away is a refusal."""

    addresses: Mapping[str, str]
    at_once: int = 24
    patience: float = _PATIENCE
    requests: int = 0
    retries: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    _session: aiohttp.ClientSession | None = None
    _turn: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._turn = asyncio.Semaphore(self.at_once)

    async def __aenter__(self) -> "Client":
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=self.at_once * 2, keepalive_timeout=15)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is not open")
        return self._session

    async def get(self, service: str, path: str, token: str = "") -> Any:
        return await self.call("GET", service, path, token=token)

    async def post(self, service: str, path: str, body: Any, *, key: str = "", token: str = "") -> Any:
        return await self.call("POST", service, path, body=body, key=key, token=token)

    async def call(
        self,
        method: str,
        service: str,
        path: str,
        *,
        body: Any = None,
        parts: tuple[Part, ...] = (),
        body_part: str = "",
        key: str = "",
        token: str = "",
    ) -> Any:
        """The answer's JSON. A form, which has `parts`, sends `body` in the part named by `body_part`: a text as it is,
        all else as JSON. Raises Refused."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return await self.attempt(
                    method, service, path, body=body, parts=parts, body_part=body_part, key=key, token=token
                )
            except Away as away:
                if time.monotonic() > deadline:
                    raise Refused(503, "away", str(away), f"{method} {path}") from away
                self.retries += 1
                await asyncio.sleep(_PAUSE)

    async def attempt(
        self,
        method: str,
        service: str,
        path: str,
        *,
        body: Any = None,
        parts: tuple[Part, ...] = (),
        body_part: str = "",
        key: str = "",
        token: str = "",
    ) -> Any:
        """As `call`, but once. Raises Away where no answer came or the service is not there now."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        # A form can be sent once only, so that each attempt makes its own.
        sent = {"data": _form(body_part, body, parts)} if parts else {} if body is None else {"json": body}
        async with self._turn:
            return await self._once(method, f"{self.addresses[service]}{path}", headers, sent)

    async def _once(self, method: str, url: str, headers: Mapping[str, str], sent: Mapping[str, Any]) -> Any:
        self.requests += 1
        try:
            async with self.session.request(method, url, headers=headers, **sent) as response:
                self.statuses[response.status] += 1
                answer = await response.json(content_type=None) if response.content_type.endswith("json") else None
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as problem:
            raise Away(f"{type(problem).__name__}: {problem}") from problem
        if response.status in _AWAY:
            raise Away(f"status {response.status}: {answer}")
        if response.status >= 400:
            said = answer or {}
            detail = f"{said.get('detail', '')} {said.get('problems', '')}".strip()
            raise Refused(response.status, str(said.get("code", "")), detail, f"{method} {url}")
        return answer


def _form(name: str, body: Any, parts: tuple[Part, ...]) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    if isinstance(body, str):
        form.add_field(name, body)
    elif body is not None:
        form.add_field(name, orjson.dumps(body).decode(), content_type="application/json")
    for part in parts:
        form.add_field(part.name, part.content, filename=part.filename, content_type=part.content_type)
    return form
