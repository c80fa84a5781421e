"""A person's requests about their data on the real broker and store: filed, answered within 30 days, in effect."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.identity.erasure.publishing import erasure_id
from shared.contracts import erasures as answers
from shared.contracts.identity import accounts as told
from shared.contracts.identity import erasures
from shared.contracts.identity import privacy_requests as asked
from shared.contracts.notifications import deliveries
from shared.mongo import connect
from tests.integration.services.test_erasure_identity import ask as ask_erasure
from tests.integration.services.test_erasure_identity import farewell_served
from tests.integration.services.test_erasure_identity import tell as tell_erasure
from tests.integration.services.test_identity_journey import (
    OPERATOR,
    PASSWORD,
    agree,
    licence,
    log_in,
    reviewer_token,
    send_identity,
    service,
    service_token,
    tell_right,
    verified_email,
)
from tests.support.world import World, world_of

ACCOUNTS = told.TOPIC.name
REQUESTS = asked.TOPIC.name
MINE = "/v1/accounts/me/privacy-requests"
TEXT = "My surname is Sommerfeldt since the wedding in Graz."


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("identity", stack, tmp_path) as made, service(made):
        yield made


def body_of(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "text": TEXT, "password": PASSWORD, **more}


async def file(world: World, token: str, kind: str, **more: Any) -> str:
    status, view = await world.call("POST", MINE, token, body_of(kind, **more))
    assert status == 201, view
    return str(view["request_id"])


async def decide(world: World, request_id: str, **decision: Any) -> dict[str, Any]:
    operator = await log_in(world, *OPERATOR)
    status, view = await world.call("POST", f"/v1/privacy-requests/{request_id}/decision", operator, decision)
    assert status == 200, view
    return dict(view)


async def disclosed(world: World, account_id: str) -> list[Any]:
    """The entries of identity's log of disclosures about an account."""
    database = connect(world.env["IPP_MONGO_URL"], f"{world.env['IPP_DATABASE_PREFIX']}_identity")
    try:
        return list(await database.collection("disclosures").find({"account": account_id}))
    finally:
        database.close()


async def ciphertexts(world: World, account_id: str, place: str) -> list[Any]:
    """What is sealed for an account at a place, in the raw store; None where it was removed."""
    database = connect(world.env["IPP_MONGO_URL"], f"{world.env['IPP_DATABASE_PREFIX']}_identity")
    try:
        found = await database.collection("vault.sealed").find({"subject": account_id, "place": place})
        return [each["ciphertext"] for each in found]
    finally:
        database.close()


async def verified(world: World) -> tuple[str, str]:
    """Account id and token of an account that a reviewer has verified."""
    account_id, _, token = await verified_email(world)
    await send_identity(world, account_id, token, licence())
    await tell_right(world, account_id)
    await world.until_heard(ACCOUNTS, account_id, told.AccountVerificationStarted)
    reviewer = await reviewer_token(world)
    status, _ = await world.call(
        "POST", f"/v1/verifications/{account_id}/decision", reviewer, {"result": "verified", "round": 1}
    )
    assert status == 200
    return account_id, token


