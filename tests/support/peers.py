"""Identity, ipr and the marketplaces' contact port as notifications finds them over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from shared.httpkit import HttpServer

SECRET = "made-up-secret"
TOKEN = "made-up-token"


@dataclass
class PeerServer:
    """What each answers; what is not there is a 404. `down` answers 503 to paths that hold one of its texts."""

    contacts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    rights: dict[str, dict[str, Any]] = field(default_factory=dict)
    merchants: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    purposes: list[str] = field(default_factory=list)
    passed_on: list[tuple[str, str]] = field(default_factory=list)
    tokens_issued: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["PeerServer"]:
        app = web.Application(middlewares=[self._guarded])
        app.router.add_post("/v1/service-tokens", self._token)
        app.router.add_get("/v1/internal/accounts/{id}/contact", self._contact)
        app.router.add_get("/v1/internal/accounts/{id}/email-code", self._code)
        app.router.add_get("/v1/internal/rights/{id}/certificates", self._right)
        app.router.add_get("/v1/{platform}/merchants/{id}/contact", self._merchant)
        server = HttpServer(app, "127.0.0.1", 0)
        await server.start()
        self.port = server.port
        try:
            yield self
        finally:
            await server.stop()

    @property
    def _guarded(self) -> Any:
        @web.middleware
        async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
            if any(text in request.path for text in self.down):
                return web.Response(status=503)
            is_internal = request.path.startswith("/v1/internal/")
            if is_internal and request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return web.Response(status=401)
            found: web.StreamResponse = await handler(request)
            return found

        return guard

    async def _token(self, request: web.Request) -> web.Response:
        body = await request.json()
        if (body["client_id"], body["client_secret"]) != ("notifications", SECRET):
            return web.Response(status=401)
        self.tokens_issued += 1
        return web.json_response(
            {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 1800, "refresh_token": None}
        )

    async def _contact(self, request: web.Request) -> web.Response:
        self.purposes.append(request.query["purpose"])
        if "for" in request.query:
            self.passed_on.append((request.query["about"], request.query["for"]))
        return _found(self.contacts.get((request.match_info["id"], request.query["party"])))

    async def _code(self, request: web.Request) -> web.Response:
        return _found(self.codes.get(request.match_info["id"]))

    async def _right(self, request: web.Request) -> web.Response:
        self.passed_on.append((request.query["about"], request.query["for"]))
        return _found(self.rights.get(request.match_info["id"]))

    async def _merchant(self, request: web.Request) -> web.Response:
        return _found(self.merchants.get((request.match_info["platform"], request.match_info["id"])))


def _found(body: dict[str, Any] | None) -> web.Response:
    return web.json_response(body) if body is not None else web.Response(status=404)
