"""What an attacker tries on identity: guessing in parallel, times that do not exist, images that are none."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.stack import LocalStack
from services.identity.settings import Settings
from services.identity.wiring import running
from shared.access import Role
from shared.runtime import ALL_ROLES
from tests.support.world import World, world_of

PASSWORD = "a long enough password"


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("identity", stack, tmp_path) as made:
        operator = {"IPP_OPERATOR_EMAIL": "op@platform.example", "IPP_OPERATOR_PASSWORD": PASSWORD}
        async with running(Settings.read({**made.env, **operator}), ALL_ROLES):
            yield made


async def registered(world: World) -> str:
    _, published = await world.call("GET", "/v1/agreements")
    names = ("document", "version", "language", "sha256")
    accepted = [{name: one[name] for name in names} for one in published["agreements"] if one["language"] == "en"]
    body = {
        "country": "US",
        "category": "individual",
        "registrant": "rights_holder",
        "email": f"owner-{uuid.uuid4().hex[:12]}@brand.example",
        "password": PASSWORD,
        "accepted": accepted,
    }
    status, answer = await world.call("POST", "/v1/accounts", body=body)
    assert status == 201, answer
    return str(answer["account_id"])


async def test_codes_guessed_at_once_are_counted_one_by_one(world: World) -> None:
    account = await registered(world)
    path = f"/v1/accounts/{account}/email-verification"
    answers = await asyncio.gather(*(world.call("POST", path, body={"code": f"{n:06d}"}) for n in range(25)))
    codes = sorted(answer.get("code", "right") for _, answer in answers)
    assert codes.count("code-wrong") <= 5
    assert codes.count("too-many-attempts") >= 19


async def test_passwords_guessed_at_once_are_counted_one_by_one(world: World) -> None:
    body = {"email": "op@platform.example", "password": "not the password"}
    answers = await asyncio.gather(*(world.call("POST", "/v1/sessions", body=body) for _ in range(15)))
    assert sorted(status for status, _ in answers) == [401] * 5 + [429] * 10


async def test_right_passwords_at_once_are_all_right(world: World) -> None:
    body = {"email": "op@platform.example", "password": PASSWORD}
    answers = await asyncio.gather(*(world.call("POST", "/v1/sessions", body=body) for _ in range(8)))
    assert [status for status, _ in answers] == [200] * 8


@pytest.mark.parametrize(
    ("after", "expected"),
    [("0001-01-01T00:00:00%2B14:00", 422), ("9999-12-31T23:59:59-14:00", 422), ("2026-01-01T00:00:00", 200)],
)
async def test_a_time_that_utc_does_not_have_is_refused(world: World, after: str, expected: int) -> None:
    reviewer = world.token("staff-1", Role.REVIEWER)
    status, _ = await world.call("GET", f"/v1/verifications?after={after}", reviewer)
    assert status == expected
