"""Finding erasures."""

from collections.abc import Sequence

from services.identity.erasure.model import Erasure
from services.identity.erasure.store import ERASURES
from shared.eventstore.documents import Codec
from shared.kernel.clock import EPOCH
from shared.mongo import Database


class ErasureQueries:
    def __init__(self, database: Database) -> None:
        self._erasures = database.collection(ERASURES.collection)
        self._codec = Codec(ERASURES)

    async def open(self, limit: int) -> Sequence[Erasure]:
        """Not completed, the longest asked for first."""
        where = {"ix.open_since": {"$gt": EPOCH}}
        sort = [("ix.open_since", 1), ("_id", 1)]
        found = await self._erasures.find(where, fields=("state",), sort=sort, limit=limit)
        return [self._codec.load_state(document["state"]) for document in found]
