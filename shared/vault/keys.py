"""The key above the subjects' keys. A key management service fits behind the same port; here it is a file."""

import os
import secrets
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyWrap(Protocol):
    """Wraps and unwraps the keys of subjects; `key_id` names the wrapping key, for its rotation."""

    @property
    def key_id(self) -> str: ...
    async def wrap(self, subject: str, key: bytes) -> bytes: ...
    async def unwrap(self, subject: str, wrapped: bytes) -> bytes: ...


class LocalSecret:
    """A secret of 32 bytes in a file that only its owner can read; keys for single purposes are derived from it."""

    key_id = "local-1"

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a local secret is {KEY_BYTES} bytes long")
        self._secret = secret
        self._wrapping = AESGCM(self.derive("wrap-subject-keys"))

    @classmethod
    def from_file(cls, path: Path) -> "LocalSecret":
        """The secret at `path`, made there (mode 0600) where there is none. The first of several processes wins."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(partial, path)
            except FileExistsError:
                pass
            finally:
                partial.unlink()
        return cls(path.read_bytes())

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose; none can be told from another (HKDF, RFC 5869)."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(self._secret)

    async def wrap(self, subject: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, subject.encode())

    async def unwrap(self, subject: str, wrapped: bytes) -> bytes:
        return self._wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.encode())
