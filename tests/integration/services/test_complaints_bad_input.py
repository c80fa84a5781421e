"""What complaints refuses, each with a clear error and nothing else lost or held up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.stack import LocalStack
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.access import Actor, Role
from shared.contracts.complaints import cases, takedowns
from shared.contracts.identity import accounts
from shared.contracts.ipr import rights
from shared.contracts.marketplaces import acknowledgements
from shared.kernel.ids import random_id
from shared.runtime.foundation import AUDIENCE
from shared.runtime.process import ALL_ROLES
from tests.support.complaints import Filer, fresh_item, taobao, uphold
from tests.support.world import World, world_of


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


async def test_bad_rows_are_refused_one_by_one_and_duplicates_are_named_to_their_filer_only(world: World) -> None:
    filer = await Filer(world).known()
    item = fresh_item()
    _, first = await filer.file(taobao(item))
    known = first["cases"][0]["case_id"]
    rows = [taobao(item), "not an address", "https://item.taobao.com.evil.example/item.htm?id=1", taobao(fresh_item())]
    status, second = await filer.file(*rows)
    assert status == 201
    assert [case["row"] for case in second["cases"]] == [4]
    assert [refused["row"] for refused in second["refused"]] == [1, 2, 3]
    assert second["refused"][0]["code"] == "duplicate-case"
    assert second["refused"][0]["known_case_id"] == known


async def test_all_that_stands_in_the_way_is_named_at_once(world: World) -> None:
    filer = await Filer(world).known()
    status, problem = await filer.file(
        taobao(fresh_item()), reason="price", statements=["sincere_belief"], evidence={"text": " "}
    )
    assert (status, problem["code"]) == (422, "notice-not-qualified")
    assert {each["code"] for each in problem["problems"]} == {
        "reason-unknown",
        "evidence-missing",
        "statement-missing",
    }


async def test_what_is_not_known_yet_is_asked_for_again_and_an_unverified_account_is_refused(world: World) -> None:
    stranger = Filer(world)
    status, problem = await world.call("POST", "/v1/submissions", stranger.token, stranger.body(taobao(1)))
    assert (status, problem["code"]) == (503, "account-not-yet-known")
    registered = accounts.EmailVerified(account_id=stranger.account)
    await world.tell(accounts.TOPIC.name, stranger.account, registered)
    await world.tell(
        rights.TOPIC.name,
        stranger.right,
        rights.RightSubmitted(
            right_id=stranger.right,
            account_id=stranger.account,
            right_type="trademark",
            place="CN",
            fingerprint=random_id("fp"),
            status="under_authentication",
        ),
    )
    status, problem = await stranger.file(taobao(fresh_item()))
    assert status == 422
    assert {each["code"] for each in problem["problems"]} == {"account-not-verified", "right-not-authenticated"}


async def test_anothers_case_looks_like_one_that_does_not_exist(world: World) -> None:
    filer, other = await Filer(world).known(), await Filer(world).known()
    _, filed = await filer.file(taobao(fresh_item()))
    case_id = filed["cases"][0]["case_id"]
    theirs = await world.call("GET", f"/v1/cases/{case_id}", other.token)
    nobodys = await world.call("GET", "/v1/cases/IPP-0000000000-001", other.token)
    assert theirs[0] == nobodys[0] == 404
    assert theirs[1]["code"] == nobodys[1]["code"]
    status, _ = await world.call("POST", f"/v1/cases/{case_id}/withdrawal", other.token, {"reason": "settled"})
    assert status == 404
    merchant = world.merchant_token("m-9", case_id)
    assert (await world.call("GET", f"/v1/merchant/cases/{case_id}", merchant))[0] == 404


async def test_an_unknown_marketplace_is_named_with_those_that_there_are(world: World) -> None:
    filer = await Filer(world).known()
    status, problem = await filer.file(taobao(fresh_item()), platform="ebay")
    assert status == 422
    [found] = [each for each in problem["problems"] if each["code"] == "platform-unknown"]
    assert found["pointer"] == "/platform"
    assert "lazada" in found["mend"]


async def test_when_no_row_can_be_taken_each_is_explained(world: World) -> None:
    filer = await Filer(world).known()
    status, problem = await filer.file("http://user@item.taobao.com/item.htm?id=1", "ftp://item.taobao.com/x")
    assert (status, problem["code"]) == (422, "notice-not-qualified")
    assert [each["pointer"] for each in problem["problems"]] == ["/listings/0", "/listings/1"]
    assert all(each["mend"] for each in problem["problems"])


async def test_an_expired_token_and_no_token_are_told_apart(world: World) -> None:
    expired = world.identity.issue(Actor("acc-1", frozenset({Role.COMPLAINANT}), "acc-1"), AUDIENCE, -60)
    status, problem = await world.call("GET", "/v1/cases", expired)
    assert (status, problem["code"]) == (401, "token-expired")
    status, problem = await world.call("GET", "/v1/cases")
    assert (status, problem["code"]) == (401, "token-missing")
    merchant = world.merchant_token("m-1", "IPP-0000000000-001")
    status, problem = await world.call("GET", "/v1/cases", merchant)
    assert (status, problem["code"]) == (403, "not-allowed")


async def test_a_signed_link_opens_as_it_stands_and_only_where_a_link_leads(world: World) -> None:
    token = world.merchant_token("m-1", "IPP-0000000000-001")
    # Known and let in: there is no such case.
    status, problem = await world.call("GET", f"/v1/merchant/cases/IPP-0000000000-001?token={token}")
    assert (status, problem["code"]) == (404, "not-found")
    status, problem = await world.call("GET", f"/v1/cases?token={token}")
    assert (status, problem["code"]) == (401, "token-missing")


async def test_a_body_that_is_not_json_and_a_request_without_a_key(world: World) -> None:
    filer = Filer(world)
    url = f"http://127.0.0.1:{world.port}/v1/submissions"
    headers = {"Authorization": f"Bearer {filer.token}", "Content-Type": "application/json"}
    async with world.http.post(url, data=b"{", headers={**headers, "Idempotency-Key": random_id("key")}) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (400, "body-not-json")
    async with world.http.post(url, json={}, headers={"Authorization": headers["Authorization"]}) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (400, "idempotency-key-missing")


async def test_rubbish_from_a_marketplace_is_a_dead_letter_and_holds_nothing_up(world: World) -> None:
    filer = await Filer(world).known()
    _, filed = await filer.file(taobao(fresh_item()))
    case_id, listing = filed["cases"][0]["case_id"], filed["cases"][0]["listing_id"]
    await uphold(world, case_id)
    command = await world.until_heard("takedowns.taobao.v1", listing, takedowns.RemoveListing)
    topic, rubbish = "takedown-acks.taobao.v1", random_id("rubbish").encode()

    await world.producer.send(topic, listing.encode(), rubbish, ())
    unknown = acknowledgements.ListingRemoved(
        command_id=f"{listing}#99", listing_id=listing, merchant_id="m-1", at=world.clock.now()
    )
    await world.tell(topic, listing, unknown)
    await world.tell(topic, listing, unknown.model_copy(update={"command_id": command.data["command_id"]}))

    await world.until_heard(cases.TOPIC.name, case_id, cases.ListingTakenDown)
    dead = await world.raw("complaints.acknowledgements.dlq.v1", key=listing)
    assert dead[0].value == rubbish
    assert {name for name, _ in dead[0].headers} >= {"dlq_topic", "dlq_partition", "dlq_offset", "dlq_error"}
    assert b"never-commanded" in dict(dead[1].headers)["dlq_error"]


async def test_events_of_an_account_out_of_order_wait_for_the_one_between(world: World) -> None:
    filer = Filer(world)
    topic = accounts.TOPIC.name
    await world.tell(topic, filer.account, accounts.EmailVerified(account_id=filer.account), sequence=1)
    suspended = accounts.StandingChanged(
        account_id=filer.account, verified=True, standing="suspended", reason="malicious-complaints"
    )
    await world.tell(topic, filer.account, suspended, sequence=3)
    verified = accounts.AccountVerified(account_id=filer.account, verified=True)
    await world.tell(topic, filer.account, verified, sequence=2)
    other = await Filer(world).known()
    assert (await other.file(taobao(fresh_item())))[0] == 201

    await filer.told_the_right()
    seen: list[str] = []

    async def standing_known() -> bool:
        _, problem = await world.call("POST", "/v1/submissions", filer.token, filer.body(taobao(fresh_item())))
        seen[:] = [each["code"] for each in problem.get("problems", ())]
        return "account-suspended" in seen

    await world.until(standing_known)


async def test_an_account_whose_data_are_restricted_files_nothing_until_it_is_lifted(world: World) -> None:
    filer = await Filer(world).known()
    assert (await filer.file(taobao(fresh_item())))[0] == 201
    topic, known = accounts.TOPIC.name, {"account_id": filer.account, "verified": True, "request_id": "prq-1"}
    restricted = accounts.ProcessingRestricted.model_validate({**known, "restricted": True})
    await world.tell(topic, filer.account, restricted)

    async def refused() -> bool:
        status, problem = await filer.file(taobao(fresh_item()))
        return status == 422 and [each["code"] for each in problem["problems"]] == ["account-restricted"]

    await world.until(refused)
    await world.tell(topic, filer.account, accounts.RestrictionLifted.model_validate(known))

    async def taken() -> bool:
        return (await filer.file(taobao(fresh_item())))[0] == 201

    await world.until(taken)
