"""A person sees to whom their data went, from the logs of all services; staff by their role; who is away is named."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from deploy.local.stack import LocalStack
from services.identity.settings import Settings
from services.identity.wiring import running
from shared.access import Role, Verifier
from shared.disclosures import DisclosureLog
from shared.disclosures.serving import ServedLog
from shared.eventstore import Cause
from shared.httpkit import HttpServer, create_app
from shared.mongo import Database
from shared.runtime import ALL_ROLES
from shared.runtime.foundation import AUDIENCE
from tests.integration.services.test_identity_journey import (
    OPERATOR,
    PASSWORD,
    SECRET,
    agree,
    licence,
    log_in,
    reviewer_token,
    send_identity,
    service_token,
    unique_email,
    verified_email,
)
from tests.support.world import World, world_of

OPERATIONS = {"read-disclosures-here": frozenset({Role.SERVICE})}


@dataclass
class Scene:
    """Identity, and ipr with a log of its own behind the same route and check of tokens as every service has."""

    world: World
    ipr: DisclosureLog
    ipr_server: HttpServer

    async def shown(self, token: str, account: str = "me", **query: Any) -> dict[str, Any]:
        path = f"/v1/accounts/{account}/disclosures?{urlencode(query)}"
        status, body = await self.world.call("GET", path, token)
        assert status == 200, body
        found: dict[str, Any] = body
        return found


@pytest.fixture
async def scene(stack: LocalStack, tmp_path: Path, fresh_database: Database) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as ends:
        world = await ends.enter_async_context(world_of("identity", stack, tmp_path))
        keys = f"http://127.0.0.1:{world.port}/.well-known/jwks.json"
        log = DisclosureLog(fresh_database, world.clock)
        verifier = Verifier({"identity": keys}, AUDIENCE)
        app = create_app("ipr", ServedLog(log).routes(), operations=OPERATIONS, authenticator=verifier)
        server = HttpServer(app, "127.0.0.1", 0)
        await server.start()
        ends.push_async_callback(server.stop)
        env = {
            **world.env,
            "IPP_ISSUERS": f"identity={keys}",
            "IPP_OPERATOR_EMAIL": OPERATOR[0],
            "IPP_OPERATOR_PASSWORD": OPERATOR[1],
            "IPP_SERVICE_SECRET": SECRET,
            "IPP_IPR_URL": f"http://127.0.0.1:{server.port}",
        }
        await ends.enter_async_context(running(Settings.read(env), ALL_ROLES))
        yield Scene(world, log, server)


async def auditor_token(world: World) -> str:
    email = unique_email()
    body = {"email": email, "password": PASSWORD, "roles": ["auditor"]}
    assert (await world.call("POST", "/v1/staff", await log_in(world, *OPERATOR), body))[0] == 201
    return await log_in(world, email, PASSWORD)


async def test_a_person_sees_who_got_what_for_which_case_and_never_who_of_our_staff(scene: Scene) -> None:
    world = scene.world
    account, _, owner = await verified_email(world)
    reviewer = await reviewer_token(world)
    world.advance(timedelta(minutes=1))
    assert (await send_identity(world, account, owner, licence()))[0] == 201
    assert (await world.call("GET", f"/v1/accounts/{account}/identity", reviewer))[0] == 200
    world.advance(timedelta(minutes=1))
    await agree(world, owner, "contact-disclosure")
    own = {"disclosed": {"name": "Brand Protection", "email": "bp@brand.example"}}
    assert (await world.call("PUT", f"/v1/accounts/{account}/contacts", owner, own))[0] == 200
    contact = {"party": "disclosed", "purpose": "takedown-ntc-1", "about": "IPP-1-001", "for": "m-taobao-17"}
    path = f"/v1/internal/accounts/{account}/contact?{urlencode(contact)}"
    assert (await world.call("GET", path, await service_token(world)))[0] == 200
    world.advance(timedelta(minutes=1))
    await scene.ipr.record(
        account, "right-document", "authentication", Cause("staff-GONE"), ground="service", about="rgt-1"
    )

    told = await scene.shown(owner)
    seen = [(e["service"], e["what"], e["to"], e["passed_to"], e["about"], e["ground"]) for e in told["disclosures"]]
    assert seen == [
        ("identity", "login-email", "service:notifications", "", "", "service"),
        ("identity", "identity-details", "reviewer", "", "", "service"),
        ("identity", "contact-disclosed", "service:notifications", "m-taobao-17", "IPP-1-001", "consent"),
        ("ipr", "right-document", "staff", "", "rgt-1", "service"),
    ]
    # complaints has no address here: what it may have disclosed is missing, and that is said
    assert (told["not_answered"], told["next"], told["account_id"]) == (["complaints"], None, account)

    for_audit = await scene.shown(await auditor_token(world), account)
    ids = [each["to"] for each in for_audit["disclosures"]]
    assert ids[1].startswith("staff-")
    assert ids[3] == "staff-GONE"


async def test_pages_hold_everything_once_though_many_happened_at_one_instant(scene: Scene) -> None:
    account, _, owner = await verified_email(scene.world)
    for number in range(7):
        await scene.ipr.record(account, f"what-{number}", "audit", Cause("service:x"), ground="service")
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = await scene.shown(owner, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [each["what"] for each in page["disclosures"]]
        cursor, pages = page["next"], pages + 1
    assert sorted(seen) == ["login-email", *(f"what-{number}" for number in range(7))]
    assert pages == 3


async def test_a_service_that_is_away_is_named_and_the_others_are_shown(scene: Scene) -> None:
    account, _, owner = await verified_email(scene.world)
    await scene.ipr.record(account, "right-document", "authentication", Cause("service:x"), ground="service")
    assert len((await scene.shown(owner))["disclosures"]) == 2
    await scene.ipr_server.stop()
    told = await scene.shown(owner)
    assert [each["service"] for each in told["disclosures"]] == ["identity"]
    assert told["not_answered"] == ["ipr", "complaints"]


async def test_others_see_nothing_and_odd_cursors_are_refused(scene: Scene) -> None:
    world = scene.world
    account, _, owner = await verified_email(world)
    _, _, other = await verified_email(world)
    path = f"/v1/accounts/{account}/disclosures"
    assert (await world.call("GET", path, other))[0] == 404
    for token in (await reviewer_token(world), await service_token(world)):
        assert (await world.call("GET", path, token))[0] == 403
    assert (await world.call("GET", path))[0] == 401
    for cursor in ("x", "%00", "bm90IGEgY3Vyc29y", "MDAwMS0wMS0wMVQwMDowMCswMDowMHw="):
        status, problem = await world.call("GET", f"{path}?cursor={cursor}", owner)
        assert status == 422 or cursor.startswith("MDAw"), (cursor, problem)
    for wrong in ("limit=0", "limit=200", "who=me"):
        assert (await world.call("GET", f"{path}?{wrong}", owner))[0] == 422


async def test_the_fetch_of_a_contact_takes_ids_only(scene: Scene) -> None:
    account, _, _ = await verified_email(scene.world)
    token = await service_token(scene.world)
    for wrong in ({"for": "two words"}, {"about": "x" * 129}, {"passed_to": "m-1"}):
        query = urlencode({"party": "disclosed", "purpose": "takedown", **wrong})
        path = f"/v1/internal/accounts/{account}/contact?{query}"
        assert (await scene.world.call("GET", path, token))[0] == 422
