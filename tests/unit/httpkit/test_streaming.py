"""An answer that is made while it is sent: a failure before it is a problem, a failure in it cuts it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.access import ANYONE
from shared.httpkit import Handler, Route, create_app, streamed
from shared.kernel.failures import Transient
from tests.support.eventually import eventually

Client = TestClient[web.Request, web.Application]
PIECE = b"x" * 1_000_000


@dataclass
class Made:
    """How far the answers came."""

    pieces: int = 0
    closed: list[str] = field(default_factory=list)

    async def whole(self) -> AsyncGenerator[bytes, None]:
        yield b"one,"
        yield b"two"

    async def nothing(self) -> AsyncGenerator[bytes, None]:
        return
        yield b""

    async def away_at_once(self) -> AsyncGenerator[bytes, None]:
        raise Transient("a peer is away")
        yield b""

    async def away_later(self) -> AsyncGenerator[bytes, None]:
        yield b"one,"
        raise Transient("a peer is away")

    async def endless(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                self.pieces += 1
                yield PIECE
        finally:
            self.closed.append("endless")

    def routes(self) -> tuple[Route, ...]:
        return tuple(
            Route("GET", f"/{name}", name, name, self._handler(name), output_media_type="text/plain")
            for name in ("whole", "nothing", "away_at_once", "away_later", "endless")
        )

    def _handler(self, name: str) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await streamed(request, getattr(self, name)(), "text/plain", {"X-More": "yes"}, stalled_s=0.3)

        return handle


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
async def client(made: Made) -> AsyncIterator[Client]:
    routes = made.routes()
    app = create_app("test", routes, operations={route.operation: ANYONE for route in routes})
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_pieces_arrive_as_one_answer_with_what_guards_it(client: Client) -> None:
    async with client.get("/whole", headers={"X-Correlation-Id": "cor-1"}) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "text/plain", b"one,two")
        said = {name: answer.headers[name] for name in ("X-Correlation-Id", "Cache-Control", "X-More", "Server")}
    assert said == {"X-Correlation-Id": "cor-1", "Cache-Control": "no-store", "X-More": "yes", "Server": "ipp"}
    async with client.get("/nothing") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_what_fails_before_the_first_piece_is_a_problem(client: Client) -> None:
    async with client.get("/away_at_once") as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (503, "try-again")


async def test_what_fails_later_cuts_the_answer(client: Client) -> None:
    with pytest.raises(aiohttp.ClientError):
        async with client.get("/away_later") as answer:
            await answer.read()


async def test_who_goes_away_ends_the_making(client: Client, made: Made) -> None:
    async with client.get("/endless") as answer:
        await answer.content.readexactly(10)
        answer.close()

    async def closed() -> bool:
        return made.closed == ["endless"]

    await eventually(closed)


async def test_who_takes_nothing_is_cut_off_and_no_more_is_made_than_is_taken(client: Client, made: Made) -> None:
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")

    async def closed() -> bool:
        return made.closed == ["endless"]

    await eventually(closed)
    assert made.pieces < 30  # what fits into buffers on the way
    writer.close()
