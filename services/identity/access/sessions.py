"""Sessions: what refreshes a token, until it ends or is revoked. Documents of their own, in real time."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from shared.access import Actor, Role, Unauthenticated
from shared.kernel.clock import wall_seconds
from shared.kernel.ids import random_id
from shared.mongo import Database, IndexSpec

LASTS_S = 12 * 3600


class Sessions:
    """A refresh token is `<session>.<secret>`; only the secret's hash is kept."""

    def __init__(self, database: Database, seconds: Callable[[], float] = wall_seconds) -> None:
        self._documents = database.collection("sessions")
        self._seconds = seconds

    async def prepare(self) -> None:
        await self._documents.ensure_indexes([
            IndexSpec("gone", (("ends_at", 1),), expire_after_seconds=0),
            IndexSpec("of_actor", (("actor", 1),)),
        ])  # fmt: skip

    async def begin(self, actor: Actor) -> tuple[str, str]:
        """The session's id and its refresh token."""
        session_id, secret = random_id("ses"), secrets.token_urlsafe(32)
        document = {
            "_id": session_id,
            "actor": actor.id,
            "account": actor.account_id,
            "roles": sorted(actor.roles),
            "secret_hash": _hash(secret),
            "ends_at": datetime.fromtimestamp(self._seconds() + LASTS_S, UTC),
            "revoked": False,
        }
        await self._documents.insert(document)
        return session_id, f"{session_id}.{secret}"

    async def resume(self, refresh_token: str) -> tuple[str, Actor]:
        """Raises Unauthenticated for a session that ended, was revoked or never was."""
        session_id, _, secret = refresh_token.partition(".")
        found = await self._documents.find_one({"_id": session_id})
        now = datetime.fromtimestamp(self._seconds(), UTC)
        if found is None or not hmac.compare_digest(found["secret_hash"], _hash(secret)):
            raise Unauthenticated("token-invalid", "There is no such session.", "Log in again.")
        if found["revoked"] or found["ends_at"] <= now:
            raise Unauthenticated("token-expired", "The session is over.", "Log in again.")
        return session_id, Actor(found["actor"], frozenset(map(Role, found["roles"])), found["account"])

    async def remove_all(self, account_id: str) -> None:
        """Nothing is left of them: no session of the account goes on."""
        found = await self._documents.find({"actor": account_id}, fields=("_id",))
        for each in found:
            await self._documents.delete({"_id": each["_id"]})

    async def revoke(self, session_id: str) -> None:
        await self._documents.update({"_id": session_id}, {"$set": {"revoked": True}})


def _hash(secret: str) -> str:
    """Of 256 random bits, so a plain hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()
