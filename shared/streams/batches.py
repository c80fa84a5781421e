"""Records that go to the broker together, and where a key goes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiokafka.partitioner import DefaultPartitioner, murmur2

_REMEMBERED = 1 << 16
_hash = lru_cache(maxsize=_REMEMBERED)(murmur2)
"""The same keys come again and again, and the hash is pure Python: 10 microseconds for a short key."""


Row = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Key, value and headers of a record."""


@dataclass(frozen=True, slots=True)
class Handed:
    """Rows that the client has as one batch. `sent`: done when the broker has them; names the offset of the first."""

    sent: asyncio.Future[Any]
    partition: int
    rows: Sequence[Row]


class CachedPartitioner(DefaultPartitioner):  # type: ignore[misc]
    """The client's own choice of a partition, which is that of every Kafka client, remembered."""

    @classmethod
    def __call__(cls, key: bytes | None, all_partitions: Sequence[int], available: Sequence[int]) -> int:
        if key is None:
            chosen: int = super().__call__(key, all_partitions, available)
            return chosen
        number: int = (_hash(key) & 0x7FFFFFFF) % len(all_partitions)
        return all_partitions[number]
