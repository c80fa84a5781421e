"""Checking tokens with the published keys of their issuers, which are fetched over HTTP and kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import orjson
import structlog
from joserfc import errors, jws, jwt
from joserfc.jwk import KeySet

from shared.access.actor import Actor, KeysUnavailable, Role, Unauthenticated
from shared.access.signer import ALGORITHM

log = structlog.get_logger(__name__)

REFRESH_INTERVAL_S = 600.0
"""Keys are fetched again after this time, so that a withdrawn key stops counting."""

UNKNOWN_KEY_INTERVAL_S = 5.0
"""At most one fetch an issuer in this time for keys that we do not know: made-up key ids cost nothing."""

REMEMBERED_S = 60.0
REMEMBERED_TOKENS = 10_000
"""A token that was found good is not checked again for this time, and so many at most are remembered: checking one
costs a quarter of a millisecond. Its own end, and any new key set of its issuer, end that sooner."""

LEEWAY_S = 5
FETCH_TIMEOUT_S = 3.0

Fetch = Callable[[str], Awaitable[Mapping[str, Any]]]


class Authenticator(Protocol):
    """Turns a bearer token into an actor or raises Unauthenticated."""

    async def authenticate(self, token: str) -> Actor: ...


class KeyCache(Protocol):
    """Keeps key sets over restarts, so that a service starts while an issuer is down."""

    async def load(self, issuer: str) -> Mapping[str, Any] | None: ...
    async def save(self, issuer: str, key_set: Mapping[str, Any]) -> None: ...


async def fetch_key_set(url: str) -> Mapping[str, Any]:
    """The key set at the URL."""
    timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, raise_for_status=True) as response:
        body: Mapping[str, Any] = await response.json(content_type=None)
        return body


@dataclass
class _Issuer:
    """What is known of an issuer's keys. `fetched` and `tried` are seconds of the monotonic clock."""

    url: str
    keys: KeySet | None = None
    ids: frozenset[str] = frozenset()
    fetched: float = float("-inf")
    tried: float = float("-inf")
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take(self, published: Mapping[str, Any]) -> None:
        self.keys = KeySet.import_key_set({"keys": list(published["keys"])})
        self.ids = frozenset(key.kid for key in self.keys if key.kid is not None)


@dataclass(frozen=True)
class _Remembered:
    """A token that was found good by `keys`. expires: its own end, seconds since 1970; until: monotonic."""

    actor: Actor
    issuer: _Issuer
    key_id: str
    keys: KeySet
    expires: float
    until: float


