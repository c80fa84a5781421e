"""Identity's side of an erasure on the real broker and store, the test in the place of those who hold data."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.identity.erasure.publishing import erasure_id
from shared.contracts import erasures as answers
from shared.contracts.identity import accounts, erasures
from shared.contracts.notifications import deliveries
from shared.mongo import connect
from tests.integration.services.test_identity_journey import (
    OPERATOR,
    PASSWORD,
    log_in,
    registration,
    service,
    verified_email,
)
from tests.support.world import World, world_of

TOPIC = erasures.TOPIC.name


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("identity", stack, tmp_path) as made:
        yield made


async def ask(world: World, account_id: str, token: str, **more: Any) -> tuple[int, Any]:
    body = {"password": PASSWORD, **more}
    return await world.call("POST", f"/v1/accounts/{account_id}/erasure", token, body)


async def status(world: World, account_id: str, token: str) -> Any:
    code, answer = await world.call("GET", f"/v1/accounts/{account_id}/erasure", token)
    assert code == 200, answer
    return answer


async def tell(world: World, account_id: str, answer: type[answers.ErasureAnswer], who: str, **more: Any) -> None:
    data = answer.model_validate({"account_id": account_id, "recipient": who, "request": 1, **more})
    await world.tell(f"{who}.erasures.v1", account_id, data)


async def farewell_served(world: World, account_id: str) -> None:
    served = deliveries.NoticeServed(
        notice_id="ntc-1",
        about=account_id,
        about_kind="account",
        party="owner",
        recipient_id=account_id,
        template="erasure-confirmed",
        language="en",
        cause_id="x",
        channel="email",
        served_at=world.clock.now(),
    )
    await world.tell(deliveries.TOPIC.name, account_id, served)


async def sealed(world: World, account_id: str) -> tuple[int, list[Any]]:
    """How many texts are sealed for the account, and its key, in the raw store."""
    database = connect(world.env["IPP_MONGO_URL"], f"{world.env['IPP_DATABASE_PREFIX']}_identity")
    try:
        count = await database.collection("vault.sealed").count({"subject": account_id})
        return count, [each["wrapped"] for each in await database.collection("vault.keys").find({"_id": account_id})]
    finally:
        database.close()


async def test_a_person_leaves_and_nothing_of_them_is_left(world: World) -> None:
    async with service(world):
        account_id, email, token = await verified_email(world)
        assert (await ask(world, account_id, token, password="not mine"))[0] == 401
        assert (await ask(world, account_id, ""))[0] == 401
        code, asked = await ask(world, account_id, token)
        assert (code, asked["status"], asked["deferred_for"]) == (201, "requested", [])
        assert (await ask(world, account_id, token))[1]["code"] == "erasure-under-way"
        key = erasure_id(account_id)
        await world.until_heard(TOPIC, key, erasures.ErasureRequested)
        left = await world.until_heard(accounts.TOPIC.name, account_id, accounts.AccountLeaves)
        assert left.data["leaving"] is True

        await tell(world, account_id, answers.ErasureObstructed, "complaints", reasons=["open-cases"])
        deferred = await world.until_heard(TOPIC, key, erasures.ErasureDeferred)
        assert deferred.data["reasons"] == ["complaints:open-cases"]
        for who in answers.ANSWERS:
            await tell(world, account_id, answers.ErasureCleared, who)
        ordered = await world.until_heard(TOPIC, key, erasures.ErasureOrdered)
        assert ordered.data["recipients"] == ["complaints"]
        for who in answers.ANSWERS:
            await tell(world, account_id, answers.PersonalDataErased, who, counts={"texts": 1})
        await world.until_heard(TOPIC, key, erasures.ErasureConfirmed)
        assert (await sealed(world, account_id))[0] > 0  # the person is told first

        await farewell_served(world, account_id)
        await world.until_heard(TOPIC, key, erasures.ErasureCompleted)
        closed = await world.until_heard(accounts.TOPIC.name, account_id, accounts.AccountErased)
        assert closed.data["standing"] == "closed"
        assert await sealed(world, account_id) == (0, [None])

        seen = await status(world, account_id, token)
        assert (seen["status"], [each["recipient"] for each in seen["confirmations"]]) == (
            "completed",
            ["complaints", "ipr", "notifications"],
        )
        _, account = await world.call("GET", f"/v1/accounts/{account_id}", token)
        assert (account["erased"], account["email"], account["standing"]) == (True, None, "closed")
        code, refused = await world.call("POST", "/v1/sessions", body={"email": email, "password": PASSWORD})
        assert (code, refused["code"]) == (401, "credentials-wrong")
        code, _ = await world.call("POST", "/v1/accounts", body=await registration(world, email))
        assert code == 201  # the address is free again


async def test_what_was_begun_is_finished_by_the_next_process(world: World) -> None:
    """The process ends between the key's end and the account's: the next one goes on from the same notice."""
    async with AsyncExitStack() as first:
        await first.enter_async_context(service(world))
        account_id, _, token = await verified_email(world)
        await ask(world, account_id, token)
        for who in answers.ANSWERS:
            await tell(world, account_id, answers.ErasureCleared, who)
            await tell(world, account_id, answers.PersonalDataErased, who, counts={})
        await world.until_heard(TOPIC, erasure_id(account_id), erasures.ErasureConfirmed)
    database = connect(world.env["IPP_MONGO_URL"], f"{world.env['IPP_DATABASE_PREFIX']}_identity")
    await database.collection("vault.keys").update({"_id": account_id}, {"$set": {"wrapped": None, "key_id": ""}})
    database.close()
    await farewell_served(world, account_id)
    async with service(world):
        await world.until_heard(TOPIC, erasure_id(account_id), erasures.ErasureCompleted)
        assert await sealed(world, account_id) == (0, [None])


async def test_another_sees_nothing_of_it_and_operators_see_all_that_is_open(world: World) -> None:
    async with service(world):
        account_id, _, token = await verified_email(world)
        _, _, stranger = await verified_email(world)
        await ask(world, account_id, token)
        for path, method in (("erasure", "GET"), ("erasure", "POST"), ("erasure/withdrawal", "POST")):
            body = {"password": PASSWORD} if method == "POST" and path == "erasure" else None
            assert (await world.call(method, f"/v1/accounts/{account_id}/{path}", stranger, body))[0] == 404
        operator = await log_in(world, *OPERATOR)
        assert (await world.call("GET", "/v1/erasures", token))[0] == 403
        _, found = await world.call("GET", "/v1/erasures?limit=200", operator)
        assert [each["status"] for each in found["erasures"] if each["account_id"] == account_id] == ["requested"]


async def test_who_stays_after_all_goes_on_as_before(world: World) -> None:
    async with service(world):
        account_id, _, token = await verified_email(world)
        await ask(world, account_id, token)
        await world.until_heard(accounts.TOPIC.name, account_id, accounts.AccountLeaves)
        code, answer = await world.call("POST", f"/v1/accounts/{account_id}/erasure/withdrawal", token)
        assert (code, answer["status"]) == (200, "withdrawn")
        stays = await world.until_heard(accounts.TOPIC.name, account_id, accounts.AccountStays)
        assert stays.data["leaving"] is False
        assert (await sealed(world, account_id))[0] > 0


async def test_thirty_days_without_an_answer_warn_and_decide_nothing(world: World) -> None:
    async with service(world):
        account_id, _, token = await verified_email(world)
        _, asked = await ask(world, account_id, token)
        assert asked["due"].startswith("2026-04-01T16:00:00")  # 2 March and 30 days: 1 April, over at midnight
        await world.until_heard(TOPIC, erasure_id(account_id), erasures.ErasureRequested)
        world.advance(timedelta(days=31))
        await world.until_heard(TOPIC, erasure_id(account_id), erasures.ErasureOverdue, within=60)
        seen = await status(world, account_id, token)
        assert (seen["status"], seen["overdue"], seen["due"]) == ("requested", True, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, 422), ({"password": PASSWORD, "ground": "because"}, 422), ({"password": "x" * 129}, 422), (None, 415)],
)
async def test_bad_requests_are_named(world: World, body: Any, code: int) -> None:
    async with service(world):
        account_id, _, token = await verified_email(world)
        assert (await world.call("POST", f"/v1/accounts/{account_id}/erasure", token, body))[0] == code