async def test_a_restriction_is_granted_holds_and_ends_when_its_person_was_told(world: World) -> None:
    account_id, _, token = await verified_email(world)
    contact = {"disclosed": {"name": "Brand Protection", "email": "bp@brand.example"}}
    await world.call("PUT", "/v1/accounts/me/contacts", token, contact)
    await agree(world, token, "contact-disclosure")
    path = f"/v1/internal/accounts/{account_id}/contact?purpose=takedown-notice&party=disclosed"
    notifications = await service_token(world)
    assert (await world.call("GET", path, notifications))[1]["name"] == "Brand Protection"

    request_id = await file(world, token, "restriction", country="DE")
    received = await world.until_heard(REQUESTS, request_id, asked.PrivacyRequestReceived)
    # Filed on 2 March in Shanghai; the 30th day after it is 1 April, which is over at 16:00 UTC.
    assert datetime.fromisoformat(received.data["due"]) == datetime(2026, 4, 1, 16, 0, tzinfo=UTC)
    assert {one["kind"] for one in received.data["deadlines"]} == {"privacy-answer", "privacy-answer-warning"}

    view = await decide(world, request_id, granted=True, statement="Until the claim is settled.")
    assert (view["status"], view["eea"]) == ("granted", True)
    restricted = await world.until_heard(ACCOUNTS, account_id, told.ProcessingRestricted)
    assert restricted.data["restricted"] is True
    assert (await world.call("GET", path, notifications))[1]["name"] == ""
    _, privacy = await world.call("GET", "/v1/accounts/me/privacy", token)
    assert privacy["restricted"] is True
    _, own = await world.call("GET", f"{MINE}/{request_id}", token)
    assert (own["text"], own["statement"]) == (TEXT, "Until the claim is settled.")
    status, problem = await world.call("POST", MINE, token, body_of("restriction", country="DE"))
    assert (status, problem["code"]) == (409, "request-current-already")
    assert request_id in problem["detail"]

    # Lifting is announced; only the served notice of it lifts.
    operator = await log_in(world, *OPERATOR)
    status, _ = await world.call("POST", f"/v1/privacy-requests/{request_id}/lifting", operator)
    assert status == 200
    announced = await world.until_heard(REQUESTS, request_id, asked.RestrictionLiftingAnnounced)
    assert (await world.call("GET", "/v1/accounts/me/privacy", token))[1]["restricted"] is True
    served = deliveries.NoticeServed(
        notice_id="ntc-1",
        about=account_id,
        about_kind="account",
        party="owner",
        recipient_id=account_id,
        template="restriction-lifting",
        language="en",
        cause_id=announced.id,
        channel="email",
        served_at=world.clock.now(),
    )
    await world.tell(deliveries.TOPIC.name, account_id, served, subject="ntc-1")
    lifted = await world.until_heard(ACCOUNTS, account_id, told.RestrictionLifted)
    assert lifted.data["restricted"] is False
    assert (await world.call("GET", path, notifications))[1]["name"] == "Brand Protection"


async def test_an_answer_that_does_not_come_warns_before_and_after_the_30_days(world: World) -> None:
    _, _, token = await verified_email(world)
    request_id = await file(world, token, "other")
    await world.until_heard(REQUESTS, request_id, asked.PrivacyRequestReceived)
    world.advance(timedelta(days=24))
    soon = await world.until_heard(REQUESTS, request_id, asked.PrivacyAnswerDueSoon, within=60)
    assert [one["kind"] for one in soon.data["deadlines"]] == ["privacy-answer"]
    world.advance(timedelta(days=7))
    overdue = await world.until_heard(REQUESTS, request_id, asked.PrivacyAnswerOverdue, within=60)
    assert (overdue.data["status"], overdue.data["overdue"], overdue.data["deadlines"]) == ("received", True, [])
    operator = await log_in(world, *OPERATOR)
    _, desk = await world.call("GET", "/v1/privacy-requests", operator)
    [late] = [one for one in desk["requests"] if one["request_id"] == request_id]
    assert (late["overdue"], late["due_soon"]) == (True, True)
    view = await decide(world, request_id, granted=False, reason="unfounded")
    assert (view["status"], view["reason"], view["overdue"]) == ("refused", "unfounded", True)


async def test_a_granted_correction_lets_a_verified_account_submit_again_and_be_looked_at(world: World) -> None:
    account_id, token = await verified(world)
    status, problem = await send_identity(world, account_id, token, licence())
    assert (status, problem["code"]) == (409, "account-verified-already")
    request_id = await file(world, token, "correction", about="identity")
    await decide(world, request_id, granted=True)
    reopened = await world.until_heard(ACCOUNTS, account_id, told.IdentityReopened)
    assert reopened.data["verified"] is True  # until there is something new to be looked at
    status, view = await send_identity(world, account_id, token, licence())
    assert (status, view["status"], view["round"]) == (201, "queued", 2)
    status, problem = await send_identity(world, account_id, token, licence())
    assert (status, problem["code"]) == (409, "verification-under-way")


