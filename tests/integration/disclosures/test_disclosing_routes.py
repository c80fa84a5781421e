"""A route that gives personal data to others than their person answers only when the log has an entry of it."""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.access import Actor, Role
from shared.disclosures import DisclosureLog, nothing_of_others
from shared.eventstore import Cause
from shared.httpkit import Route, create_app
from shared.kernel.clock import SystemClock
from shared.mongo import Database

OPERATIONS = {"read": frozenset({Role.REVIEWER, Role.COMPLAINANT})}


@dataclass
class Tokens:
    """The token is the role."""

    async def authenticate(self, token: str) -> Actor:
        role = Role(token)
        return Actor(f"id-{token}", frozenset({role}), "acc-1" if role is Role.COMPLAINANT else None)


async def ask(handler: object, role: Role, discloses: str = "phone") -> tuple[int, str]:
    route = Route("GET", "/it", "read", "Read", handler, discloses=discloses)  # type: ignore[arg-type]
    app = create_app("test", (route,), operations=OPERATIONS, authenticator=Tokens())
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/it", headers={"Authorization": f"Bearer {role}"})
        return response.status, await response.text()


async def silent(_: web.Request) -> web.Response:
    return web.Response(text="+1 202 555 0100")


async def test_an_answer_without_an_entry_is_kept_back() -> None:
    status, text = await ask(silent, Role.REVIEWER)
    assert status == 500
    assert "555" not in text


async def test_an_owner_reading_what_is_theirs_is_no_disclosure() -> None:
    assert await ask(silent, Role.COMPLAINANT) == (200, "+1 202 555 0100")


async def test_a_route_that_discloses_nothing_needs_no_entry() -> None:
    assert await ask(silent, Role.REVIEWER, discloses="") == (200, "+1 202 555 0100")


async def test_a_reader_of_their_own_on_a_route_that_discloses_is_answered_where_that_is_said() -> None:
    async def own(_: web.Request) -> web.Response:
        nothing_of_others()
        return web.Response(text="mine")

    assert await ask(own, Role.REVIEWER) == (200, "mine")


async def test_a_refusal_needs_no_entry() -> None:
    async def refusing(_: web.Request) -> web.Response:
        return web.Response(status=404)

    assert (await ask(refusing, Role.REVIEWER))[0] == 404


async def test_an_entry_of_this_request_lets_the_answer_out(fresh_database: Database) -> None:
    log = DisclosureLog(fresh_database, SystemClock())

    async def telling(_: web.Request) -> web.Response:
        await log.record("acc-1", "phone", "verification", Cause("id-reviewer"), ground="service")
        return web.Response(text="+1 202 555 0100")

    assert await ask(telling, Role.REVIEWER) == (200, "+1 202 555 0100")
    # an entry of another request is no entry of this one
    assert (await ask(silent, Role.REVIEWER))[0] == 500
