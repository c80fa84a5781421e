"""Local rows in memory: what a worker keeps on its machine, for tests that start it again in one process."""

from collections.abc import Iterable, Iterator, Sequence

from shared.streams.local_state import LocalState, TableRow


class MemoryState(LocalState):
    def __init__(self) -> None:
        self._rows: dict[int, dict[bytes, bytes]] = {}
        self._offsets: dict[int, int] = {}

    def offset(self, partition: int) -> int | None:
        return self._offsets.get(partition)

    def rows(self, partition: int) -> Iterator[Sequence[TableRow]]:
        yield list(self._rows.get(partition, {}).items())

    def write(self, partition: int, rows: Iterable[TableRow], offset: int) -> None:
        self._rows.setdefault(partition, {}).update(rows)
        self._offsets[partition] = offset

    def discard(self, partition: int) -> None:
        self._rows.pop(partition, None)
        self._offsets.pop(partition, None)

    def close(self) -> None:
        """Nothing to let go of."""
