"""What the vault keeps, and the port behind it. One contract suite runs on each side."""

from collections.abc import AsyncIterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True)
class Kept:
    """What is sealed, as its retention sees it: without the ciphertext. look_at: business time from which it is to be
    looked at again, None before the first look; unused_since: when it was first found that nothing refers to it."""

    ref: str
    subject: str
    place: str
    look_at: datetime | None = None
    unused_since: datetime | None = None


@dataclass(frozen=True)
class Look:
    """When to look again, and since when nothing refers to it, where that is so."""

    ref: str
    at: datetime
    unused_since: datetime | None = None


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
        """What is kept under a reference stays: a second one under it is passed over. It is as new for its retention:
        who repeats a request may be about to refer to it."""
        ...

    async def get(self, ref: str) -> Sealed | None: ...

    async def remove(self, refs: Sequence[str]) -> int:
        """Overwrites the ciphertexts by tombstones; how many were there until now."""
        ...

    async def destroy(self, subject: str) -> int:
        """The key is overwritten by its tombstone; the subject's ciphertexts go. How many there were; repeating it
        changes nothing."""
        ...

    async def to_look_at(self, now: datetime, limit: int) -> Sequence[Kept]:
        """Some of what was never looked at, or is to be looked at again by now."""
        ...

    def each_to_look_at(self, now: datetime) -> AsyncIterator[Kept]:
        """All of it, for a look that changes nothing."""
        ...

    async def look_again(self, looks: Sequence[Look]) -> None:
        """What was removed meanwhile is passed over."""
        ...

    async def look_anew(self, now: datetime) -> int:
        """All that waits for a later look is to be looked at now: other rules are in force. How many."""
        ...

    async def drop(self, unused: Sequence[Kept]) -> None:
        """Takes away without a tombstone what nothing refers to, unless it was put again since it was seen so."""
        ...

    async def there(self, refs: Sequence[str]) -> Set[str]:
        """Those of them that are neither removed nor dropped."""
        ...
