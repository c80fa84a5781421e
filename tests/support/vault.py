"""The vault's store in memory; the same contract suite runs on it and on the real one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.vault import Sealed, SubjectKey


class MemoryVaultStore:
    def __init__(self) -> None:
        self.keys: dict[str, SubjectKey] = {}
        self.sealed: dict[str, Sealed] = {}

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
        self.sealed.setdefault(sealed.ref, sealed)

    async def get(self, ref: str) -> Sealed | None:
        return self.sealed.get(ref)

    async def remove(self, refs: Sequence[str]) -> int:
        there = [ref for ref in dict.fromkeys(refs) if ref in self.sealed and self.sealed[ref].ciphertext is not None]
        for ref in there:
            self.sealed[ref] = replace(self.sealed[ref], nonce=b"", ciphertext=None)
        return len(there)

    async def destroy(self, subject: str) -> int:
        self.keys[subject] = SubjectKey(subject, None, "")
        before = len(self.sealed)
        self.sealed = {ref: each for ref, each in self.sealed.items() if each.subject != subject}
        return before - len(self.sealed)
