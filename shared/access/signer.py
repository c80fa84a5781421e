"""Signing tokens: one Ed25519 key in a file that only its owner can read, made on first start."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from shared.access.actor import Actor
from shared.kernel.ids import random_id
from shared.kernel.secret_files import write_once

ALGORITHM = "Ed25519"
"""EdDSA over Ed25519 by its fully specified name (RFC 9864; `EdDSA` alone is deprecated there)."""


class Signer:
    """Issues tokens under one issuer name. Times are real time: a token is no matter of business time."""

    def __init__(self, issuer: str, key: OKPKey, now: Callable[[], float] = time.time) -> None:
        self.issuer = issuer
        self._key = key
        self._now = now

    @classmethod
    def from_file(cls, issuer: str, path: Path, now: Callable[[], float] = time.time) -> "Signer":
        """The key at `path`; a new one is written there (mode 0600) when there is none."""
        return cls(issuer, load_or_create_key(path), now)

    @property
    def key_id(self) -> str:
        return str(self._key.kid or self._key.thumbprint())

    def key_set(self) -> dict[str, Any]:
        """The public keys (RFC 7517), for `/.well-known/jwks.json`."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self.key_id, "alg": ALGORITHM, "use": "sig"}]}

    def issue(self, actor: Actor, audience: str, lifetime_s: int, session: str | None = None) -> str:
        """A token for the actor, `lifetime_s` seconds long; `session` names what can be revoked (claim `sid`)."""
        now = int(self._now())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": audience,
            "sub": actor.id,
            "iat": now,
            "exp": now + lifetime_s,
            "jti": random_id("tok"),
            "roles": sorted(actor.roles),
        }
        if actor.account_id is not None:
            claims["account"] = actor.account_id
        if actor.scopes:
            claims["scope"] = " ".join(sorted(actor.scopes))
        if session is not None:
            claims["sid"] = session
        return jwt.encode({"alg": ALGORITHM, "kid": self.key_id}, claims, self._key, algorithms=[ALGORITHM])


def load_or_create_key(path: Path) -> OKPKey:
    """Several processes may start at once: the first to write the file wins, the others read it."""
    if not path.exists():
        write_once(path, OKPKey.generate_key("Ed25519", auto_kid=True).as_pem(private=True))
    key = OKPKey.import_key(path.read_bytes())
    key.ensure_kid()
    return key
