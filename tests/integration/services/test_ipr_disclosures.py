"""What ipr gives to others than the owner of a right is in its log, and identity gets the log for the person."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.stack import LocalStack
from services.ipr.settings import Settings
from services.ipr.wiring import running
from shared.access import Role
from shared.mongo import connect
from shared.runtime.process import ALL_ROLES
from tests.integration.services.test_ipr import Owner
from tests.support.world import World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("ipr", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


async def logged(world: World, right_id: str) -> list[tuple[str, str, str, str, str]]:
    """What left of the right's owner, to whom, why, on which ground, and whom it was passed on to."""
    settings = Settings.read(world.env).surroundings
    database = connect(settings.mongo_url, settings.database)
    found = await database.collection("disclosures").find({}, sort=[("at", 1)])
    database.close()
    assert {each["about"] for each in found} <= {right_id, "IPP-1-001"}
    return [(e["what"], e["to"], e["purpose"], e["ground"], e.get("passed_to", "")) for e in found]


async def test_whoever_but_the_owner_sees_something_personal_is_logged(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()

    async def seen(token: str, path: str) -> int:
        url = f"http://127.0.0.1:{world.port}/v1/rights/{right_id}{path}"
        async with world.http.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
            return response.status

    assert [await seen(owner.token, path) for path in ("", "/documents/1")] == [200, 200]
    assert await logged(world, right_id) == []

    for role, path in ((Role.REVIEWER, ""), (Role.AUDITOR, ""), (Role.REVIEWER, "/documents/1")):
        assert await seen(world.token(f"staff-{role}", role), path) == 200
    service = world.token("service:notifications", Role.SERVICE)
    path = f"/v1/internal/rights/{right_id}/certificates?about=IPP-1-001&for=m-taobao-17"
    assert (await world.call("GET", path, service))[0] == 200

    assert sorted(await logged(world, right_id)) == [
        ("right-certificates", "service:notifications", "takedown-notice", "claim", "m-taobao-17"),
        ("right-document", "staff-reviewer", "authentication", "service", ""),
        ("right-registrant", "staff-auditor", "audit", "service", ""),
        ("right-registrant", "staff-reviewer", "authentication", "service", ""),
    ]


async def test_the_log_is_given_to_our_services_page_by_page(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()
    reviewer, service = world.token("staff-1", Role.REVIEWER), world.token("service:identity", Role.SERVICE)
    for _ in range(3):
        await world.call("GET", f"/v1/rights/{right_id}", reviewer)
    path = f"/v1/internal/accounts/{owner.account}/disclosures"
    _, first = await world.call("GET", f"{path}?limit=2", service)
    last = first["entries"][-1]
    _, second = await world.call("GET", f"{path}?limit=2&after_at={last['at']}&after_id={last['id']}", service)
    assert len({each["id"] for each in first["entries"] + second["entries"]}) == 3
    for token in (owner.token, reviewer):
        assert (await world.call("GET", path, token))[0] == 403
    _, nobody = await world.call("GET", "/v1/internal/accounts/acc-intl-NOBODY/disclosures", service)
    assert nobody == {"entries": []}
    for wrong in ("limit=0", "limit=500", "after_at=then", "who=me"):
        assert (await world.call("GET", f"{path}?{wrong}", service))[0] == 422
