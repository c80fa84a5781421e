"""Identity's part of an export: who may ask and how often, and no archive at all where a holder lets it down."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from deploy.local.stack import LocalStack
from services.identity.settings import Settings
from services.identity.wiring import running
from shared.access import Verifier
from shared.exports import Record, begin_line, end_line, line
from shared.httpkit import HttpServer
from shared.mongo import Database, connect
from shared.runtime.foundation import AUDIENCE
from shared.runtime.process import ALL_ROLES
from tests.integration.services.test_identity_journey import (
    OPERATOR,
    PASSWORD,
    SECRET,
    licence,
    send_identity,
    service_token,
    verified_email,
)
from tests.support.certificates import PNG
from tests.support.world import World, world_of

OTHERS = ("ipr", "complaints", "notifications", "scoring")
Answer = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
CASE = Record("cases", {"case_id": "IPP-1-001"}, {"case_id": "IPP-1-001", "records": []})


@dataclass
class Elsewhere:
    """All other services in one server; `says`: what one of them answers instead of a whole stream."""

    port: int = 0
    says: dict[str, Answer] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    correlations: set[str] = field(default_factory=set)

    async def export(self, request: web.Request) -> web.StreamResponse:
        service = request.match_info["service"]
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        self.correlations.add(request.headers["X-Correlation-Id"])
        response = web.StreamResponse(status=self.status.get(service, 200))
        await response.prepare(request)
        await self.says.get(service, whole)(request, response)
        return response


async def whole(request: web.Request, response: web.StreamResponse) -> None:
    await _begin(request, response)
    await response.write(line(CASE) + end_line(1))


async def cut(request: web.Request, response: web.StreamResponse) -> None:
    """It dies in the middle, after more than fits into anybody's buffers."""
    await _begin(request, response)
    for n in range(3000):
        await response.write(line(Record("cases", {"case_id": str(n)}, {"n": n, "text": f"{n:x}" * 200})))
    assert request.transport is not None
    request.transport.abort()


async def wrong(request: web.Request, response: web.StreamResponse) -> None:
    await _begin(request, response)
    await response.write(line(CASE) + end_line(2))


async def short(request: web.Request, response: web.StreamResponse) -> None:
    await _begin(request, response)
    await response.write(line(CASE))


async def no_stream(_: web.Request, response: web.StreamResponse) -> None:
    await response.write(b"<html>it works</html>\n")


async def another(_: web.Request, response: web.StreamResponse) -> None:
    await response.write(begin_line("complaints", "acc-intl-00000000000000000000") + end_line(0))


async def nothing(_: web.Request, __: web.StreamResponse) -> None:
    pass


async def _begin(request: web.Request, response: web.StreamResponse) -> None:
    await response.write(begin_line(request.match_info["service"], request.match_info["account"]))


