"""The vault's collections: `vault.keys` (one document a subject) and `vault.sealed` (one a reference)."""

from collections import Counter
from collections.abc import Mapping, Sequence

from shared.eventstore.group_commit import Coalescer
from shared.mongo import Database, DeleteOne, Document, IndexSpec, InsertOne, UpdateOne
from shared.vault.store import Sealed, SubjectKey

_READ_AT_ONCE = 100


class MongoVaultStore:
    """Keys that many want and ciphertexts that many keep at one moment go in one call each. No key outlives its call:
    one that was destroyed must seal nothing more."""

    def __init__(self, database: Database) -> None:
        self._keys = database.collection("vault.keys")
        self._sealed = database.collection("vault.sealed")
        self._key_reads: Coalescer[str, SubjectKey | None] = Coalescer(self._keys_of)
        self._puts: Coalescer[Sealed, None] = Coalescer(self._put_many)
        # Some of what is asked for are files of megabytes: a few at a time.
        self._gets: Coalescer[str, Sealed | None] = Coalescer(self._get_many, limit=_READ_AT_ONCE)

    async def prepare(self) -> None:
        """Creates the indexes; called once when the service starts."""
        await self._sealed.ensure_indexes([IndexSpec("subject", (("subject", 1),))])

    async def key(self, subject: str) -> SubjectKey | None:
        return await self._key_reads.ask(subject)

    async def _keys_of(self, subjects: Sequence[str]) -> Sequence[SubjectKey | None]:
        found = {each["_id"]: each for each in await self._keys.find({"_id": {"$in": list(set(subjects))}})}
        return [_key(found[subject]) if subject in found else None for subject in subjects]

    async def add_key(self, key: SubjectKey) -> bool:
        violation = await self._keys.insert({"_id": key.subject, "wrapped": key.wrapped, "key_id": key.key_id})
        return violation is None

    async def keys_not_under(self, key_id: str, after: str, limit: int) -> Sequence[SubjectKey]:
        where = {"_id": {"$gt": after}, "key_id": {"$nin": [key_id, ""]}}
        return [_key(each) for each in await self._keys.find(where, sort=[("_id", 1)], limit=limit)]

    async def replace_key(self, before: SubjectKey, after: SubjectKey) -> bool:
        as_it_was = {"_id": before.subject, "key_id": before.key_id, "wrapped": before.wrapped}
        return await self._keys.update(as_it_was, {"$set": {"wrapped": after.wrapped, "key_id": after.key_id}})

    async def count_keys(self) -> Mapping[str, int]:
        return Counter([each["key_id"] async for each in self._keys.each({}, fields=("key_id",))])

    async def put(self, sealed: Sealed) -> None:
        await self._puts.ask(sealed)

    async def _put_many(self, many: Sequence[Sealed]) -> Sequence[None]:
        await self._sealed.write([InsertOne(_document(sealed)) for sealed in many])
        return [None] * len(many)

    async def get(self, ref: str) -> Sealed | None:
        return await self._gets.ask(ref)

    async def _get_many(self, refs: Sequence[str]) -> Sequence[Sealed | None]:
        documents = await self._sealed.find({"_id": {"$in": list(set(refs))}})
        found = {each["_id"]: _sealed(each) for each in documents}
        return [found.get(ref) for ref in refs]

    async def remove(self, refs: Sequence[str]) -> int:
        tombstone = {"$set": {"nonce": b"", "ciphertext": None}}
        where = [{"_id": ref, "ciphertext": {"$ne": None}} for ref in dict.fromkeys(refs)]
        return (await self._sealed.write([UpdateOne(each, tombstone) for each in where])).matched

    async def destroy(self, subject: str) -> int:
        tombstone = {"$set": {"wrapped": None, "key_id": ""}}
        await self._keys.write([UpdateOne({"_id": subject}, tombstone, upsert=True)])
        refs = await self._sealed.find({"subject": subject}, fields=("_id",))
        await self._sealed.write([DeleteOne({"_id": each["_id"]}) for each in refs])
        return len(refs)


def _key(document: Document) -> SubjectKey:
    wrapped = document["wrapped"]
    return SubjectKey(document["_id"], bytes(wrapped) if wrapped is not None else None, document["key_id"])


def _sealed(document: Document) -> Sealed:
    ciphertext = document["ciphertext"]
    kept = bytes(ciphertext) if ciphertext is not None else None
    return Sealed(document["_id"], document["subject"], document["place"], bytes(document["nonce"]), kept)


def _document(sealed: Sealed) -> Document:
    return {
        "_id": sealed.ref,
        "subject": sealed.subject,
        "place": sealed.place,
        "nonce": sealed.nonce,
        "ciphertext": sealed.ciphertext,
    }
