"""The malware scanner as a port, and clamd's protocol behind it.

The client is ours: the library that is alive (aioclamd) speaks TCP only and goes through a thread for each 1,024 bytes,
and the protocol is one command.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from prometheus_client import Counter, Gauge

_CHUNK = 65_536
_MOST_ANSWER = 4096
_SECONDS = 20.0
_DEFAULT_PORT = 3310
_OK = "stream: OK"

CONFIGURED = Gauge("ipp_file_scanner_configured", "Whether a malware scanner is named: 1, or 0 and nothing is scanned.")
SCANNED = Counter("ipp_files_scanned_total", "Files handed to the malware scanner, by what came of it.", ["result"])


@dataclass(frozen=True)
class Infected:
    """`name`: the signature that matched, as the scanner calls it."""

    name: str


@dataclass(frozen=True)
class Clean:
    pass


@dataclass(frozen=True)
class NotConfigured:
    """Nobody looked: there is no scanner. Never to be taken for clean."""


Scanned = Clean | Infected | NotConfigured


class ScannerUnavailable(Exception):
    """There is a scanner, and it did not say whether the file is clean: out of reach, too slow, over its own limit."""


class Scanner(Protocol):
    async def scan(self, content: bytes) -> Scanned:
        """Raises ScannerUnavailable."""
        ...


class NoScanner:
    """Where none is configured."""

    async def scan(self, content: bytes) -> Scanned:
        return NotConfigured()


class Clamd:
    """clamd's INSTREAM, a connection for each file. `url`: `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`."""

    def __init__(self, url: str, seconds: float = _SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("tcp", "unix") or not (parts.hostname if parts.scheme == "tcp" else parts.path):
            raise ValueError(f"a scanner is named tcp://host:port or unix:///path, not {url!r}")
        self._url = parts
        self._seconds = seconds

    async def scan(self, content: bytes) -> Scanned:
        """Raises ScannerUnavailable."""
        try:
            async with asyncio.timeout(self._seconds), self._connection() as (reader, writer):
                answer = await _instream(reader, writer, content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as problem:
            raise ScannerUnavailable(f"{type(problem).__name__} from the scanner") from problem
        return _read(answer)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        if self._url.scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(self._url.path, limit=_MOST_ANSWER)
        else:
            port = self._url.port or _DEFAULT_PORT
            reader, writer = await asyncio.open_connection(self._url.hostname, port, limit=_MOST_ANSWER)
        try:
            yield reader, writer
        finally:
            writer.close()


async def _instream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes) -> str:
    """clamd may answer and close before it has everything (over its limit): then what it said is what counts, but for
    an OK, which is said of a part only."""
    writer.write(b"zINSTREAM\0")
    try:
        for start in range(0, len(content), _CHUNK):
            chunk = content[start : start + _CHUNK]
            writer.write(struct.pack(">I", len(chunk)) + chunk)
            await writer.drain()
        writer.write(struct.pack(">I", 0))
        await writer.drain()
    except ConnectionError:
        if not reader.at_eof() and reader.exception() is None:
            answer = await _answer(reader)
            if answer != _OK:
                return answer
        raise
    return await _answer(reader)


async def _answer(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\0")).rstrip(b"\0").decode("utf-8", "replace")


def _read(answer: str) -> Scanned:
    """`stream: OK`, `stream: <name> FOUND`; everything else is no answer to the question."""
    if answer == _OK:
        return Clean()
    said = answer.removeprefix("stream:").strip()
    if said.endswith(" FOUND"):
        return Infected(said.removesuffix(" FOUND").strip())
    raise ScannerUnavailable(f"the scanner says: {answer[:200]}")


def scanner_from(url: str) -> Scanner:
    """An empty address: none is configured, which the metric tells."""
    CONFIGURED.set(1 if url else 0)
    return Clamd(url) if url else NoScanner()