async def test_the_categories_of_a_registration_are_corrected_as_the_desk_says(world: World) -> None:
    account_id, _, token = await verified_email(world)
    request_id = await file(world, token, "correction", about="registration")
    operator = await log_in(world, *OPERATOR)
    path = f"/v1/privacy-requests/{request_id}/decision"
    status, problem = await world.call("POST", path, operator, {"granted": True})
    assert (status, problem["code"]) == (422, "correction-missing")
    await decide(world, request_id, granted=True, registrant="agent")
    corrected = await world.until_heard(ACCOUNTS, account_id, told.RegistrationCorrected)
    assert (corrected.data["category"], corrected.data["registrant"]) == ("enterprise", "agent")
    _, account = await world.call("GET", "/v1/accounts/me", token)
    assert account["registrant"] == "agent"


async def test_who_asks_is_confirmed_first_and_is_offered_what_applies(world: World) -> None:
    _, _, token = await verified_email(world)
    status, problem = await world.call("POST", MINE, token, body_of("other") | {"password": "not mine"})
    assert (status, problem["code"]) == (401, "credentials-wrong")
    for kind, about in (("objection", "good-faith"), ("restriction", "")):
        body = body_of(kind, about=about, country="US")
        status, problem = await world.call("POST", MINE, token, body)
        assert (status, problem["code"]) == (403, "not-offered-here")
        assert "correct, export and erase" in problem["mend"]
        status, problem = await world.call("POST", MINE, token, body_of(kind, about=about))
        assert (status, problem["code"]) == (422, "country-missing")
    _, view = await world.call("GET", "/v1/accounts/me/privacy?country=FR", token)
    assert {one["right"] for one in view["rights"] if one["yours"]} >= {"object", "restrict", "complain-to-authority"}
    _, view = await world.call("GET", "/v1/accounts/me/privacy?country=US", token)
    assert {one["right"] for one in view["rights"] if not one["yours"]} == {
        "object",
        "restrict",
        "complain-to-authority",
    }
    assert view["open_requests"] == []


async def test_what_is_wrong_with_a_request_is_named(world: World) -> None:
    _, _, token = await verified_email(world)
    for body, pointer in (
        (body_of("correction", about="good-faith"), ""),
        (body_of("complaint"), "/kind"),
        (body_of("other", country="Germany"), "/country"),
        ({**body_of("other"), "text": ""}, "/text"),
        ({**body_of("other"), "text": "x" * 4001}, "/text"),
        ({"kind": "other", "text": TEXT}, "/password"),
        (body_of("other", surprise=1), "/surprise"),
    ):
        status, problem = await world.call("POST", MINE, token, body)
        assert (status, problem["code"]) == (422, "body-not-valid"), body
        assert [one["pointer"] for one in problem["problems"]] == [pointer]
        assert TEXT not in str(problem)
    operator = await log_in(world, *OPERATOR)
    request_id = await file(world, token, "other")
    path = f"/v1/privacy-requests/{request_id}/decision"
    for decision in ({"granted": True, "reason": "unfounded"}, {"granted": False}, {"granted": False, "reason": "no"}):
        assert (await world.call("POST", path, operator, decision))[0] == 422
    status, problem = await world.call("POST", path, operator, {"granted": True, "category": "individual"})
    assert (status, problem["code"]) == (422, "correction-not-asked-for")
    status, problem = await world.call("POST", path, operator, {"granted": False, "reason": "fee-not-agreed"})
    assert (status, problem["code"]) == (422, "no-fee-here")
    assert (await world.call("POST", f"{MINE}/{request_id}/withdrawal", token))[1]["status"] == "withdrawn"
    status, problem = await world.call("POST", path, operator, {"granted": True})
    assert (status, problem["code"]) == (409, "request-answered-already")


