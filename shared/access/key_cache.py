"""Issuers' public keys in the service's own store: a service that starts while an issuer is down knows them still."""

from collections.abc import Mapping
from typing import Any

from shared.mongo import Database


class StoredKeys:
    """See `shared.access.verifier.KeyCache`."""

    def __init__(self, database: Database) -> None:
        self._documents = database.collection("issuer.keys")

    async def load(self, issuer: str) -> Mapping[str, Any] | None:
        found = await self._documents.find_one({"_id": issuer})
        return found["key_set"] if found else None

    async def save(self, issuer: str, key_set: Mapping[str, Any]) -> None:
        await self._documents.update({"_id": issuer}, {"$set": {"key_set": dict(key_set)}}, upsert=True)
