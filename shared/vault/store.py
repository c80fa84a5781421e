"""What the vault keeps, and the port behind it. One contract suite runs on each side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class SubjectKey:
    """A subject's key, wrapped. `wrapped` is None once it was destroyed: the tombstone stays, so that nobody makes a
    new key for someone who was forgotten."""

    subject: str
    wrapped: bytes | None
    key_id: str


@dataclass(frozen=True)
class Sealed:
    """A ciphertext and its place. `ciphertext` is None once it was removed by itself, while its subject's other texts
    stay: the tombstone tells "removed" from "never there"."""

    ref: str
    subject: str
    place: str
    nonce: bytes
    ciphertext: bytes | None


class VaultStore(Protocol):
    async def key(self, subject: str) -> SubjectKey | None: ...

    async def add_key(self, key: SubjectKey) -> bool:
        """False where the subject has one, or had one."""
        ...

    async def keys_not_under(self, key_id: str, after: str, limit: int) -> Sequence[SubjectKey]:
        """Keys that another wrapping key holds, of subjects past `after`, in the order of subjects; none destroyed."""
        ...

    async def replace_key(self, before: SubjectKey, after: SubjectKey) -> bool:
        """False where the key is no longer as it was before: destroyed, or wrapped anew by somebody else."""
        ...

    async def count_keys(self) -> Mapping[str, int]:
        """Subjects by the wrapping key that holds theirs; those whose key was destroyed under the empty text."""
        ...

    async def put(self, sealed: Sealed) -> None:
        """What is kept under a reference stays: a second one under it is passed over."""
        ...

    async def get(self, ref: str) -> Sealed | None: ...

    async def remove(self, refs: Sequence[str]) -> int:
        """Overwrites the ciphertexts by tombstones; how many were there until now."""
        ...

    async def destroy(self, subject: str) -> int:
        """The key is overwritten by its tombstone; the subject's ciphertexts go. How many there were; repeating it
        changes nothing."""
        ...
