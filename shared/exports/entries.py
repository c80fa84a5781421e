"""The stream between a holder of data and who makes the archive: lines of JSON in UTF-8, each an object.

    {"begin": {"version": 1, "service": "ipr", "account_id": "acc-…"}}
    {"table": "rights", "summary": {"name": "ALPHA"}, "record": {…}}
    {"file": "rgt-…/1-certificate.pdf", "base64": "…"}
    {"end": {"entries": 2}}

`begin` comes first and `end` last, with the number of what is between: a stream that was cut off is never taken for a
whole one. Records of one table follow each other, without
files between. A `summary` is what a person reads in a table, plain values only; an
empty one is not shown. A file's path is made of our own ids and codes, never of a name that somebody typed in.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from shared.peers import PeerAway

VERSION = 1
MAX_LINE = 16 * 1_048_576
"""Bytes: the largest file that we take (8 MB) in base64, and room."""

_TABLE = re.compile(r"[a-z][a-z_]{0,39}")
_PATH = re.compile(
    r"(?=.{1,200}\Z)[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9]+)?(?:/[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9]+)?)*"
)

Cell = str | int | float | bool | None


class BadStream(PeerAway):
    """What came is not what was agreed: nothing of it may be taken for the whole."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing of a table, as data and as a row that a person reads."""

    table: str
    summary: Mapping[str, Cell]
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was uploaded. `path`: within its service, ours."""

    path: str
    content: bytes


Entry = Record | Original


def begin_line(service: str, account_id: str) -> bytes:
    return _line({"begin": {"version": VERSION, "service": service, "account_id": account_id}})


def end_line(entries: int) -> bytes:
    return _line({"end": {"entries": entries}})


def line(entry: Entry) -> bytes:
    """Raises ValueError for what the other side would not take."""
    match entry:
        case Record(table, summary, record):
            _checked(table, _TABLE)
            made = _line({"table": table, "summary": summary, "record": record})
        case Original(path, content):
            _checked(path, _PATH)
            made = _line({"file": path, "base64": base64.b64encode(content).decode()})
    if len(made) > MAX_LINE:
        raise ValueError(f"an entry of {len(made)} bytes is longer than {MAX_LINE}")
    return made


@dataclass
class EntryReader:
    """Takes the stream in pieces of any size. `feed` and `close` raise BadStream."""

    service: str
    account_id: str
    begun: bool = field(default=False, init=False)
    ended: bool = field(default=False, init=False)
    _pieces: list[bytes] = field(default_factory=list, init=False)
    _waiting: int = field(default=0, init=False)
    _entries: int = field(default=0, init=False)
    _table: str = field(default="", init=False)
    _tables: set[str] = field(default_factory=set, init=False)
    _paths: set[str] = field(default_factory=set, init=False)

    def feed(self, piece: bytes) -> Iterator[Entry]:
        """The entries that are whole now."""
        *whole, rest = piece.split(b"\n")
        for part in whole:
            read = b"".join((*self._pieces, part))
            self._pieces, self._waiting = [], 0
            self._check_length(len(read))
            entry = self._entry(read)
            if entry is not None:
                yield entry
        if rest:
            self._pieces.append(rest)
            self._waiting += len(rest)
            self._check_length(self._waiting)

    def close(self) -> None:
        """After the last piece."""
        if not self.ended or self._pieces:
            raise self._bad("it ends before its end")

    def _entry(self, read: bytes) -> Entry | None:
        try:
            said = orjson.loads(read)
        except orjson.JSONDecodeError:
            raise self._bad("a line is not JSON") from None
        if not isinstance(said, dict) or self.ended:
            raise self._bad("something comes after the end" if self.ended else "a line is no object")
        if not self.begun:
            self._begin(said)
            return None
        match said:
            case {"table": str(table), "summary": dict(summary), "record": dict(record), **other} if not other:
                return self._record(table, summary, record)
            case {"file": str(path), "base64": str(text), **other} if not other:
                return self._file(path, text)
            case {"end": {"entries": int(count)}, **other} if not other:
                self.ended = True
                if count != self._entries:
                    raise self._bad(f"{self._entries} entries came of {count}")
                return None
        raise self._bad("a line is none of ours")

    def _begin(self, said: Mapping[str, Any]) -> None:
        if said != {"begin": {"version": VERSION, "service": self.service, "account_id": self.account_id}}:
            raise self._bad("it is another's, or of another version")
        self.begun = True

    def _record(self, table: str, summary: Mapping[str, Any], record: Mapping[str, Any]) -> Record:
        if not _TABLE.fullmatch(table) or any(not isinstance(cell, Cell) for cell in summary.values()):
            raise self._bad("a record does not fit")
        if table != self._table:
            if table in self._tables:
                raise self._bad(f"the table {table} begins a second time")
            self._table = table
            self._tables.add(table)
        self._entries += 1
        return Record(table, summary, record)

    def _file(self, path: str, text: str) -> Original:
        if not _PATH.fullmatch(path) or path.casefold() in self._paths:
            raise self._bad("a file has no path of ours, or one that was there already")
        self._paths.add(path.casefold())
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise self._bad("a file is not in base64") from None
        self._table = ""
        self._entries += 1
        return Original(path, content)

    def _check_length(self, length: int) -> None:
        if length > MAX_LINE:
            raise self._bad("a line is too long")

    def _bad(self, what: str) -> BadStream:
        """Says nothing of what came."""
        return BadStream(f"the export of {self.service}: {what}")


def _line(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _checked(name: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(name):
        raise ValueError("the name of a table or file is none of ours")
