"""Identity's own token for the other services: it signs it itself, and no client secret gives another such."""

import aiohttp

from shared.access import Actor, Role, Signer
from shared.kernel.clock import wall_seconds
from shared.peers.tokens import MARGIN_S
from shared.runtime.foundation import AUDIENCE

NAME = "service:identity"
LASTS_S = 600


class OwnToken:
    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._token = ""
        self._until = 0.0

    async def token(self, _: aiohttp.ClientSession) -> str:
        if wall_seconds() >= self._until:
            self._token = self._signer.issue(Actor(NAME, frozenset({Role.SERVICE})), AUDIENCE, LASTS_S)
            self._until = wall_seconds() + LASTS_S - MARGIN_S
        return self._token

    def refused(self) -> None:
        self._until = 0.0
