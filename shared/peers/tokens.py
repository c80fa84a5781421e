"""A service's token: fetched from identity with the service's secret, and again before it ends."""

import asyncio
from typing import Protocol

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.kernel.clock import wall_seconds
from shared.kernel.failures import Transient
from shared.kernel.ids import random_id

MARGIN_S = 60.0
"""A token is asked for again so long before it ends."""


class PeerAway(Transient):
    """A peer did not answer, or not in time, or not as agreed; it may later."""


class Bearer(Protocol):
    """Gives the token that a service shows to the others."""

    async def token(self, session: aiohttp.ClientSession) -> str:
        """Raises PeerAway."""
        ...

    def refused(self) -> None:
        """The token was not taken: the next one is a new one."""
        ...


class _Token(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    access_token: str
    expires_in: float


class FetchedToken:
    """identity: its address; client_id, client_secret: what this service shows for its token."""

    def __init__(self, identity: str, client_id: str, client_secret: str) -> None:
        self._url = f"{identity}/v1/service-tokens"
        self._body = {"client_id": client_id, "client_secret": client_secret}
        self._token = ""
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def token(self, session: aiohttp.ClientSession) -> str:
        async with self._asking:
            if wall_seconds() >= self._until:
                fetched = await self._fetch(session)
                self._token, self._until = fetched.access_token, wall_seconds() + fetched.expires_in - MARGIN_S
            return self._token

    def refused(self) -> None:
        self._until = 0.0

    async def _fetch(self, session: aiohttp.ClientSession) -> _Token:
        headers = {"Idempotency-Key": random_id("key")}
        try:
            async with session.post(self._url, json=self._body, headers=headers) as response:
                if response.status not in (200, 201):
                    raise PeerAway(f"{self._url} answered {response.status}")
                return _Token.model_validate(await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, OSError, ValidationError, ValueError) as problem:
            raise PeerAway(f"{self._url}: {type(problem).__name__}") from None
