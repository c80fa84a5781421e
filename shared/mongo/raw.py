"""Everything that a server keeps, as it keeps it: for those who look whether it may be kept so."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient

from shared.mongo.database import Database

_SYSTEM = frozenset({"admin", "config", "local"})


async def every_document(url: str, wanted: Callable[[str], bool]) -> AsyncIterator[tuple[str, bytes]]:
    """`database.collection` and BSON of each document in the databases whose names are wanted; the server's own are
    left out."""
    client: Any = AsyncIOMotorClient(url, serverSelectionTimeoutMS=10_000)
    try:
        for name in await client.list_database_names():
            if name not in _SYSTEM and wanted(name):
                async for found in documents_of(Database(client, name)):
                    yield found
    finally:
        client.close()


async def documents_of(database: Database) -> AsyncIterator[tuple[str, bytes]]:
    """The same of one database."""
    raw = database._client.get_database(database.name, codec_options=CodecOptions(document_class=RawBSONDocument))
    for collection in await raw.list_collection_names():
        async for document in raw[collection].find({}):
            yield f"{database.name}.{collection}", document.raw


def texts(document: bytes) -> Iterator[str]:
    """Names and texts of a document, binary fields left out."""
    yield from _texts(bson.decode(document))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
