"""A service's own token, for calling another service: fetched from identity, kept until shortly before its end."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from shared.kernel.failures import Transient

TIMEOUT_S = 5.0
RENEW_BEFORE_S = 30.0


class TokenUnavailable(Transient):
    """Identity did not give a token now; the same call may succeed later."""


@dataclass
class ServiceTokens:
    """`identity_url`: its base, such as `http://127.0.0.1:8101`; the secret is shared with identity by settings."""

    identity_url: str
    client_id: str
    client_secret: str
    monotonic: Callable[[], float] = time.monotonic
    _token: str = field(default="", init=False, repr=False)
    _until: float = field(default=float("-inf"), init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    async def headers(self) -> dict[str, str]:
        """What to add to a request. Raises TokenUnavailable."""
        return {"Authorization": f"Bearer {await self.token()}"}

    async def token(self) -> str:
        async with self._lock:
            if self.monotonic() >= self._until:
                await self._fetch()
            return self._token

    async def _fetch(self) -> None:
        body = {"client_id": self.client_id, "client_secret": self.client_secret}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        url = f"{self.identity_url}/v1/service-tokens"
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.post(url, json=body) as response:
                if response.status != 200:
                    raise TokenUnavailable(f"identity answered {response.status}")
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise TokenUnavailable(f"identity: {type(problem).__name__}") from problem
        self._token = str(answer["access_token"])
        self._until = self.monotonic() + float(answer["expires_in"]) - RENEW_BEFORE_S
