"""The keys above the subjects' keys. A key management service fits behind the same port; here they are files."""

import re
import secrets
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.kernel.secret_files import write_once
from shared.vault.store import SubjectKey

KEY_BYTES = 32
NONCE_BYTES = 12
FIRST = "local-1"
_FILE = re.compile(r"wrapping-(?P<number>[2-9]|[1-9][0-9]+)-[0-9a-f]{8}")


class CannotUnwrap(Exception):
    """The wrapping key is not there, or it is not the one that wrapped this; the message names subject and key."""


class KeyWrap(Protocol):
    """Wraps and unwraps the keys of subjects. Several wrapping keys may be in use, as they are rotated."""

    @property
    def newest(self) -> str:
        """The id of the key that wraps from now on."""
        ...

    async def wrap(self, subject: str, key: bytes) -> SubjectKey: ...

    async def unwrap(self, wrapped: SubjectKey) -> bytes:
        """Raises CannotUnwrap."""
        ...


class LocalSecret:
    """A secret of 32 bytes in a file that only its owner can read; keys for single purposes are derived from it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a local secret is {KEY_BYTES} bytes long")
        self._secret = secret

    @classmethod
    def from_file(cls, path: Path) -> "LocalSecret":
        """The secret at `path`, made there (mode 0600) where there is none. The first of several processes wins."""
        if not path.exists():
            write_once(path, secrets.token_bytes(KEY_BYTES))
        return cls(path.read_bytes())

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose; none can be told from another (HKDF, RFC 5869)."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(self._secret)


class LocalKeyRing:
    """Wrapping keys of one service: `local-1`, derived from its secret, and a file each for the following, which `add`
    makes in `folder`. Processes that share the folder wrap with a new key as soon as its file is there. An id has
    a random part: it names one key for ever, also where a file was lost and its number comes again."""

    def __init__(self, secret: LocalSecret, folder: Path | None = None) -> None:
        self._folder = folder
        self._ciphers = {FIRST: AESGCM(secret.derive("wrap-subject-keys"))}

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all wrapping keys that are there now, the newest last."""
        return (FIRST, *(f"local-{file.removeprefix('wrapping-')}" for _, file in self._files()))

    @property
    def newest(self) -> str:
        return self.ids[-1]

    def add(self) -> str:
        """Makes a new wrapping key; its id. What was wrapped before stays as it is: see `rewrap`."""
        if self._folder is None:
            raise ValueError("a ring without a folder keeps no further keys")
        number = max((1, *(number for number, _ in self._files()))) + 1
        name = f"{number}-{secrets.token_hex(4)}"
        write_once(self._folder / f"wrapping-{name}", secrets.token_bytes(KEY_BYTES))
        return f"local-{name}"

    def made_at(self, key_id: str) -> float:
        """When, in seconds since 1970; of a key with a file."""
        return self._file(key_id).stat().st_mtime

    def remove(self, key_id: str) -> None:
        """For ever: what is still wrapped by it is lost. Raises ValueError for the first, which has no file."""
        if key_id == FIRST:
            raise ValueError(f"{FIRST} is derived from the secret of the service, which has other uses, and stays")
        self._file(key_id).unlink()
        self._ciphers.pop(key_id, None)

    async def wrap(self, subject: str, key: bytes) -> SubjectKey:
        key_id, nonce = self.newest, secrets.token_bytes(NONCE_BYTES)
        return SubjectKey(subject, nonce + self._cipher(key_id).encrypt(nonce, key, subject.encode()), key_id)

    async def unwrap(self, wrapped: SubjectKey) -> bytes:
        sealed = wrapped.wrapped or b""
        try:
            cipher = self._cipher(wrapped.key_id)
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], wrapped.subject.encode())
        except (FileNotFoundError, InvalidTag, ValueError) as problem:
            raise CannotUnwrap(f"the key of {wrapped.subject} under {wrapped.key_id!r}") from problem

    def _files(self) -> list[tuple[int, str]]:
        """Numbers and names, in order."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = (_FILE.fullmatch(file.name) for file in self._folder.iterdir())
        return sorted((int(each["number"]), each[0]) for each in found if each)

    def _cipher(self, key_id: str) -> AESGCM:
        """Raises FileNotFoundError, or ValueError for an id or a file that is none of ours."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            cipher = self._ciphers[key_id] = AESGCM(LocalSecret(self._file(key_id).read_bytes()).derive("wrapping"))
        return cipher

    def _file(self, key_id: str) -> Path:
        name = f"wrapping-{key_id.removeprefix('local-')}"
        if self._folder is None or not _FILE.fullmatch(name):
            raise ValueError(f"{key_id!r} is no wrapping key of this service")
        return self._folder / name