async def test_anothers_request_looks_like_none_and_its_text_is_read_at_the_desk_only_and_logged(world: World) -> None:
    account_id, _, token = await verified_email(world)
    _, _, stranger = await verified_email(world)
    request_id = await file(world, token, "correction", about="other")
    theirs = await world.call("GET", f"{MINE}/{request_id}", stranger)
    nobodys = await world.call("GET", f"{MINE}/prq-NOBODY", stranger)
    assert (theirs[0], theirs[1]["detail"]) == (nobodys[0], nobodys[1]["detail"]) == (404, "There is no such request.")
    assert (await world.call("POST", f"{MINE}/{request_id}/withdrawal", stranger))[0] == 404
    assert (await world.call("GET", f"/v1/accounts/{account_id}/privacy-requests", stranger))[0] == 404
    for path in ("", f"/{request_id}", f"/{request_id}/text"):
        assert (await world.call("GET", f"/v1/privacy-requests{path}", token))[0] == 403
    operator = await log_in(world, *OPERATOR)
    assert (await world.call("GET", "/v1/privacy-requests/prq-NOBODY/text", operator))[0] == 404
    status, read = await world.call("GET", f"/v1/privacy-requests/{request_id}/text", operator)
    assert (status, read["text"], read["country"]) == (200, TEXT, None)
    [entry] = [one for one in await disclosed(world, account_id) if one["what"] == "privacy-request-text"]
    assert (entry["purpose"], entry["ground"], entry["about"]) == ("privacy-answer", "service", request_id)
    status, view = await world.call("POST", f"/v1/privacy-requests/{request_id}/examination", operator)
    assert (status, view["status"]) == (200, "in-examination")
    spoken = b"".join(record.value for record in await world.raw(REQUESTS, key=request_id))
    assert b"Sommerfeldt" not in spoken


async def test_a_retry_is_answered_alike_and_files_once(world: World) -> None:
    _, _, token = await verified_email(world)
    key = uuid.uuid4().hex
    first = await world.call("POST", MINE, token, body_of("other"), key=key)
    again = await world.call("POST", MINE, token, body_of("other"), key=key)
    assert first == again
    assert len((await world.call("GET", MINE, token))[1]["requests"]) == 1


async def test_consents_are_given_one_by_one_and_withdrawn_at_any_time(world: World) -> None:
    account_id, _, token = await verified_email(world)
    await world.call(
        "PUT", "/v1/accounts/me/contacts", token, {"disclosed": {"name": "Brand", "email": "bp@brand.example"}}
    )
    _, view = await world.call("GET", "/v1/accounts/me/consents", token)
    assert {one["purpose"]: one["state"] for one in view["consents"]} == dict.fromkeys(
        ("identity-provider", "contact-disclosure", "trademark-agency", "cross-border"), "never-given"
    )
    await agree(world, token, "contact-disclosure")
    given = await world.until_heard(ACCOUNTS, account_id, told.ConsentGiven)
    assert given.data["purpose"] == "contact-disclosure"
    _, view = await world.call("GET", "/v1/accounts/me/consents", token)
    assert [one["purpose"] for one in view["consents"] if one["state"] == "given"] == ["contact-disclosure"]
    path = f"/v1/internal/accounts/{account_id}/contact?purpose=takedown-notice&party=disclosed"
    notifications = await service_token(world)
    assert (await world.call("GET", path, notifications))[1]["name"] == "Brand"
    withdrawal = "/v1/accounts/me/consents/contact-disclosure/withdrawal"
    assert (await world.call("POST", withdrawal, token))[0] == 200
    assert (await world.call("GET", path, notifications))[1]["name"] == ""
    # What was given was logged with its ground; what was not given was no disclosure.
    entries = [one for one in await disclosed(world, account_id) if one["what"] == "contact-disclosed"]
    assert [one["ground"] for one in entries] == ["consent"]
    gone = await world.until_heard(ACCOUNTS, account_id, told.ConsentWithdrawn)
    assert gone.data["sha256"] == given.data["sha256"]
    status, problem = await world.call("POST", withdrawal, token)
    assert (status, problem["code"]) == (409, "consent-not-given")
    status, problem = await world.call("POST", "/v1/accounts/me/consents/everything/withdrawal", token)
    assert (status, problem["code"]) == (404, "purpose-unknown")
    stale = {"purpose": "contact-disclosure", "version": "2025-01", "language": "en", "sha256": "0" * 64}
    status, problem = await world.call("POST", "/v1/accounts/me/consents", token, stale)
    assert (status, problem["code"]) == (422, "consent-outdated")


