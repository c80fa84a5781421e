"""Who is kept back: the replica is believed where it keeps, and identity is asked where it does not."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web

from shared.httpkit import HttpServer
from shared.kernel.failures import Transient
from shared.peers import Peers
from shared.retention import AskedIdentity


class Bearer:
    async def token(self, session: ClientSession) -> str:
        return "a-token"

    def refused(self) -> None: ...


class Identity:
    """Two pages of one account each."""

    def __init__(self) -> None:
        self.held = {"acc-intl-A": "legal-hold", "acc-intl-B": "restriction"}
        self.asked: list[str] = []
        self.status = 200
        self.url = ""

    async def kept_back(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "")
        self.asked.append(after)
        page = [(account, because) for account, because in sorted(self.held.items()) if account > after][:1]
        accounts = [{"account_id": account, "because": because} for account, because in page]
        return web.json_response({"accounts": accounts, "more": bool(page)}, status=self.status)


class Replica:
    def __init__(self, **facts: dict[str, Any]) -> None:
        self.facts = {name.replace("_", "-"): each for name, each in facts.items()}

    async def get(self, subject: str) -> dict[str, Any] | None:
        return self.facts.get(subject)


@pytest.fixture
async def identity() -> AsyncIterator[Identity]:
    made, app = Identity(), web.Application()
    app.router.add_get("/v1/internal/kept-back", made.kept_back)
    server = HttpServer(app, "127.0.0.1", 0)
    await server.start()
    made.url = f"http://127.0.0.1:{server.port}"
    yield made
    await server.stop()


async def _among(identity: Identity, replica: Replica, *accounts: str) -> dict[str, str]:
    async with Peers(Bearer()) as peers:
        asked = AskedIdentity(peers, identity.url, cast("Any", replica))
        return dict(await asked.among(set(accounts)))


async def test_a_replica_that_is_behind_does_not_let_go_what_is_held(identity: Identity) -> None:
    behind = Replica(acc_intl_A={"legal_hold": False}, acc_intl_C={"standing": "good"})
    found = await _among(identity, behind, "acc-intl-A", "acc-intl-B", "acc-intl-C")
    assert found == {"acc-intl-A": "legal-hold", "acc-intl-B": "restriction"}
    assert identity.asked == ["", "acc-intl-A", "acc-intl-B"]


async def test_what_the_replica_knows_to_be_held_needs_no_question(identity: Identity) -> None:
    knows = Replica(acc_intl_D={"legal_hold": True}, acc_intl_E={"restricted": True})
    assert await _among(identity, knows, "acc-intl-D", "acc-intl-E") == {
        "acc-intl-D": "legal-hold",
        "acc-intl-E": "restriction",
    }
    assert await _among(identity, knows) == {}
    assert identity.asked == []


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_without_an_answer_nobody_says_that_nothing_is_held(identity: Identity, status: int) -> None:
    identity.status = status
    with pytest.raises(Transient):
        await _among(identity, Replica(), "acc-intl-C")


async def test_an_identity_that_is_not_there_is_no_answer() -> None:
    nowhere = Identity()
    for url in ("", "http://127.0.0.1:9"):
        nowhere.url = url
        with pytest.raises(Transient):
            await _among(nowhere, Replica(), "acc-intl-C")
