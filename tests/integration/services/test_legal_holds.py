"""Legal holds on the real broker and store: placed, told, read, released; and what identity's daily run removes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from shared.contracts.identity import accounts as told
from tests.integration.services.test_identity_journey import (
    OPERATOR,
    PASSWORD,
    TOPIC,
    licence,
    log_in,
    registration,
    send_identity,
    service,
    service_token,
    unique_email,
    verified_email,
)
from tests.support.world import World, world_of

HOLD = {"reason": "litigation", "reference": "LH-2026-017", "review_on": "2026-09-01"}


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("identity", stack, tmp_path) as made, service(made):
        yield made


async def staff(world: World, *roles: str) -> str:
    operator = await log_in(world, *OPERATOR)
    email = unique_email()
    body = {"email": email, "password": PASSWORD, "roles": list(roles)}
    assert (await world.call("POST", "/v1/staff", operator, body))[0] == 201
    return await log_in(world, email, PASSWORD)


async def kept_back(world: World) -> dict[str, str]:
    status, page = await world.call("GET", "/v1/internal/kept-back", await service_token(world))
    assert status == 200, page
    return {each["account_id"]: each["because"] for each in page["accounts"]}


async def test_a_hold_is_placed_told_read_and_released(world: World) -> None:
    account_id, _, owner = await verified_email(world)
    operator, auditor = await staff(world, "operator"), await staff(world, "auditor")
    holds = f"/v1/accounts/{account_id}/legal-holds"

    status, first = await world.call("POST", holds, operator, HOLD, key="hold-number-one-of-the-test")
    assert (status, first["held"]) == (201, True)
    assert await world.call("POST", holds, operator, HOLD, key="hold-number-one-of-the-test") == (201, first)
    _, second = await world.call("POST", holds, operator, {**HOLD, "reference": "LH-2026-018"})
    placed = await world.until_heard(TOPIC, account_id, told.LegalHoldPlaced)
    assert (placed.data["legal_hold"], placed.data["hold_id"]) == (True, second["hold_id"])
    assert "LH-2026" not in str(placed.data)
    assert await kept_back(world) == {account_id: "legal-hold"}

    status, read = await world.call("GET", holds, auditor)
    assert status == 200
    shown = [(each["reference"], each["reason"], each["review_due"], each["released_at"]) for each in read["holds"]]
    assert shown == [("LH-2026-017", "litigation", False, None), ("LH-2026-018", "litigation", False, None)]
    for token in (owner, await staff(world, "reviewer"), await service_token(world)):
        assert (await world.call("GET", holds, token))[0] == 403
    for method, path in (("POST", holds), ("POST", f"{holds}/{first['hold_id']}/release")):
        assert (await world.call(method, path, auditor, HOLD))[0] == 403

    settled = {"reason": "settled"}
    status, after = await world.call("POST", f"{holds}/{first['hold_id']}/release", operator, settled)
    assert (status, after["held"]) == (200, True)
    status, refused = await world.call("POST", f"{holds}/{first['hold_id']}/release", operator, settled)
    assert (status, refused["code"]) == (409, "no-such-hold")
    _, after = await world.call("POST", f"{holds}/{second['hold_id']}/release", operator, settled)
    assert after["held"] is False

    async def released() -> bool:
        heard = [e for e in await world.heard(TOPIC, key=account_id) if e.type == told.LegalHoldReleased.type]
        return [e.data["legal_hold"] for e in heard] == [True, False]

    await world.until(released)
    assert await kept_back(world) == {}
    _, none = await world.call("GET", "/v1/legal-holds", auditor)
    assert none["accounts"] == []
    _, all_of_it = await world.call("GET", holds, auditor)
    assert {each["release_reason"] for each in all_of_it["holds"]} == {"settled"}


async def test_a_hold_that_nobody_reviewed_still_holds_and_says_so(world: World) -> None:
    account_id, _, _ = await verified_email(world)
    operator = await staff(world, "operator")
    await world.call("POST", f"/v1/accounts/{account_id}/legal-holds", operator, HOLD)
    world.clock.move_to(world.clock.now().replace(month=9, day=2))
    _, listed = await world.call("GET", "/v1/legal-holds", operator)
    [held] = [each for each in listed["accounts"] if each["account_id"] == account_id]
    assert [each["review_due"] for each in held["holds"]] == [True]
    assert await kept_back(world) == {account_id: "legal-hold"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"review_on": "2026-03-02"}, 422),
        ({"reference": "the case of Zhang San"}, 422),
        ({"reason": "Litigation, see mail"}, 422),
    ],
)
async def test_a_hold_that_says_too_little_or_too_much_is_refused(
    world: World, change: dict[str, Any], status: int
) -> None:
    account_id, _, _ = await verified_email(world)
    operator = await staff(world, "operator")
    path = f"/v1/accounts/{account_id}/legal-holds"
    assert (await world.call("POST", path, operator, {**HOLD, **change}))[0] == status
    assert (await world.call("POST", "/v1/accounts/acc-intl-NONE/legal-holds", operator, HOLD))[0] == 404
    assert await kept_back(world) == {}


async def test_a_code_is_removed_after_its_week_and_a_new_one_is_sent(world: World) -> None:
    """Registered on Monday the 2nd: the 9th is the last day. What was removed is told as over, not as an error."""
    email = unique_email()
    _, registered = await world.call("POST", "/v1/accounts", body=await registration(world, email))
    account_id = registered["account_id"]
    code_of = f"/v1/internal/accounts/{account_id}/email-code"
    token = await service_token(world)
    world.advance(timedelta(days=1))
    _, sent = await world.call("GET", code_of, token)
    world.advance(timedelta(days=7))

    async def removed() -> bool:
        return (await world.call("GET", code_of, token))[0] == 410

    await world.until(removed)
    verification = f"/v1/accounts/{account_id}/email-verification"
    status, said = await world.call("POST", verification, body={"code": sent["code"]})
    assert (status, said["code"]) == (422, "code-expired")
    assert (await world.call("POST", "/v1/email-codes", body={"email": email}))[0] == 202
    _, again = await world.call("GET", code_of, token)
    status, _ = await world.call("POST", verification, body={"code": again["code"]})
    assert status == 200


async def test_of_a_closed_account_the_image_goes_first_and_the_details_three_years_later(world: World) -> None:
    """Closed on Monday, 2 March 2026: 29 August is the last day of 180, 2 March 2029 that of three years."""
    account_id, _, owner = await verified_email(world)
    assert (await send_identity(world, account_id, owner, licence()))[0] == 201
    operator = await staff(world, "operator")
    closing = {"standing": "closed", "reason": "user-request"}
    assert (await world.call("POST", f"/v1/accounts/{account_id}/standing", operator, closing))[0] == 200
    reviewer = await staff(world, "reviewer")
    submitted = f"/v1/accounts/{account_id}/identity"

    async def image() -> int:
        url = f"http://127.0.0.1:{world.port}{submitted}/document"
        async with world.http.get(url, headers={"Authorization": f"Bearer {reviewer}"}) as answer:
            return answer.status

    async def details() -> Any:
        status, view = await world.call("GET", submitted, reviewer)
        assert status == 200
        return view["details"]

    async def image_is_gone() -> bool:
        return await image() == 410

    async def details_are_gone() -> bool:
        return await details() is None

    assert await image() == 200
    world.advance(timedelta(days=181))
    await world.until(image_is_gone)
    assert (await details())["corporate_name"] == "Brand Inc."
    world.advance(timedelta(days=1097 - 181))
    await world.until(details_are_gone)
