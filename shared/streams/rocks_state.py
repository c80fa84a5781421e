"""Local rows in RocksDB: one database of a worker, of which a key is the partition and the row's key."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog
from rocksdict import Options, Rdict, WriteBatch

from shared.streams.local_state import ROWS_AT_ONCE, LocalState, LocalStateFailed, TableRow

log = structlog.get_logger(__name__)

_ORIGIN = b"origin"
_OFFSET, _ROW = b"o", b"r"  # what follows: the partition in four bytes, and of a row its key
_WRITE_BUFFER = 8 * 1024 * 1024
_LOG_FILES = 2


class RocksState(LocalState):
    """Not synced to the disk at each write: a killed process loses nothing, a machine that loses power the newest
    writes, never one without those before it."""

    def __init__(self, database: Rdict) -> None:
        self._database = database

    @classmethod
    def open(cls, folder: Path, origin: str) -> "RocksState":
        """`origin`: of which changelog; rows of another one, and what RocksDB cannot open, are deleted. Raises
        LocalStateFailed where another process has the folder, or nothing can be written there."""
        with _failing():
            folder.mkdir(parents=True, exist_ok=True)
        try:
            database = _opened(folder)
        except LocalStateFailed as problem:
            if "lock" in str(problem).lower():
                raise
            log.warning("local rows cannot be opened and are deleted", folder=str(folder), problem=str(problem))
            database = _anew(folder)
        found = database.get(_ORIGIN)
        if found is not None and found != origin.encode():
            log.warning("local rows are of another changelog and are deleted", folder=str(folder), origin=origin)
            database.close()
            database = _anew(folder)
        with _failing():
            database.put(_ORIGIN, origin.encode())
        return cls(database)

    def offset(self, partition: int) -> int | None:
        with _failing():
            found = self._database.get(_OFFSET + _number(partition))
        return None if found is None else int(found)

    def rows(self, partition: int) -> Iterator[Sequence[TableRow]]:
        prefix = _ROW + _number(partition)
        with _failing():
            at = self._database.iter()
            at.seek(prefix)
            start, found = len(prefix), list[TableRow]()
            while at.valid() and (key := at.key()).startswith(prefix):
                found.append((key[start:], at.value()))
                at.next()
                if len(found) == ROWS_AT_ONCE:
                    yield found
                    found = []
            at.status()  # an iterator that meets a broken block ends, and raises only here
        yield found

    def write(self, partition: int, rows: Iterable[TableRow], offset: int) -> None:
        prefix = _ROW + _number(partition)
        batch = WriteBatch(raw_mode=True)
        for key, value in rows:
            batch.put(prefix + key, value)
        batch.put(_OFFSET + _number(partition), b"%d" % offset)
        with _failing():
            self._database.write(batch)

    def discard(self, partition: int) -> None:
        batch = WriteBatch(raw_mode=True)
        batch.delete(_OFFSET + _number(partition))
        batch.delete_range(_ROW + _number(partition), _ROW + _number(partition + 1))
        with _failing():
            self._database.write(batch)

    def close(self) -> None:
        with _failing():
            self._database.close()


@contextmanager
def _failing() -> Iterator[None]:
    """RocksDB's problems are plain `Exception`s."""
    try:
        yield
    except Exception as problem:
        raise LocalStateFailed(repr(problem)) from problem


def _opened(folder: Path) -> Rdict:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(_WRITE_BUFFER)
    options.set_keep_log_file_num(_LOG_FILES)
    with _failing():
        return Rdict(str(folder), options)


def _anew(folder: Path) -> Rdict:
    with _failing():
        shutil.rmtree(folder)
    return _opened(folder)


def _number(partition: int) -> bytes:
    return partition.to_bytes(4, "big")