@dataclass
class Verifier:
    """Accepts tokens of the named issuers (issuer → URL of its key set) for one audience.

    grants: the only roles that an issuer's tokens may carry, where it is named there; who signs merchants' links must
    not be able to make a reviewer. While an issuer cannot be reached, the keys last seen go on counting.
    """

    issuers: Mapping[str, str]
    audience: str
    fetch: Fetch = fetch_key_set
    cache: KeyCache | None = None
    grants: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _known: dict[str, _Issuer] = field(init=False)
    _remembered: dict[str, _Remembered] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {issuer: _Issuer(url) for issuer, url in self.issuers.items()}

    async def authenticate(self, token: str) -> Actor:
        """Raises Unauthenticated: `token-invalid`, `token-expired`, `token-audience`, `token-issuer`, `token-key`."""
        remembered = self._remembered.get(token)
        if remembered is not None and self._holds(remembered):
            return remembered.actor
        issuer_name, key_id = _peek(token)
        issuer = self._known.get(issuer_name)
        if issuer is None:
            raise Unauthenticated("token-issuer", "The token is from an issuer that is not trusted here.", _LOG_IN)
        keys = await self._keys(issuer_name, issuer, key_id)
        try:
            claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
            self._registry(issuer_name).validate(claims)
        except errors.ExpiredTokenError as problem:
            raise Unauthenticated("token-expired", "The token has expired.", _LOG_IN) from problem
        except errors.InvalidClaimError as problem:
            code = "token-audience" if problem.claim == "aud" else "token-invalid"
            raise Unauthenticated(code, f"The token's claim {problem.claim} does not fit.", _LOG_IN) from problem
        except (errors.JoseError, ValueError) as problem:
            raise Unauthenticated("token-invalid", "The token is not valid.", _LOG_IN) from problem
        actor = _actor(claims, self.grants.get(issuer_name, frozenset(Role)))
        self._remember(token, actor, issuer, key_id, keys, float(claims["exp"]))
        return actor

    def _remember(self, token: str, actor: Actor, issuer: _Issuer, key_id: str, keys: KeySet, expires: float) -> None:
        self._remembered.pop(token, None)
        while len(self._remembered) >= REMEMBERED_TOKENS:
            del self._remembered[next(iter(self._remembered))]
        until = self.monotonic() + REMEMBERED_S
        self._remembered[token] = _Remembered(actor, issuer, key_id, keys, expires, until)

    def _holds(self, remembered: _Remembered) -> bool:
        """Where keys are due to be fetched, the long way is taken, which fetches them."""
        return (
            remembered.issuer.keys is remembered.keys
            and self.now() < remembered.expires
            and self.monotonic() < remembered.until
            and not self._is_due(remembered.issuer, remembered.key_id)
        )

    def _registry(self, issuer: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self.now()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self.audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    async def _keys(self, name: str, issuer: _Issuer, key_id: str) -> KeySet:
        """The issuer's keys, fetched again where they are old or do not have the key. Who shows a known key does not
        wait for a fetch that somebody's made-up key, or an issuer that hangs, has under way."""
        known = key_id in issuer.ids
        if issuer.keys is not None and known and (issuer.fetching.locked() or not self._is_due(issuer, key_id)):
            return issuer.keys
        async with issuer.fetching:
            if issuer.keys is None and self.cache is not None and (kept := await self.cache.load(name)) is not None:
                issuer.take(kept)
            if self._is_due(issuer, key_id):
                await self._refresh(name, issuer)
        if issuer.keys is None:
            raise KeysUnavailable("token-keys-unavailable", f"The keys of {name} cannot be had now.", "Try again soon.")
        if key_id not in issuer.ids:
            raise Unauthenticated("token-key", "The token is signed with a key that is not known here.", _LOG_IN)
        return issuer.keys

    def _is_due(self, issuer: _Issuer, key_id: str) -> bool:
        if self.monotonic() - issuer.tried < UNKNOWN_KEY_INTERVAL_S:
            return False
        known = key_id in issuer.ids
        return not known or self.monotonic() - issuer.fetched >= REFRESH_INTERVAL_S

    async def _refresh(self, name: str, issuer: _Issuer) -> None:
        issuer.tried = self.monotonic()
        try:
            published = await self.fetch(issuer.url)
            issuer.take(published)
        except (aiohttp.ClientError, TimeoutError, OSError, errors.JoseError, ValueError, KeyError) as problem:
            log.warning("issuer-keys-not-fetched", issuer=name, url=issuer.url, problem=repr(problem))
            return
        issuer.fetched = self.monotonic()
        if self.cache is not None:
            await self.cache.save(name, published)


_LOG_IN = "Log in again and send the new token."


def _peek(token: str) -> tuple[str, str]:
    """Issuer and key id as the token says them, unchecked: they only choose the key that the check is made with."""
    try:
        return _unverified(token)
    except (errors.JoseError, ValueError, KeyError, TypeError) as problem:
        raise Unauthenticated("token-invalid", "The token is no signed JWT.", _LOG_IN) from problem


def _unverified(token: str) -> tuple[str, str]:
    compact = jws.extract_compact(token.encode())
    claims = orjson.loads(compact.payload)
    return str(claims["iss"]), str(compact.headers()["kid"])


def _actor(claims: Mapping[str, Any], granted: frozenset[Role]) -> Actor:
    """Roles that this build does not know, or that the issuer may not grant, are passed over."""
    known = {role.value for role in granted} - {Role.NOBODY.value}
    roles = frozenset(Role(role) for role in claims.get("roles", ()) if role in known)
    scopes = frozenset(str(claims.get("scope", "")).split())
    return Actor(id=str(claims["sub"]), roles=roles, account_id=claims.get("account"), scopes=scopes)
