"""Rows of a table on this machine, so that a restart reads from the changelog only what is newer.

The changelog is the truth: rows come here only after the broker has them, together with the offset that they stand
for, and whatever does not fit is discarded and read from the changelog instead. Deleting all of it is always safe.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

import structlog

log = structlog.get_logger(__name__)

TableRow = tuple[bytes, bytes]
"""Key and value."""

ROWS_AT_ONCE = 5000


class LocalStateFailed(Exception):
    """What is kept cannot be read or written."""


class LocalState(ABC):
    """Rows by partition. Every method may raise LocalStateFailed."""

    @abstractmethod
    def offset(self, partition: int) -> int | None:
        """Of the last changelog record that the partition's rows stand for; None where there is nothing."""

    @abstractmethod
    def rows(self, partition: int) -> Iterator[Sequence[TableRow]]:
        """All rows, some thousands at a time, in any order."""

    @abstractmethod
    def write(self, partition: int, rows: Iterable[TableRow], offset: int) -> None:
        """Rows, of which a later one of a key replaces an earlier one, and what all now stand for: both or neither,
        wherever the process is killed."""

    @abstractmethod
    def discard(self, partition: int) -> None: ...

    @abstractmethod
    def close(self) -> None: ...


class LocalTable:
    """What the partitions that this worker has stand for, kept in step with the changelog.

    A partition is followed from its assignment on. When a record of somebody else turns up between ours, it is followed
    no longer: what was kept stays right for its offset, and the next start reads on from there. When one of ours takes
    a place that was taken, the changelog is no more the one that the rows stand for: they are discarded.
    """

    def __init__(self, state: LocalState | None) -> None:
        self._state = state
        self._at: dict[int, int] = {}  # partition -> offset of the last record that is in the processor, and here

    def resume(self, partition: int, earliest: int, end: int) -> tuple[int | None, Iterator[Sequence[TableRow]]]:
        """The offset up to which the changelog need not be read, and the rows that stand for what comes before it:
        the one before its first, and no rows, where nothing is kept yet. Faust may remember a later one, of a partition
        that was here before the rebalance; read from there, the rows would seem whole and not be. None: nothing will be
        kept, and what Faust remembers is right.
        `earliest`, `end`: of the changelog's partition; `end` is the offset of its next record."""
        if self._state is None:
            return None, iter(())
        if partition in self._at:
            return self._at[partition], iter(())
        try:
            kept = self._state.offset(partition)
            if kept is not None and not earliest - 1 <= kept < end:
                log.warning("local rows do not fit the changelog", partition=partition, kept=kept, end=end)
                self._state.discard(partition)
                kept = None
        except LocalStateFailed as problem:
            self._give_up(problem)
            return None, iter(())
        self._at[partition] = at = earliest - 1 if kept is None else kept
        return at, self._state.rows(partition) if kept is not None else iter(())

    def read_back(self, partition: int, rows: Sequence[TableRow], last: int) -> None:
        """From the changelog, in order; `last`: the offset of the last of them, or of a later record without value."""
        at = self._at.get(partition)
        if at is not None and last > at:
            self._write(partition, rows, last)

    def written(self, partition: int, rows: Sequence[TableRow], first: int) -> None:
        """Ours, which the broker has under the offsets from `first` on, one after the other."""
        at = self._at.get(partition)
        if at is None:
            return
        if first == at + 1:
            self._write(partition, rows, first + len(rows) - 1)
            return
        log.warning("the changelog is not as we left it: local rows stay", partition=partition, at=at, first=first)
        if first <= at:  # the broker has lost what it had, or read it back to us before it told us that it has it
            self.discard(partition, 0)
        self._at.pop(partition, None)

    def discard(self, partition: int, earliest: int) -> None:
        """What is kept could not be read to its end: all comes from the changelog again."""
        self._at[partition] = earliest - 1
        try:
            if self._state is not None:
                self._state.discard(partition)
        except LocalStateFailed as problem:
            self._give_up(problem)

    def forget(self, partition: int) -> None:
        """Another worker may go on with it."""
        self._at.pop(partition, None)

    def close(self) -> None:
        try:
            if self._state is not None:
                self._state.close()
        except LocalStateFailed as problem:
            log.warning("local rows were not closed well", problem=str(problem))

    def _write(self, partition: int, rows: Sequence[TableRow], last: int) -> None:
        if self._state is None:
            return
        try:
            self._state.write(partition, rows, last)
            self._at[partition] = last
        except LocalStateFailed as problem:
            self._give_up(problem)

    def _give_up(self, problem: LocalStateFailed) -> None:
        log.error("local rows are kept no longer; the changelog has them", problem=str(problem))
        self._state = None
        self._at.clear()
