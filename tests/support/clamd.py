"""A small server that speaks clamd's INSTREAM, on TCP or a Unix socket, and an honest fake of the scanner's port."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shared.files.scanning import Clean, Infected, Scanned, ScannerUnavailable

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every scanner finds, made to be harmless (eicar.org)."""

SIGNATURE = "Eicar-Test-Signature"
STREAM_LIMIT = 10 * 1_048_576


@dataclass
class FakeScanner:
    """Looks for EICAR itself, so that it answers on the same files as the real one. `out_of_reach`: as if it were."""

    out_of_reach: bool = False
    scanned: list[bytes] = field(default_factory=list)

    async def scan(self, content: bytes) -> Scanned:
        if self.out_of_reach or len(content) > STREAM_LIMIT:
            raise ScannerUnavailable("the fake says so")
        self.scanned.append(content)
        return Infected(SIGNATURE) if EICAR in content else Clean()


@dataclass
class ClamdServer:
    """As clamd's manual says (Clamd protocol): commands and answers end with a zero byte where they begin with `z`;
    over its limit it says so and closes, whatever is still on its way to it.

    say: in place of the true answer; silent: takes everything and never answers; by_bytes: the answer comes one byte
    at a time; hasty: it answers and closes after the first chunk, without reading on."""

    say: bytes = b""
    silent: bool = False
    by_bytes: bool = False
    hasty: bool = False
    url: str = ""
    chunks: list[int] = field(default_factory=list)

    @asynccontextmanager
    async def running(self, socket: Path | None = None) -> AsyncIterator["ClamdServer"]:
        if socket is None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.url = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        else:
            server = await asyncio.start_unix_server(self._serve, socket)
            self.url = f"unix://{socket}"
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            command = await reader.readuntil(b"\0")
            if command != b"zINSTREAM\0":
                writer.write(b"UNKNOWN COMMAND\0")
                return
            answer = await self._take(reader)
            if self.silent:
                await reader.read()  # until the client gives up
                return
            await self._answer(writer, self.say or answer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        for at in range(len(answer)) if self.by_bytes else (0,):
            writer.write(answer[at : at + 1] if self.by_bytes else answer)
            await writer.drain()

    async def _take(self, reader: asyncio.StreamReader) -> bytes:
        content = bytearray()
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            self.chunks.append(length)
            content += await reader.readexactly(length)
            if len(content) > STREAM_LIMIT or self.hasty:
                return b"INSTREAM size limit exceeded. ERROR\0"
        return f"stream: {SIGNATURE} FOUND\0".encode() if EICAR in content else b"stream: OK\0"
