"""What is on a running platform's topics, in its stores and in its files, as bytes, without our code in between."""

from pathlib import Path
from typing import Any

import bson
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.simulator.ledger import read_to_end
from deploy.simulator.stage import Stage


async def documents(mongo_url: str) -> dict[str, bytes]:
    """All documents of each collection, by `<database>.<collection>`."""
    client: AsyncIOMotorClient[bson.raw_bson.RawBSONDocument] = AsyncIOMotorClient(
        mongo_url, document_class=bson.raw_bson.RawBSONDocument
    )
    try:
        found = {}
        for database in await client.list_database_names():
            for name in await client[database].list_collection_names():
                cursor = client[database][name].find({})
                found[f"{database}.{name}"] = b"\n".join([document.raw async for document in cursor])
        return found
    finally:
        client.close()


async def sealed_for(mongo_url: str, subject: str) -> dict[str, Any]:
    """By database, what the vaults have of a subject: how many texts, and whether a key is there."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    try:
        found = {}
        for database in await client.list_database_names():
            texts = await client[database]["vault.sealed"].count_documents({"subject": subject})
            key = await client[database]["vault.keys"].find_one({"_id": subject})
            if texts or key:
                found[database] = (texts, bool(key and key["wrapped"]))
        return found
    finally:
        client.close()


async def records(stage: Stage) -> dict[str, bytes]:
    """All records of each topic: keys, headers and values."""
    found: dict[str, list[bytes]] = {}
    async for topic, record in read_to_end(stage.stack.kafka_bootstrap, stage.topics):
        headers = b"".join(name.encode() + (value or b"") for name, value in record.headers)
        found.setdefault(topic, []).append(b"\n".join((record.key or b"", headers, record.value or b"")))
    return {topic: b"\n".join(every) for topic, every in found.items()}


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
