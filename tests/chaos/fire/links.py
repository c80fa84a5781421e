"""A link: a TCP proxy between a client and a server that can be cut, slowed or left half open."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Literal, cast

from deploy.local.ports import LOOPBACK

_FORGOTTEN_AFTER = 120.0  # seconds
State = Literal["open", "cut", "slow", "half-open"]


class Link:
    """Listens on `port` and passes on to `upstream`, a port of the loopback address that may change: new connections go
    to the new one.

    cut: what is connected is reset, and so is whoever comes. slow: each piece of data arrives `delay` seconds late, in
    both directions, in order. half-open: nothing passes, in neither direction, and nobody is told; when that ends, new
    connections are fine, and those of that time stay silent for ever: a router has forgotten them and drops what comes.
    """

    def __init__(self, name: str, port: int, upstream: int) -> None:
        self.name = name
        self.port = port
        self.upstream = upstream
        self.state: State = "open"
        self.delay = 0.0
        self._pipes: set[_Pipe] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Side(_Pipe(self)), LOOPBACK, self.port, backlog=256)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._reset_all()

    def cut(self) -> None:
        self.state = "cut"
        self._reset_all()

    def slow(self, delay: float) -> None:
        self.state, self.delay = "slow", delay

    def fall_silent(self) -> None:
        self.state = "half-open"
        for pipe in self._pipes:
            pipe.silent = True

    def heal(self) -> None:
        self.state, self.delay = "open", 0.0

    def point_to(self, upstream: int, *, reset: bool = False) -> None:
        """New connections go there; `reset`: the present ones end, as when their server was taken away."""
        self.upstream = upstream
        if reset:
            self._reset_all()

    def _reset_all(self) -> None:
        for pipe in list(self._pipes):
            pipe.reset()

    def add(self, pipe: "_Pipe") -> None:
        self._pipes.add(pipe)

    def discard(self, pipe: "_Pipe") -> None:
        self._pipes.discard(pipe)


class _Pipe:
    """One connection of a client and the one to the server that goes with it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.silent = link.state == "half-open"
        self.client: _Side | None = None
        self.server: _Side | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def connected(self, client: "_Side") -> None:
        self.client = client
        if self.link.state == "cut":
            client.abort()
            return
        self.link.add(self)
        if not self.silent:
            self._tasks.add(asyncio.create_task(self._reach_server()))

    async def _reach_server(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Side(self, upstream=True), LOOPBACK, self.link.upstream)
        except OSError:
            self.reset()

    def reached(self, server: "_Side") -> None:
        self.server = server
        if self.client is None or self.client.gone:
            server.abort()
            return
        for piece in self.client.early:
            server.write(piece)
        self.client.early.clear()

    def other(self, side: "_Side") -> "_Side | None":
        return self.server if side is self.client else self.client

    def ended(self, side: "_Side") -> None:
        self.link.discard(self)
        other = self.other(side)
        if other is not None and not other.gone:
            if self.silent:  # the other is not told; only much later, so that nothing piles up here
                asyncio.get_running_loop().call_later(_FORGOTTEN_AFTER, other.abort)
            else:
                other.close()
        elif other is None:
            for task in self._tasks:
                task.cancel()

    def reset(self) -> None:
        self.link.discard(self)
        for task in self._tasks:
            task.cancel()
        for side in (self.client, self.server):
            if side is not None:
                side.abort()


class _Side(asyncio.Protocol):
    """One end of a pipe. `early`: what came before the server was reached."""

    def __init__(self, pipe: _Pipe, *, upstream: bool = False) -> None:
        self.pipe = pipe
        self.gone = False
        self.early: list[bytes] = []
        self._upstream = upstream
        self._late: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by class
        if self._upstream:
            self.pipe.reached(self)
        else:
            self.pipe.connected(self)

    def data_received(self, data: bytes) -> None:
        if self.pipe.silent:
            return
        other = self.pipe.other(self)
        if other is None:
            self.early.append(data)
        else:
            other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        if self._timer is not None:
            self._timer.cancel()
        self.pipe.ended(self)

    def pause_writing(self) -> None:
        other = self.pipe.other(self)
        if other is not None and other._transport is not None and not other.gone:
            with suppress(RuntimeError):
                other._transport.pause_reading()

    def resume_writing(self) -> None:
        other = self.pipe.other(self)
        if other is not None and other._transport is not None and not other.gone:
            with suppress(RuntimeError):
                other._transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self._transport is None or self.gone:
            return
        delay = self.pipe.link.delay
        if delay or self._late:
            self._late.append((asyncio.get_running_loop().time() + delay, data))
            self._wake()
        else:
            self._transport.write(data)

    def _wake(self) -> None:
        if self._timer is None and self._late:
            self._timer = asyncio.get_running_loop().call_at(self._late[0][0], self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._late and self._late[0][0] <= now + 0.001 and self._transport is not None:
            self._transport.write(self._late.popleft()[1])
        self._wake()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
