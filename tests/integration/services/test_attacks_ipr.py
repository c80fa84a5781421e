"""What an attacker tries on ipr: numbers and times that are none, and other people's rights."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest

from deploy.local.stack import LocalStack
from services.ipr.settings import Settings
from services.ipr.wiring import running
from shared.access import Role
from shared.contracts.identity import accounts
from shared.kernel.ids import random_id
from shared.runtime.process import ALL_ROLES
from tests.support.certificates import PDF
from tests.support.world import World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("ipr", stack, tmp_path) as made, running(Settings.read(made.env), ALL_ROLES):
        yield made


async def submitted(world: World) -> tuple[str, str]:
    """A right and its owner's token; tries again while the account is on its way."""
    account, key = random_id("acc-intl"), uuid.uuid4().hex
    token = world.token(account, Role.COMPLAINANT, account=account)
    await world.tell(accounts.TOPIC.name, account, accounts.EmailVerified(account_id=account))
    right = {
        "right_type": "trademark",
        "place": "CN",
        "name": "ACME",
        "registration_number": "1234567",
        "registrant": "Acme Widgets Inc.",
        "expires_on": "2027-03-12",
        "nice_classes": [25],
    }
    found: list[str] = []

    async def taken() -> bool:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("submission", orjson.dumps(right).decode())
        form.add_field("certificate", PDF, filename="a.pdf", content_type="application/pdf")
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        url = f"http://127.0.0.1:{world.port}/v1/rights"
        async with world.http.post(url, data=form, headers=headers) as response:
            found[:] = [(await response.json(content_type=None)).get("right_id", "")]
            return response.status == 201

    await world.until(taken)
    return found[0], token


@pytest.mark.parametrize("after", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_time_that_utc_does_not_have_is_refused(world: World, after: str) -> None:
    reviewer = world.token("staff-1", Role.REVIEWER)
    status, problem = await world.call("GET", f"/v1/authentications?after={after}", reviewer)
    assert (status, problem["code"]) == (422, "query-not-valid")


async def test_documents_are_found_by_their_numbers_only_and_by_nobody_else(world: World) -> None:
    right_id, owner = await submitted(world)
    other = world.token("acc-other", Role.COMPLAINANT, account="acc-other")
    for number in ("0", "-1", "01", "2", "1" * 5_000, "%D9%A1", "%C2%B2", "x"):
        status, problem = await world.call("GET", f"/v1/rights/{right_id}/documents/{number}", owner)
        assert (status, problem["code"]) == (404, "not-found"), number
    theirs = await world.call("GET", f"/v1/rights/{right_id}/documents/1", other)
    nobodys = await world.call("GET", "/v1/rights/rgt-NONE/documents/1", other)
    assert (theirs[0], theirs[1]["detail"]) == (nobodys[0], nobodys[1]["detail"])