@dataclass
class Scene:
    world: World
    elsewhere: Elsewhere
    account: str
    email: str
    token: str
    database: Database

    async def ask(self, password: str = PASSWORD, account: str = "me", token: str = "") -> tuple[int, Any]:
        """Status, and the archive or the problem. Raises aiohttp.ClientError where the answer breaks off."""
        url = f"http://127.0.0.1:{self.world.port}/v1/accounts/{account}/export"
        headers = {"Authorization": f"Bearer {token or self.token}"}
        async with self.world.http.post(url, json={"password": password}, headers=headers) as answer:
            content = await answer.read()
            if answer.status != 200:
                return answer.status, json.loads(content)["code"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
            return 200, zipfile.ZipFile(io.BytesIO(content))

    async def outcomes(self) -> list[str]:
        found = await self.database.collection("exports").find({"account": self.account}, sort=[("asked_at", 1)])
        return [each["outcome"] for each in found]


@pytest.fixture
async def scene(stack: LocalStack, tmp_path: Path) -> AsyncIterator[Scene]:
    elsewhere, app = Elsewhere(), web.Application()
    app.router.add_get("/{service}/v1/internal/accounts/{account}/export", elsewhere.export)
    server = HttpServer(app, "127.0.0.1", 0)
    await server.start()
    elsewhere.port = server.port
    async with world_of("identity", stack, tmp_path) as world:
        env = {
            **world.env,
            **{f"IPP_{name.upper()}_URL": f"http://127.0.0.1:{server.port}/{name}" for name in OTHERS},
            "IPP_ISSUERS": f"identity=http://127.0.0.1:{world.port}/.well-known/jwks.json",
            "IPP_OPERATOR_EMAIL": OPERATOR[0],
            "IPP_OPERATOR_PASSWORD": OPERATOR[1],
            "IPP_SERVICE_SECRET": SECRET,
        }
        async with running(Settings.read(env), ALL_ROLES):
            account, email, token = await verified_email(world, phone="+1 212 555 0100")
            database = connect(stack.mongo_url, f"{world.env['IPP_DATABASE_PREFIX']}_identity")
            yield Scene(world, elsewhere, account, email, token, database)
            database.close()
    await server.stop()


async def test_all_that_identity_holds_is_in_it_and_no_secret(scene: Scene) -> None:
    await send_identity(scene.world, scene.account, scene.token, licence("NY-77"))
    for email in ("first@brand.example", "second@brand.example"):
        body = {"disclosed": {"name": "Brand Desk", "email": email}}
        assert (await scene.world.call("PUT", f"/v1/accounts/{scene.account}/contacts", scene.token, body))[0] == 200

    status, archive = await scene.ask()

    assert status == 200
    [account] = json.loads(archive.read("identity/account.json"))
    assert (account["email"], account["phone"]) == (scene.email, "+12125550100")
    [identity] = json.loads(archive.read("identity/identity.json"))
    assert identity["details"]["registration_number"] == "NY-77"
    assert archive.read(identity["document"]) == PNG
    contacts = json.loads(archive.read("identity/contacts.json"))
    assert [(each["email"], each["current"]) for each in contacts] == [
        ("first@brand.example", False),
        ("second@brand.example", True),
    ]
    [session] = json.loads(archive.read("identity/sessions.json"))
    assert set(session) == {"session_id", "ends_at", "revoked"}
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (PASSWORD, "argon2", "secret_hash", "email_index", "subject_index", "vlt-"):
        assert secret.encode() not in everything
    assert json.loads(archive.read("complaints/cases.json")) == [CASE.record]


async def test_holders_are_asked_in_identitys_own_name_for_one_request(scene: Scene) -> None:
    await scene.ask()
    verifier = Verifier({"identity": f"http://127.0.0.1:{scene.world.port}/.well-known/jwks.json"}, AUDIENCE)
    assert {(await verifier.authenticate(token)).id for token in scene.elsewhere.tokens} == {"service:identity"}
    assert len(scene.elsewhere.tokens) == len(OTHERS)
    [correlation] = scene.elsewhere.correlations
    logged = await scene.database.collection("disclosures").find({"account": scene.account, "what": "everything"})
    assert [(each["to"], each["correlation_id"], each["ground"]) for each in logged] == [
        (scene.account, correlation, "own-request")
    ]


async def test_no_client_gets_a_token_in_identitys_name(scene: Scene) -> None:
    body = {"client_id": "identity", "client_secret": SECRET}
    status, problem = await scene.world.call("POST", "/v1/service-tokens", body=body)
    assert (status, problem["code"]) == (401, "credentials-wrong")


async def test_the_password_is_asked_again_and_only_the_owners_counts(scene: Scene) -> None:
    assert await scene.ask("not the password") == (401, "credentials-wrong")
    stranger, _, strangers_token = await verified_email(scene.world)
    assert await scene.ask(account=scene.account, token=strangers_token) == (404, "not-found")
    assert await scene.ask(token=await service_token(scene.world), account=stranger) == (403, "not-allowed")
    for _ in range(4):
        await scene.ask("not the password")
    assert await scene.ask() == (429, "too-many-attempts")
    assert await scene.outcomes() == []
    assert scene.elsewhere.tokens == []


async def test_three_a_day_and_then_again_tomorrow(scene: Scene) -> None:
    """The policy's figures (000 V.5 names none)."""
    for _ in range(3):
        assert (await scene.ask())[0] == 200
    assert await scene.ask() == (429, "export-limit-reached")
    scene.world.advance(timedelta(hours=24, seconds=1))
    status, archive = await scene.ask()
    assert status == 200
    told = json.loads(archive.read("identity/exports.json"))
    assert [each["outcome"] for each in told] == ["answered", "answered", "answered", "under-way"]
    assert all(each["answered_at"] for each in told[:3])


async def test_many_at_one_moment_do_not_get_past_the_limit(scene: Scene) -> None:
    answers = await asyncio.gather(*(scene.ask() for _ in range(6)))
    assert [status for status, _ in answers].count(200) <= 3
    assert {status for status, _ in answers} <= {200, 429}


@pytest.mark.parametrize("service", OTHERS)
@pytest.mark.parametrize("answer", [no_stream, another, nothing])
async def test_a_holder_that_does_not_begin_is_told_before_anything_is_sent(
    scene: Scene, service: str, answer: Answer
) -> None:
    scene.elsewhere.says[service] = answer
    assert await scene.ask() == (503, "try-again")
    scene.elsewhere.says.clear()
    scene.elsewhere.status[service] = 403
    assert await scene.ask() == (503, "try-again")
    scene.elsewhere.status.clear()
    for _ in range(3):  # what was not answered does not count
        assert (await scene.ask())[0] == 200
    assert await scene.outcomes() == ["failed", "failed", "answered", "answered", "answered"]


@pytest.mark.parametrize("service", OTHERS)
@pytest.mark.parametrize("answer", [cut, wrong, short])
async def test_a_holder_that_breaks_off_leaves_no_archive_that_opens(
    scene: Scene, service: str, answer: Answer
) -> None:
    scene.elsewhere.says[service] = answer
    try:
        status, _ = await scene.ask()
    except (aiohttp.ClientError, zipfile.BadZipFile):
        status = 0
    assert status in (0, 503)  # 503 where it broke off before anything was sent
    [outcome] = await scene.outcomes()
    assert outcome in ("broken-off", "failed")
    scene.elsewhere.says.clear()
    assert (await scene.ask())[0] == 200


async def test_a_holder_whose_address_is_not_known_is_not_left_out(stack: LocalStack, tmp_path: Path) -> None:
    async with world_of("identity", stack, tmp_path) as world:
        env = {
            **world.env,
            "IPP_ISSUERS": f"identity=http://127.0.0.1:{world.port}/.well-known/jwks.json",
            "IPP_SERVICE_SECRET": SECRET,
            "IPP_OPERATOR_EMAIL": OPERATOR[0],
            "IPP_OPERATOR_PASSWORD": OPERATOR[1],
        }
        async with running(Settings.read(env), ALL_ROLES):
            account, _, token = await verified_email(world)
            url = f"http://127.0.0.1:{world.port}/v1/accounts/{account}/export"
            headers = {"Authorization": f"Bearer {token}"}
            async with world.http.post(url, json={"password": PASSWORD}, headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (503, "try-again")
