"""Peers are asked with a token that is fetched once, and anew when it is not taken; errors name nobody."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from shared.httpkit import HttpServer
from shared.peers import FetchedToken, PeerAway, Peers


@dataclass
class Elsewhere:
    """Identity and a peer in one server: tokens are numbered, and only the newest is taken."""

    url: str = ""
    issued: int = 0
    seen: list[str] = field(default_factory=list)
    status: int = 200

    async def token(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body != {"client_id": "ipr", "client_secret": "right"}:
            return web.json_response({}, status=401)
        self.issued += 1
        return web.json_response({"access_token": f"token-{self.issued}", "expires_in": 1800})

    async def thing(self, request: web.Request) -> web.Response:
        self.seen.append(request.headers.get("Authorization", ""))
        if self.status == 200 and self.seen[-1] not in ("", f"Bearer token-{self.issued}"):
            return web.json_response({}, status=401)
        return web.json_response({"email": "somebody@brand.example"}, status=self.status)


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    made = Elsewhere()
    app = web.Application()
    app.router.add_post("/v1/service-tokens", made.token)
    app.router.add_get("/v1/thing", made.thing)
    server = HttpServer(app, "127.0.0.1", 0)
    await server.start()
    made.url = f"http://127.0.0.1:{server.port}"
    yield made
    await server.stop()


def _peers(elsewhere: Elsewhere, shown: str = "right") -> Peers:
    return Peers(FetchedToken(elsewhere.url, "ipr", shown))


async def test_one_token_serves_many_questions(elsewhere: Elsewhere) -> None:
    async with _peers(elsewhere) as peers:
        answers = [await peers.get(f"{elsewhere.url}/v1/thing") for _ in range(3)]
    assert answers == [(200, {"email": "somebody@brand.example"})] * 3
    assert elsewhere.issued == 1


async def test_a_token_that_is_not_taken_any_more_is_fetched_anew(elsewhere: Elsewhere) -> None:
    async with _peers(elsewhere) as peers:
        await peers.get(f"{elsewhere.url}/v1/thing")
        elsewhere.issued += 1  # somebody else's login made ours old
        assert (await peers.get(f"{elsewhere.url}/v1/thing"))[0] == 200
    assert elsewhere.seen[-2:] == ["Bearer token-1", "Bearer token-3"]


async def test_others_do_not_see_our_token(elsewhere: Elsewhere) -> None:
    async with _peers(elsewhere) as peers:
        assert (await peers.get(f"{elsewhere.url}/v1/thing", own=False))[0] == 200
    assert (elsewhere.seen, elsewhere.issued) == ([""], 0)


@pytest.mark.parametrize("status", [404, 410, 500])
async def test_other_statuses_are_told_without_a_body(elsewhere: Elsewhere, status: int) -> None:
    elsewhere.status = status
    async with _peers(elsewhere) as peers:
        assert await peers.get(f"{elsewhere.url}/v1/thing") == (status, None)


async def test_a_wrong_secret_and_a_peer_that_is_down_may_pass(elsewhere: Elsewhere) -> None:
    async with _peers(elsewhere, "wrong") as peers:
        with pytest.raises(PeerAway, match="401"):
            await peers.get(f"{elsewhere.url}/v1/thing")
    async with _peers(elsewhere) as peers:
        with pytest.raises(PeerAway) as caught:
            await peers.get("http://127.0.0.1:9/v1/accounts/acc-1", own=False)
    assert "acc-1" not in str(caught.value)


async def test_an_answer_is_read_piece_by_piece(elsewhere: Elsewhere) -> None:
    async with _peers(elsewhere) as peers, peers.response(f"{elsewhere.url}/v1/thing") as response:
        pieces: list[Any] = [piece async for piece in response.content.iter_any()]
    assert b"".join(pieces) == b'{"email": "somebody@brand.example"}'


async def test_what_else_is_said_goes_along_and_never_in_place_of_the_token(elsewhere: Elsewhere) -> None:
    said = {"X-Correlation-Id": "cor-1", "Authorization": "Bearer another"}
    async with _peers(elsewhere) as peers:
        async with peers.response(f"{elsewhere.url}/v1/thing", headers=said) as response:
            assert response.status == 200
        assert response.request_info.headers["X-Correlation-Id"] == "cor-1"
    assert elsewhere.seen == ["Bearer token-1"]
