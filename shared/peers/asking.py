"""One session to the peers; connections are kept. Nothing that comes back is kept, or gets into a log."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp

from shared.peers.tokens import Bearer, PeerAway

TIMEOUT_S = 5.0
CONNECTIONS_PER_HOST = 16


class Peers:
    """Asked inside `async with` only. `timeout_s`: of a whole answer that is read at once."""

    def __init__(self, bearer: Bearer, *, timeout_s: float = TIMEOUT_S) -> None:
        self._bearer = bearer
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit_per_host=CONNECTIONS_PER_HOST)
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, query: Mapping[str, str] | None = None, *, own: bool = True) -> tuple[int, Any]:
        """Status, and the JSON of a 200. own: one of our services, which wants our token. Raises PeerAway."""
        try:
            async with self.response(url, query, own=own) as response:
                return response.status, await response.json(content_type=None) if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            raise PeerAway(f"{where(url)}: {type(problem).__name__}") from None

    @asynccontextmanager
    async def response(
        self,
        url: str,
        query: Mapping[str, str] | None = None,
        *,
        own: bool = True,
        timeout_s: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer, to be read piece by piece inside the block; what aiohttp raises while reading is the caller's.
        Raises PeerAway where there is no answer. `timeout_s`: of the whole, where it is not the usual."""
        more: dict[str, Any] = {} if timeout_s is None else {"timeout": aiohttp.ClientTimeout(total=timeout_s)}
        response = await self._ask(url, query or {}, own, more, headers)
        if response.status == 401 and own:
            response.release()
            self._bearer.refused()
            response = await self._ask(url, query or {}, own, more, headers)
        try:
            yield response
        finally:
            response.close() if not response.content.at_eof() else response.release()

    async def _ask(
        self,
        url: str,
        query: Mapping[str, str],
        own: bool,
        more: Mapping[str, Any],
        headers: Mapping[str, str] | None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("peers are asked inside `async with` only")
        shown = {"Authorization": f"Bearer {await self._bearer.token(self._session)}"} if own else {}
        try:
            return await self._session.get(url, params=query, headers={**(headers or {}), **shown}, **more)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            raise PeerAway(f"{where(url)}: {type(problem).__name__}") from None


def where(url: str) -> str:
    """The peer and the kind of question, without ids."""
    host, _, path = url.partition("//")[2].partition("/")
    return f"{host}/{path.split('/')[1] if '/' in path else path}"
