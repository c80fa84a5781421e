"""Identity's own token for the other services: it signs it itself."""

import aiohttp

from shared.access import Actor, Role, Signer
from shared.kernel.clock import wall_seconds
from shared.peers.tokens import MARGIN_S
from shared.runtime.foundation import AUDIENCE

ACTOR = Actor("service:identity", frozenset({Role.SERVICE}))


class OwnToken:
    """See `shared.peers.Bearer`. lifetime_s: seconds of a token, more than a minute."""

    def __init__(self, signer: Signer, lifetime_s: int) -> None:
        self._signer = signer
        self._lifetime_s = lifetime_s
        self._token = ""
        self._until = 0.0

    async def token(self, session: aiohttp.ClientSession) -> str:
        if wall_seconds() >= self._until:
            self._token = self._signer.issue(ACTOR, AUDIENCE, self._lifetime_s)
            self._until = wall_seconds() + self._lifetime_s - MARGIN_S
        return self._token

    def refused(self) -> None:
        self._until = 0.0
