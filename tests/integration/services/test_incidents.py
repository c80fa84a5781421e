"""An incident on the real broker and store: declared, listed, notified; what notifications says comes back to it."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.local.stack import LocalStack
from shared.contracts.identity import incidents
from shared.contracts.notifications import deliveries
from shared.kernel.clock import FileClock
from shared.mongo import connect
from tests.integration.services.test_identity_journey import (
    OPERATOR,
    log_in,
    reviewer_token,
    service,
    service_token,
    verified_email,
)
from tests.support.world import START, World, world_of

TOPIC = incidents.TOPIC.name
SINCE = START - timedelta(hours=6)


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("identity", stack, tmp_path) as made, service(made):
        yield made


def incident(persons: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "what": "credentials-stolen",
        "impact": "identity-misuse",
        "measures": ["access-revoked", "sessions-ended"],
        "scope": {"actor": f"staff-{uuid.uuid4().hex[:8]}"},
        "extent": {"persons": persons, "records": 5, "kinds": [{"what": "identity-document", "persons": persons or 1}]},
        "since": SINCE.isoformat(),
        "until": START.isoformat(),
        "detected_at": START.isoformat(),
        **more,
    }


def touched(*accounts: str) -> dict[str, Any]:
    kinds = [{"what": "identity-document", "records": 2, "first": SINCE.isoformat(), "last": START.isoformat()}]
    return {"persons": [{"account_id": account, "touched": kinds} for account in accounts]}


async def declared(world: World, token: str, *accounts: str, **more: Any) -> str:
    status, answer = await world.call("POST", "/v1/incidents", token, incident(len(accounts), **more))
    assert status == 201, answer
    incident_id = str(answer["incident_id"])
    if accounts:
        status, listed = await world.call("POST", f"/v1/incidents/{incident_id}/affected", token, touched(*accounts))
        assert (status, listed) == (200, {"listed": len(accounts), "unknown": []})
    return incident_id


async def notices(world: World, token: str, incident_id: str) -> dict[str, Any]:
    status, shown = await world.call("GET", f"/v1/incidents/{incident_id}", token)
    assert status == 200, shown
    found: dict[str, Any] = shown["notices"]
    return found


def delivery(kind: type[deliveries.NoticeEvent], account: str, incident_id: str, **more: Any) -> deliveries.NoticeEvent:
    said = {
        "notice_id": f"ntc-{uuid.uuid4().hex[:12]}",
        "about": account,
        "about_kind": "account",
        "party": "owner",
        "recipient_id": account,
        "template": "incident",
        "language": "en",
        "cause_id": "affected/x/2",
        "channel": "email",
        "incident_id": incident_id,
    }
    return kind.model_validate({**said, **more})


async def test_those_affected_are_told_and_the_incident_shows_whom_the_notice_reached(world: World) -> None:
    operator = await log_in(world, *OPERATOR)
    (alice, _, _), (bob, _, _) = await verified_email(world), await verified_email(world, language="zh")
    incident_id = await declared(world, operator, alice, bob)
    # nobody is told before an operator says so
    assert await notices(world, operator, incident_id) == {
        "listed": 2,
        "told": 0,
        "served": 0,
        "failed": 0,
        "announce": False,
    }
    assert await world.heard(TOPIC, key=alice) == []

    path = f"/v1/incidents/{incident_id}"
    status, problem = await world.call("POST", f"{path}/notification", operator, {"persons": 3})
    assert (status, problem["code"]) == (409, "list-differs")
    status, view = await world.call("POST", f"{path}/notification", operator, {"persons": 2})
    assert (status, view["state"], view["rounds"]) == (200, "notified", 1)

    told = await world.until_heard(TOPIC, bob, incidents.AccountAffected)
    assert (told.data["language"], told.data["data"]) == ("zh", ["identity-document"])
    assert told.data["measures"] == ["access-revoked", "sessions-ended"]
    await world.until_heard(TOPIC, alice, incidents.AccountAffected)
    assert (await notices(world, operator, incident_id))["told"] == 2
    status, problem = await world.call("POST", f"{path}/end", operator, {})
    assert (status, problem["code"]) == (409, "notices-open")

    served = delivery(deliveries.NoticeServed, alice, incident_id, served_at=START.isoformat())
    await world.tell(deliveries.TOPIC.name, alice, served, subject=served.notice_id)
    failed = delivery(deliveries.NoticeFailed, bob, incident_id, cause="recipient-unknown")
    await world.tell(deliveries.TOPIC.name, bob, failed, subject=failed.notice_id)

    async def settled() -> bool:
        return bool((await notices(world, operator, incident_id))["told"] == 0)

    await world.until(settled)
    assert await notices(world, operator, incident_id) == {
        "listed": 0,
        "told": 0,
        "served": 1,
        "failed": 1,
        "announce": True,
    }
    status, view = await world.call("POST", f"{path}/end", operator, {})
    assert (status, view["state"]) == (200, "closed")


async def test_a_repeated_declaration_is_the_same_incident_and_nobody_is_listed_or_told_twice(world: World) -> None:
    operator = await log_in(world, *OPERATOR)
    account, _, _ = await verified_email(world)
    body = incident(1)
    first, second = [await world.call("POST", "/v1/incidents", operator, body) for _ in range(2)]
    assert first == second
    incident_id = first[1]["incident_id"]
    for _ in range(2):
        status, listed = await world.call(
            "POST", f"/v1/incidents/{incident_id}/affected", operator, touched(account, "acc-intl-NOBODY")
        )
        assert (status, listed) == (200, {"listed": 1, "unknown": ["acc-intl-NOBODY"]})
    assert (await world.call("POST", f"/v1/incidents/{incident_id}/notification", operator, {"persons": 1}))[0] == 200
    await world.until_heard(TOPIC, account, incidents.AccountAffected)
    await world.call("POST", f"/v1/incidents/{incident_id}/affected", operator, touched(account))
    status, problem = await world.call("POST", f"/v1/incidents/{incident_id}/notification", operator, {"persons": 1})
    assert (status, problem["code"]) == (409, "nobody-to-tell")
    assert len(await world.heard(TOPIC, key=account)) == 1


async def test_who_is_found_later_is_told_in_a_second_round(world: World) -> None:
    operator = await log_in(world, *OPERATOR)
    early, _, _ = await verified_email(world)
    late, _, _ = await verified_email(world)
    incident_id = await declared(world, operator, early)
    path = f"/v1/incidents/{incident_id}"
    await world.call("POST", f"{path}/notification", operator, {"persons": 1})
    await world.until_heard(TOPIC, early, incidents.AccountAffected)
    await world.call("POST", f"{path}/affected", operator, touched(late))
    status, view = await world.call("POST", f"{path}/notification", operator, {"persons": 1})
    assert (status, view["rounds"]) == (200, 2)
    await world.until_heard(TOPIC, late, incidents.AccountAffected)


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "Alice was robbed"},
        {"impact": "unknown-impact"},
        {"measures": []},
        {"scope": {"actor": "not an id"}},
        {"since": "yesterday"},
        {"extent": {"persons": 1, "records": 0, "kinds": [{"what": "phone", "persons": 1}]}},
        {"surprise": 1},
    ],
)
async def test_what_is_no_incident_is_refused(world: World, wrong: dict[str, Any]) -> None:
    operator = await log_in(world, *OPERATOR)
    status, problem = await world.call("POST", "/v1/incidents", operator, incident(1, **wrong))
    assert (status, problem["code"]) == (422, "body-not-valid")


async def test_times_and_ids_that_cannot_be_are_refused(world: World) -> None:
    operator = await log_in(world, *OPERATOR)
    turned = incident(1, since=START.isoformat(), until=SINCE.isoformat())
    status, problem = await world.call("POST", "/v1/incidents", operator, turned)
    assert (status, problem["code"]) == (422, "time-not-valid")
    for method, path, body in (
        ("GET", "/v1/incidents/inc-NONE", None),
        ("POST", "/v1/incidents/inc-NONE/affected", touched("acc-intl-A")),
        ("POST", "/v1/incidents/inc-NONE/notification", {"persons": 1}),
        ("POST", "/v1/incidents/inc-NONE/end", {}),
    ):
        assert (await world.call(method, path, operator, body))[0] == 404


async def test_only_operators_and_auditors_see_incidents_and_only_operators_change_them(world: World) -> None:
    operator, reviewer = await log_in(world, *OPERATOR), await reviewer_token(world)
    account, _, owner = await verified_email(world)
    incident_id = await declared(world, operator, account)
    path = f"/v1/incidents/{incident_id}"
    for token in (owner, reviewer, await service_token(world)):
        assert (await world.call("GET", path, token))[0] == 403
        assert (await world.call("POST", f"{path}/notification", token, {"persons": 1}))[0] == 403
    body = {"email": f"audit-{uuid.uuid4().hex[:8]}@platform.example", "password": "an auditor's", "roles": ["auditor"]}
    assert (await world.call("POST", "/v1/staff", operator, body))[0] == 201
    auditor = await log_in(world, body["email"], body["password"])  # type: ignore[arg-type]
    assert (await world.call("GET", path, auditor))[0] == 200
    assert (await world.call("POST", f"{path}/notification", auditor, {"persons": 1}))[0] == 403


async def test_a_note_is_sealed_and_shown_to_operators_and_on_no_topic(world: World) -> None:
    operator = await log_in(world, *OPERATOR)
    note = "Mr. Example of Example Street told us at once"
    incident_id = await declared(world, operator, note=note)
    status, shown = await world.call("GET", f"/v1/incidents/{incident_id}", operator)
    assert (status, shown["note"], shown["note_removed"]) == (200, note, False)
    database = connect(world.stack.mongo_url, f"{world.env['IPP_DATABASE_PREFIX']}_identity")
    kept = await database.collection("incidents").find_one({"_id": incident_id})
    database.close()
    assert b"Example Street" not in orjson.dumps(kept, default=str)
    await world.until_heard(TOPIC, incident_id, incidents.IncidentDeclared)
    assert not [record for record in await world.raw(TOPIC) if b"Example Street" in record.value]


async def test_an_authority_that_was_told_stands_in_the_incident(world: World) -> None:
    operator = await log_in(world, *OPERATOR)
    incident_id = await declared(world, operator)
    FileClock(world.folder / "clock").move_to(START + timedelta(hours=80))
    path = f"/v1/incidents/{incident_id}/authorities"
    for hours, authority in ((71, "cac"), (73, "ico")):
        told = {"authority": authority, "informed_at": (START + timedelta(hours=hours)).isoformat()}
        assert (await world.call("POST", path, operator, told))[0] == 200
    _, shown = await world.call("GET", f"/v1/incidents/{incident_id}", operator)
    assert shown["authority_due"] == "2026-03-05T02:00:00Z"
    assert [(each["authority"], each["in_time"]) for each in shown["authorities"]] == [("cac", True), ("ico", False)]
