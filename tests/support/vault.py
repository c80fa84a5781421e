"""The vault's store in memory; the same contract suite runs on it and on the real one."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime

from shared.vault import Kept, Look, Sealed, SubjectKey

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class MemoryVaultStore:
    def __init__(self) -> None:
        self.keys: dict[str, SubjectKey] = {}
        self.sealed: dict[str, Sealed] = {}
        self.looks: dict[str, Look] = {}

    async def key(self, subject: str) -> SubjectKey | None:
        return self.keys.get(subject)

    async def add_key(self, key: SubjectKey) -> bool:
        return self.keys.setdefault(key.subject, key) is key

    async def keys_not_under(self, key_id: str, after: str, limit: int) -> Sequence[SubjectKey]:
        found = [key for key in self.keys.values() if key.subject > after and key.key_id not in (key_id, "")]
        return sorted(found, key=lambda key: key.subject)[:limit]

    async def replace_key(self, before: SubjectKey, after: SubjectKey) -> bool:
        if self.keys.get(before.subject) != before:
            return False
        self.keys[before.subject] = after
        return True

    async def count_keys(self) -> Mapping[str, int]:
        return Counter(key.key_id for key in self.keys.values())

    async def put(self, sealed: Sealed) -> None:
        if self.sealed.setdefault(sealed.ref, sealed).ciphertext is not None:
            self.looks.pop(sealed.ref, None)

    async def get(self, ref: str) -> Sealed | None:
        return self.sealed.get(ref)

    async def remove(self, refs: Sequence[str]) -> int:
        there = [ref for ref in dict.fromkeys(refs) if ref in self.sealed and self.sealed[ref].ciphertext is not None]
        for ref in there:
            self.sealed[ref] = replace(self.sealed[ref], nonce=b"", ciphertext=None)
            self.looks[ref] = Look(ref, _NEVER)
        return len(there)

    async def destroy(self, subject: str) -> int:
        self.keys[subject] = SubjectKey(subject, None, "")
        before = len(self.sealed)
        self.sealed = {ref: each for ref, each in self.sealed.items() if each.subject != subject}
        return before - len(self.sealed)

    async def to_look_at(self, now: datetime, limit: int) -> Sequence[Kept]:
        return self._to_look_at(now)[:limit]

    async def each_to_look_at(self, now: datetime) -> AsyncIterator[Kept]:
        for each in self._to_look_at(now):
            yield each

    async def look_again(self, looks: Sequence[Look]) -> None:
        there = await self.there([look.ref for look in looks])
        self.looks.update({look.ref: look for look in looks if look.ref in there})

    async def look_anew(self, now: datetime) -> int:
        later = [look for look in self.looks.values() if now < look.at < _NEVER]
        self.looks.update({look.ref: replace(look, at=now) for look in later})
        return len(later)

    async def drop(self, unused: Sequence[Kept]) -> None:
        for each in unused:
            if each.ref in self.sealed and self._kept(self.sealed[each.ref]) == each:
                del self.sealed[each.ref]
                self.looks.pop(each.ref, None)

    async def there(self, refs: Sequence[str]) -> Set[str]:
        return {ref for ref in refs if ref in self.sealed and self.sealed[ref].ciphertext is not None}

    def _to_look_at(self, now: datetime) -> list[Kept]:
        kept = [self._kept(each) for each in self.sealed.values()]
        return [each for each in kept if each.look_at is None or each.look_at <= now]

    def _kept(self, sealed: Sealed) -> Kept:
        look = self.looks.get(sealed.ref)
        at, unused_since = (look.at, look.unused_since) if look else (None, None)
        return Kept(sealed.ref, sealed.subject, sealed.place, at, unused_since)
