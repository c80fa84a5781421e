"""The vault's collections: `vault.keys` (one document a subject) and `vault.sealed` (one a reference)."""

from shared.mongo import Database, DeleteOne, IndexSpec, UpdateOne
from shared.vault.store import Sealed, SubjectKey


class MongoVaultStore:
    def __init__(self, database: Database) -> None:
        self._keys = database.collection("vault.keys")
        self._sealed = database.collection("vault.sealed")

    async def prepare(self) -> None:
        """Creates the indexes; called once when the service starts."""
        await self._sealed.ensure_indexes([IndexSpec("subject", (("subject", 1),))])

    async def key(self, subject: str) -> SubjectKey | None:
        found = await self._keys.find_one({"_id": subject})
        if found is None:
            return None
        wrapped = found["wrapped"]
        return SubjectKey(subject, bytes(wrapped) if wrapped is not None else None, found["key_id"])

    async def add_key(self, key: SubjectKey) -> bool:
        violation = await self._keys.insert({"_id": key.subject, "wrapped": key.wrapped, "key_id": key.key_id})
        return violation is None

    async def put(self, sealed: Sealed) -> None:
        document = {
            "_id": sealed.ref,
            "subject": sealed.subject,
            "place": sealed.place,
            "nonce": sealed.nonce,
            "ciphertext": sealed.ciphertext,
        }
        await self._sealed.insert(document)

    async def get(self, ref: str) -> Sealed | None:
        found = await self._sealed.find_one({"_id": ref})
        if found is None:
            return None
        return Sealed(ref, found["subject"], found["place"], bytes(found["nonce"]), bytes(found["ciphertext"]))

    async def destroy(self, subject: str) -> None:
        tombstone = {"$set": {"wrapped": None, "key_id": ""}}
        await self._keys.write([UpdateOne({"_id": subject}, tombstone, upsert=True)])
        refs = await self._sealed.find({"subject": subject}, fields=("_id",))
        await self._sealed.write([DeleteOne({"_id": each["_id"]}) for each in refs])