async def test_a_phone_number_is_corrected_by_its_owner(world: World) -> None:
    account_id, _, token = await verified_email(world)
    assert (await world.call("GET", "/v1/accounts/me/phone", token))[1] == {"phone": None}
    for wrong in ("030 901820", "+49 1", "call me"):
        status, problem = await world.call("PUT", "/v1/accounts/me/phone", token, {"phone": wrong})
        assert (status, problem["code"]) == (422, "phone-not-valid")
    status, view = await world.call("PUT", "/v1/accounts/me/phone", token, {"phone": "+49 30 901820"})
    assert (status, view) == (200, {"phone": "+4930901820"})
    assert (await world.call("GET", "/v1/accounts/me/phone", token))[1] == {"phone": "+4930901820"}
    assert (await world.call("PUT", "/v1/accounts/me/phone", token, {"phone": None}))[0] == 200
    # What was wrong, or is somebody else's by now, is not kept in any form that can be read.
    assert await ciphertexts(world, account_id, "account/phone") == [None]
    person = {"country": "CN", "category": "individual", "phone": "138 0013 8000"}
    _, _, mainland = await verified_email(world, **person)
    assert (await world.call("GET", "/v1/accounts/me/phone", mainland))[1] == {"phone": "+8613800138000"}
    status, problem = await world.call("PUT", "/v1/accounts/me/phone", mainland, {"phone": None})
    assert (status, problem["code"]) == (422, "phone-missing")


async def test_the_desk_is_read_page_by_page_though_all_of_a_day_are_due_at_once(world: World) -> None:
    filed = set()
    for _ in range(3):
        _, _, token = await verified_email(world)
        filed.add(await file(world, token, "other"))
    world.advance(timedelta(days=1))
    _, _, token = await verified_email(world)
    later = await file(world, token, "other")
    operator, seen, after = await log_in(world, *OPERATOR), list[str](), ""
    while True:
        _, page = await world.call("GET", f"/v1/privacy-requests?limit=2{after}", operator)
        if not page["requests"]:
            break
        seen += [one["request_id"] for one in page["requests"]]
        after = f"&after={seen[-1]}"
    assert (set(seen[:-1]), seen[-1], len(seen)) == (filed, later, 4)
    assert (await world.call("GET", "/v1/privacy-requests?after=prq-NOBODY", operator))[0] == 404


async def test_who_is_erased_asks_for_nothing_any_more(world: World) -> None:
    account_id, _, token = await verified_email(world)
    waiting = await file(world, token, "other")
    restriction = await file(world, token, "restriction", country="IE")
    await decide(world, restriction, granted=True)
    await world.until_heard(ACCOUNTS, account_id, told.ProcessingRestricted)
    assert (await ask_erasure(world, account_id, token))[0] == 201
    for who in answers.ANSWERS:
        await tell_erasure(world, account_id, answers.ErasureCleared, who)
        await tell_erasure(world, account_id, answers.PersonalDataErased, who, counts={})
    await world.until_heard(erasures.TOPIC.name, erasure_id(account_id), erasures.ErasureConfirmed)
    await farewell_served(world, account_id)
    withdrawn = await world.until_heard(REQUESTS, waiting, asked.PrivacyRequestWithdrawn, within=60)
    assert withdrawn.data["deadlines"] == []
    await world.until_heard(REQUESTS, restriction, asked.PrivacyRequestEnded, within=60)
    status, own = await world.call("GET", f"/v1/accounts/{account_id}/privacy-requests/{waiting}", token)
    assert (status, own["text"]) == (200, "removed")
    operator = await log_in(world, *OPERATOR)
    status, problem = await world.call("GET", f"/v1/privacy-requests/{waiting}/text", operator)
    assert (status, problem["code"]) == (410, "removed")
