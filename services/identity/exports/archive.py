"""A zip archive that is made piece by piece, and rows that wait packed until it is their turn."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson

from shared.exports import Cell

LARGEST = 1 << 30
"""Bytes of one file of records; more go into a further one, so that no old program meets a size that it cannot read."""

_ONLY_OWNER = 0o600 << 16
_KEPT = 65_536


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the archive as the manifest names it; bytes and hash of what it unpacks to."""

    path: str
    size: int
    sha256: str


class _Sink:
    """Takes what zipfile writes. It has no place to go back to, so sizes come behind each file."""

    def __init__(self) -> None:
        self.ready = bytearray()

    def write(self, data: bytes) -> int:
        self.ready += data
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


class Archive:
    """One file after the other: `begin`, `write`, `end`; or `add`. `take` gives what is ready to be sent."""

    def __init__(self, at: datetime) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w")
        self._at = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)
        self._open: IO[bytes] | None = None
        self._path, self._size, self._hash = "", 0, hashlib.sha256()
        self._paths: set[str] = set()
        self.files: list[Listed] = []

    def begin(self, path: str, *, packed: bool = True) -> None:
        """packed: not for pictures and PDFs, which are already. Raises ValueError for a path that was there."""
        if path.casefold() in self._paths:
            raise ValueError("a path comes twice")
        self._paths.add(path.casefold())
        info = ZipInfo(path, self._at)
        info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
        info.external_attr = _ONLY_OWNER
        self._open = self._zip.open(info, "w")
        self._path, self._size, self._hash = path, 0, hashlib.sha256()

    def write(self, data: bytes) -> None:
        if self._open is None:
            raise RuntimeError("no file is begun")
        self._open.write(data)
        self._hash.update(data)
        self._size += len(data)

    def end(self) -> Listed:
        if self._open is None:
            raise RuntimeError("no file is begun")
        self._open.close()
        self._open = None
        listed = Listed(self._path, self._size, self._hash.hexdigest())
        self.files.append(listed)
        return listed

    def add(self, path: str, content: bytes, *, packed: bool = True) -> Listed:
        self.begin(path, packed=packed)
        self.write(content)
        return self.end()

    def finish(self) -> None:
        """Writes the directory, without which no program opens the archive."""
        self._zip.close()

    def take(self) -> bytes:
        ready, self._sink.ready = bytes(self._sink.ready), bytearray()
        return ready


class PackedRows:
    """Rows that are written out later, twice: some thirty bytes of memory each."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(level=1)
        self._pieces: list[bytes] = []
        self._plain = bytearray()
        self.count = 0
        self._columns: dict[str, None] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """Of any row, in the order in which they came."""
        return tuple(self._columns)

    def add(self, row: Mapping[str, Cell]) -> None:
        self._plain += orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        self.count += 1
        self._columns |= dict.fromkeys(row)
        if len(self._plain) >= _KEPT:
            self._pack()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """All rows so far. None may be added afterwards."""
        self._pack()
        self._pieces.append(self._packer.flush(zlib.Z_SYNC_FLUSH))
        unpacker, rest = zlib.decompressobj(), b""
        for piece in self._pieces:
            *whole, rest = (rest + unpacker.decompress(piece)).split(b"\n")
            yield from map(orjson.loads, whole)

    def _pack(self) -> None:
        self._pieces.append(self._packer.compress(bytes(self._plain)))
        self._plain = bytearray()
