"""Sends prepared HTTP requests over keep-alive connections, as fast as they are answered: a process of its own.

    python -m tests.bench.load_client PORT CONNECTIONS FILE

FILE holds requests as they go over the wire, each after its length in four bytes. Each connection has one request
under way. It prints one line of JSON: wall seconds, how many of each status, latencies in ms. It parses no more of an
answer than its status and length, so that it costs some 20 µs a request and is not what is measured.
"""

import asyncio
import json
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvloop

_LENGTH = struct.Struct("<I")
_HEAD_END = b"\r\n\r\n"
_CONTENT_LENGTH = b"content-length:"


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _HEAD_END + body


def write_requests(path: Path, requests: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for each in requests:
            file.write(_LENGTH.pack(len(each)) + each)


def read_requests(path: Path) -> list[bytes]:
    content = path.read_bytes()
    found, at = [], 0
    while at < len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        found.append(content[at : at + length])
        at += length
    return found


class _Connection(asyncio.Protocol):
    """One request after the other, until there are none left."""

    def __init__(self, waiting: Iterator[bytes], statuses: Counter[str], latencies: list[float]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._statuses = statuses
        self._latencies = latencies
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def next(self) -> None:
        following = next(self._waiting, None)
        if following is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(following)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(_HEAD_END)
        if head_end < 0:
            return
        head = self._received[:head_end].lower()
        at = head.find(_CONTENT_LENGTH)
        line_end = head.find(b"\r\n", at)
        length = int(head[at + len(_CONTENT_LENGTH) : line_end if line_end > 0 else None])
        if len(self._received) < head_end + len(_HEAD_END) + length:
            return
        self._latencies.append(time.perf_counter() - self._sent_at)
        self._statuses[head[9:12].decode()] += 1
        self._received = b""
        self.next()

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(problem or ConnectionError("the server closed the connection"))


async def send(port: int, connections: int, requests: Sequence[bytes]) -> dict[str, object]:
    """All requests, and what came of them. Raises ConnectionError where the server hangs up."""
    loop = asyncio.get_running_loop()
    waiting, statuses, latencies = iter(requests), Counter[str](), list[float]()
    opened = [
        (await loop.create_connection(lambda: _Connection(waiting, statuses, latencies), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    started = time.perf_counter()
    for connection in opened:
        connection.next()
    await asyncio.gather(*(connection.done for connection in opened))
    seconds = time.perf_counter() - started
    latencies.sort()
    at = {name: round(latencies[int(len(latencies) * share)] * 1000, 2) for name, share in _SHARES.items()}
    return {"seconds": seconds, "statuses": dict(statuses), "ms": at, "client_cpu_s": time.process_time()}


_SHARES = {"p50": 0.5, "p99": 0.99}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(send(int(sys.argv[1]), int(sys.argv[2]), read_requests(Path(sys.argv[3]))))))
