"""What an attacker or a clumsy client tries on complaints: races, keys, cursors, other people's matters."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.access import Actor, Role
from shared.kernel.ids import random_id
from shared.runtime.foundation import AUDIENCE
from shared.runtime.process import ALL_ROLES
from tests.support.complaints import Filer, fresh_item, taken_down, taobao
from tests.support.world import World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


async def filed(filer: Filer, rows: int = 1) -> list[dict[str, Any]]:
    status, answer = await filer.file(*(taobao(fresh_item()) for _ in range(rows)))
    assert status == 201
    found: list[dict[str, Any]] = answer["cases"]
    return found


async def test_one_request_sent_by_twenty_clients_at_once_is_answered_alike(world: World) -> None:
    filer = await Filer(world).known()
    await filed(filer)
    body, key = filer.body(taobao(fresh_item()), taobao(fresh_item())), random_id("key")
    calls = (world.call("POST", "/v1/submissions", filer.token, body, key) for _ in range(20))
    answers = await asyncio.gather(*calls)
    assert [status for status, _ in answers] == [201] * 20
    assert all(answer == answers[0][1] for _, answer in answers)
    assert len(answers[0][1]["cases"]) == 2


async def test_one_key_for_two_bodies_at_once_is_taken_for_one(world: World) -> None:
    filer = await Filer(world).known()
    await filed(filer)
    key, bodies = random_id("key"), [filer.body(taobao(fresh_item())) for _ in range(6)]
    answers = await asyncio.gather(*(world.call("POST", "/v1/submissions", filer.token, body, key) for body in bodies))
    assert sorted(status for status, _ in answers) == [201] + [422] * 5
    assert {answer["code"] for status, answer in answers if status == 422} == {"idempotency-key-reused"}


async def test_a_reviewers_key_gives_another_reviewer_nothing(world: World) -> None:
    case_id = (await filed(await Filer(world).known()))[0]["case_id"]
    first, second = world.token("staff-1", Role.REVIEWER), world.token("staff-2", Role.REVIEWER)
    claims = await asyncio.gather(
        *(world.call("POST", "/v1/review/claims", token, {"case_ids": [case_id]}) for token in (first, second))
    )
    assert sorted(str(answer["claims"][0]["refused"]) for _, answer in claims) == ["None", "under-review-by-another"]
    path, key = f"/v1/cases/{case_id}/decision", random_id("key")
    assert (await world.call("POST", path, first, {"decision": "uphold"}, key))[0] == 200
    assert (await world.call("POST", path, first, {"decision": "uphold"}, key))[0] == 200
    status, problem = await world.call("POST", path, second, {"decision": "uphold"}, key)
    assert (status, problem["code"]) == (422, "idempotency-key-reused")


async def test_a_withdrawal_against_a_decision_one_of_them_wins(world: World) -> None:
    filer = await Filer(world).known()
    case_id = (await filed(filer))[0]["case_id"]
    reviewer = world.token("staff-1", Role.REVIEWER)
    await world.call("POST", "/v1/review/claims", reviewer, {"case_ids": [case_id]})
    rejection = {"decision": "reject", "reason_code": "no_right"}
    decided, withdrawn = await asyncio.gather(
        world.call("POST", f"/v1/cases/{case_id}/decision", reviewer, rejection),
        world.call("POST", f"/v1/cases/{case_id}/withdrawal", filer.token, {"reason": "settled"}),
    )
    assert sorted((decided[0], withdrawn[0])) == [200, 409]


async def test_a_merchant_is_told_nothing_of_the_right_or_the_reviewers(world: World) -> None:
    filer = await Filer(world).known()
    [case, other] = await filed(filer, rows=2)
    case_id, merchant = case["case_id"], random_id("m")
    await taken_down(world, case, merchant)
    link = world.merchant_token(merchant, case_id)
    status, seen = await world.call("GET", f"/v1/merchant/cases/{case_id}", link)
    assert status == 200
    path = f"/v1/cases/{case_id}/counter-notification"
    answers = await asyncio.gather(*(world.call("POST", path, link, {"statement": "it is mine"}) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    [countered] = [answer for status, answer in answers if status == 200]
    for secret in (filer.right, filer.account, "staff-1", "it is mine"):
        assert secret not in str(seen)
        assert secret not in str(countered)
    assert (await world.call("GET", f"/v1/merchant/cases/{other['case_id']}", link))[0] == 404


async def test_the_issuer_of_links_makes_no_reviewers_and_no_owners(world: World) -> None:
    filer = await Filer(world).known()
    case_id = (await filed(filer))[0]["case_id"]
    roles = frozenset({Role.REVIEWER, Role.OPERATOR, Role.COMPLAINANT, Role.SERVICE})
    forged = world.notifications.issue(Actor(filer.account, roles, filer.account), AUDIENCE, 3600)
    for method, path in (
        ("GET", f"/v1/cases/{case_id}"),
        ("GET", "/v1/review/queue"),
        ("POST", f"/v1/cases/{case_id}/withdrawal"),
    ):
        status, problem = await world.call(method, path, forged, {"reason": "settled"})
        assert (status, problem["code"]) == (403, "not-allowed")


@pytest.mark.parametrize(
    "inside", ['["0001-01-01T00:00:00+14:00","x"]', '["9999-12-31T23:59:59-14:00","x"]', "null", '{"a":1}', "[" * 999]
)
async def test_a_cursor_that_is_none_of_ours(world: World, inside: str) -> None:
    cursor = base64.urlsafe_b64encode(inside.encode()).decode()
    status, problem = await world.call(
        "GET", f"/v1/cases?cursor={cursor}", world.token("staff-1", Role.AUDITOR), body=None
    )
    assert (status, problem["code"]) == (422, "cursor-not-valid")


async def test_what_is_repeated_in_an_answer_is_not_endless(world: World) -> None:
    filer = Filer(world)
    status, problem = await world.call(
        "POST", "/v1/submissions", filer.token, filer.body(taobao(1), platform="a" * 1_000_000)
    )
    assert (status, problem["problems"][0]["pointer"]) == (422, "/platform")
    assert len(str(problem)) < 2_000
