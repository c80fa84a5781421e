"""Sealing and opening: AES-256-GCM with the subject's key; the ciphertext is bound to subject, reference and place."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.failures import Gone
from shared.kernel.ids import derived_id, random_id
from shared.vault.keys import KEY_BYTES, NONCE_BYTES, KeyWrap
from shared.vault.store import Sealed, VaultStore

Region = Literal["cn", "intl"]


class Forgotten(Gone):
    """The subject's key was destroyed; what it sealed cannot be read by anybody, and nothing is sealed for it."""


class Removed(Gone):
    """This text or file was removed, as its time was over; the subject's others may be there."""


class NotThere(Exception):
    """There is nothing under this reference for this subject and place, or it was tampered with."""


class SubjectVault(Protocol):
    """What services use. `subject` is an id; `place` says which field of which thing it is (`account/email`)."""

    async def seal(self, subject: str, place: str, plaintext: bytes, once: str = "") -> str: ...
    async def open(self, subject: str, ref: str, place: str) -> bytes: ...
    async def remove(self, subject: str, place: str, refs: Sequence[str]) -> int: ...
    async def forget(self, subject: str) -> int: ...
    def blind_index(self, purpose: str, normalized: str) -> str: ...


class Vault:
    """A vault over one store. `blind_key` keys the blind indexes: without it they cannot be guessed at."""

    def __init__(self, store: VaultStore, wrap: KeyWrap, blind_key: bytes) -> None:
        self._store = store
        self._wrap = wrap
        self._blind_key = blind_key

    async def seal(self, subject: str, place: str, plaintext: bytes, once: str = "") -> str:
        """Keeps the plaintext sealed; the reference is for events and documents. Raises Forgotten.

        once: names the attempt (an Idempotency-Key with its body's hash): a repeat gives the first reference.
        """
        key = await self._key(subject)
        ref = reference(subject, place, once) if once else random_id("vlt")
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = AESGCM(key).encrypt(nonce, plaintext, _binding(subject, ref, place))
        await self._store.put(Sealed(ref, subject, place, nonce, ciphertext))
        return ref

    async def open(self, subject: str, ref: str, place: str) -> bytes:
        """Raises NotThere for another subject's or place's reference; Forgotten where the key was destroyed, Removed
        where this text was. Many that are asked for at one moment are read in one call."""
        kept = await self._store.key(subject)
        if kept is None:
            raise NotThere(ref)
        if kept.wrapped is None:
            raise Forgotten(subject)
        sealed = await self._store.get(ref)
        if sealed is None or sealed.subject != subject:
            raise NotThere(ref)
        if sealed.ciphertext is None:
            raise Removed(ref)
        key = await self._wrap.unwrap(kept)
        try:
            return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _binding(subject, ref, place))
        except InvalidTag as problem:
            raise NotThere(ref) from problem

    async def remove(self, subject: str, place: str, refs: Sequence[str]) -> int:
        """Takes single texts away for ever; how many were there. References of other subjects or places are left."""
        found = [await self._store.get(ref) for ref in refs]
        return await self._store.remove([e.ref for e in found if e and (e.subject, e.place) == (subject, place)])

    async def forget(self, subject: str) -> int:
        """Destroys the subject's key, for ever; how many texts and files it had sealed."""
        return await self._store.destroy(subject)

    def blind_index(self, purpose: str, normalized: str) -> str:
        """The same text gives the same value, for unique indexes and look-ups, and tells nothing of the text."""
        material = purpose.encode() + b"\x00" + normalized.encode()
        return hmac.new(self._blind_key, material, hashlib.sha256).hexdigest()

    async def _key(self, subject: str) -> bytes:
        kept = await self._store.key(subject)
        if kept is None:
            fresh = secrets.token_bytes(KEY_BYTES)
            made = await self._wrap.wrap(subject, fresh)
            if await self._store.add_key(made):
                return fresh
            kept = await self._store.key(subject)
        if kept is None or kept.wrapped is None:
            raise Forgotten(subject)
        return await self._wrap.unwrap(kept)


RegionOf = Callable[[str, str], Region]
"""The region where what is sealed for a subject at a place is kept."""


class RegionalVault:
    """Chooses the vault by subject and place: data from operations in China stay in the China region (000 I; DOMAIN,
    Accounts 9). Blind indexes are the same in all regions, so that one person has one account."""

    def __init__(self, vaults: Mapping[Region, Vault], region_of: RegionOf, blind: Vault) -> None:
        self._vaults = vaults
        self._region_of = region_of
        self._blind = blind

    async def seal(self, subject: str, place: str, plaintext: bytes, once: str = "") -> str:
        return await self._of(subject, place).seal(subject, place, plaintext, once)

    async def open(self, subject: str, ref: str, place: str) -> bytes:
        return await self._of(subject, place).open(subject, ref, place)

    async def remove(self, subject: str, place: str, refs: Sequence[str]) -> int:
        return await self._of(subject, place).remove(subject, place, refs)

    async def forget(self, subject: str) -> int:
        """In every region: a case's data may be in another than the account's."""
        return sum([await vault.forget(subject) for vault in self._vaults.values()])

    def blind_index(self, purpose: str, normalized: str) -> str:
        return self._blind.blind_index(purpose, normalized)

    def _of(self, subject: str, place: str) -> Vault:
        return self._vaults[self._region_of(subject, place)]


def reference(subject: str, place: str, once: str) -> str:
    """Under which `seal` keeps what it is given for a named attempt: also known where the attempt was cut off."""
    return derived_id("vlt", subject, place, once)


def region_of_account(account_id: str, _place: str = "") -> Region:
    """Account ids carry their region."""
    return "cn" if account_id.startswith("acc-cn-") else "intl"


def _binding(subject: str, ref: str, place: str) -> bytes:
    """Moved elsewhere, a ciphertext does not open."""
    return orjson.dumps([subject, ref, place])
