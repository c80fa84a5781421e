"""An account on the real broker and store: registered, e-mail verified, identity and a right in, verified."""

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.stack import LocalStack
from services.identity.settings import Settings
from services.identity.verification.details import AnyDetails
from services.identity.wiring import running
from shared.contracts.identity import accounts as told
from shared.contracts.ipr import rights
from shared.runtime import ALL_ROLES
from shared.runtime.assembly import Assembly
from tests.support.certificates import PNG
from tests.support.world import World, world_of

PASSWORD = "a long enough password"
OPERATOR = ("operator@platform.example", "operator of the tests")
SECRET = "of all services"
TOPIC = told.TOPIC.name


class ConfirmingProvider:
    async def confirm(self, details: AnyDetails) -> str:
        return f"provider-{details.method}"


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("identity", stack, tmp_path) as made, service(made):
        yield made


def service(world: World) -> AbstractAsyncContextManager[Assembly]:
    env: Mapping[str, str] = {
        **world.env,
        "IPP_ISSUERS": f"identity=http://127.0.0.1:{world.port}/.well-known/jwks.json",
        "IPP_OPERATOR_EMAIL": OPERATOR[0],
        "IPP_OPERATOR_PASSWORD": OPERATOR[1],
        "IPP_SERVICE_SECRET": SECRET,
    }
    return running(Settings.read(env), ALL_ROLES, ConfirmingProvider())


def unique_email() -> str:
    return f"owner-{uuid.uuid4().hex[:12]}@brand.example"


async def registration(world: World, email: str, **more: Any) -> dict[str, Any]:
    _, published = await world.call("GET", "/v1/agreements")
    accepted = [
        {name: one[name] for name in ("document", "version", "language", "sha256")}
        for one in published["agreements"]
        if one["language"] == "en"
    ]
    return {
        "country": "US",
        "category": "enterprise",
        "registrant": "rights_holder",
        "email": email,
        "password": PASSWORD,
        "accepted": accepted,
        **more,
    }


def licence(number: str = "") -> dict[str, Any]:
    return {
        "method": "business-licence",
        "country": "US",
        "registration_number": number or f"NY-{uuid.uuid4().hex[:10]}",
        "corporate_name": "Brand Inc.",
        "address": "350 Fifth Avenue, New York",
        "permanent": True,
    }


async def log_in(world: World, email: str, password: str) -> str:
    status, answer = await world.call("POST", "/v1/sessions", body={"email": email, "password": password})
    assert status == 200, answer
    return str(answer["access_token"])


async def agree(world: World, token: str, purpose: str, language: str = "en") -> None:
    """To the text in force of one purpose."""
    _, view = await world.call("GET", "/v1/accounts/me/consents", token)
    [asked] = [one for one in view["consents"] if one["purpose"] == purpose]
    [text] = [one for one in asked["texts"] if one["language"] == language]
    body = {"purpose": purpose, "version": asked["version"], "language": language, "sha256": text["sha256"]}
    status, answer = await world.call("POST", "/v1/accounts/me/consents", token, body)
    assert status == 200, answer


async def service_token(world: World) -> str:
    body = {"client_id": "notifications", "client_secret": SECRET}
    _, answer = await world.call("POST", "/v1/service-tokens", body=body)
    return str(answer["access_token"])


async def reviewer_token(world: World) -> str:
    operator = await log_in(world, *OPERATOR)
    email = unique_email()
    body = {"email": email, "password": PASSWORD, "roles": ["reviewer"]}
    status, answer = await world.call("POST", "/v1/staff", operator, body)
    assert status == 201, answer
    return await log_in(world, email, PASSWORD)


async def send_identity(
    world: World, account_id: str, token: str, details: Any, document: bytes | None = PNG, key: str | None = None
) -> tuple[int, Any]:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("details", details if isinstance(details, str) else json.dumps(details))
    if document is not None:
        form.add_field("document", document, filename="licence.png", content_type="image/png")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or uuid.uuid4().hex}
    url = f"http://127.0.0.1:{world.port}/v1/accounts/{account_id}/identity"
    async with world.http.post(url, data=form, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def verified_email(world: World, **more: Any) -> tuple[str, str, str]:
    """Account id, e-mail and token of somebody who typed in the code."""
    email = unique_email()
    status, answer = await world.call("POST", "/v1/accounts", body=await registration(world, email, **more))
    assert status == 201, answer
    account_id = answer["account_id"]
    path = f"/v1/internal/accounts/{account_id}/email-code"
    _, code = await world.call("GET", path, await service_token(world))
    assert code["email"] == email
    body = {"code": code["code"]}
    status, answer = await world.call("POST", f"/v1/accounts/{account_id}/email-verification", body=body)
    assert (status, answer) == (200, {"account_id": account_id, "email_verified": True})
    status, problem = await world.call("GET", path, await service_token(world))
    assert (status, problem["code"]) == (409, "email-verified-already")
    return account_id, email, await log_in(world, email, PASSWORD)


def right_of(account_id: str) -> rights.RightSubmitted:
    return rights.RightSubmitted(
        right_id=f"rgt-{uuid.uuid4().hex[:12]}",
        account_id=account_id,
        right_type="trademark",
        place="CN",
        fingerprint=f"fp-{uuid.uuid4().hex[:12]}",
        status="under_authentication",
    )


async def tell_right(world: World, account_id: str) -> None:
    right = right_of(account_id)
    await world.tell(rights.TOPIC.name, right.right_id, right)


async def test_from_registration_to_a_verified_account(world: World) -> None:
    account_id, email, token = await verified_email(world)
    assert account_id.startswith("acc-intl-")

    # Identity alone starts nothing; the first document of a right does (001 Step 4).
    status, view = await send_identity(world, account_id, token, licence())
    assert (status, view["status"], view["round"]) == (201, "incomplete", 0)
    await tell_right(world, account_id)
    started = await world.until_heard(TOPIC, account_id, told.AccountVerificationStarted)
    # Monday 2 March 2026, 10:00 in Shanghai + 3 working days: over at midnight after Thursday.
    [deadline] = started.data["deadlines"]
    assert datetime.fromisoformat(deadline["due"]) == datetime(2026, 3, 5, 16, 0, tzinfo=UTC)

    reviewer = await reviewer_token(world)
    _, queue = await world.call("GET", "/v1/verifications", reviewer)
    assert account_id in [one["account_id"] for one in queue["queued"]]
    _, identity = await world.call("GET", f"/v1/accounts/{account_id}/identity", reviewer)
    assert identity["details"]["corporate_name"] == "Brand Inc."
    url = f"http://127.0.0.1:{world.port}/v1/accounts/{account_id}/identity/document"
    async with world.http.get(url, headers={"Authorization": f"Bearer {reviewer}"}) as image:
        assert (image.content_type, await image.read()) == ("image/png", PNG)
        assert image.headers["Content-Disposition"] == 'attachment; filename="document.png"'
    assert identity["document_scan"] == "not_configured"
    async with world.http.get(f"{url}/preview", headers={"Authorization": f"Bearer {reviewer}"}) as preview:
        assert (preview.content_type, (await preview.read())[:2]) == ("image/jpeg", b"\xff\xd8")

    decision = {"result": "verified", "round": 1}
    status, view = await world.call("POST", f"/v1/verifications/{account_id}/decision", reviewer, decision)
    assert (status, view["status"], view["due"]) == (200, "verified", None)
    verified = await world.until_heard(TOPIC, account_id, told.AccountVerified)
    assert verified.data["verified"] is True
    assert verified.data["deadlines"] == []

    # The topic has the whole life in order, and nothing personal.
    records = await world.raw(TOPIC, key=account_id)
    assert [json.loads(record.value)["sequence"] for record in records] == ["1", "2", "3", "4", "5"]
    spoken = b"".join(record.value for record in records)
    for personal in (email, "Brand Inc.", "Fifth Avenue"):
        assert personal.encode() not in spoken


async def test_a_failed_verification_is_corrected_and_resubmitted(world: World) -> None:
    account_id, _, token = await verified_email(world)
    await tell_right(world, account_id)
    number = f"NY-{uuid.uuid4().hex[:10]}"

    async def right_known() -> bool:
        _, account = await world.call("GET", "/v1/accounts/me", token)
        return bool(account["verification"]["right_submitted"])

    await world.until(right_known)
    _, view = await send_identity(world, account_id, token, licence(number))
    assert (view["status"], view["round"]) == ("queued", 1)
    reviewer = await reviewer_token(world)
    path = f"/v1/verifications/{account_id}/decision"
    status, problem = await world.call("POST", path, reviewer, {"result": "failed"})
    assert (status, problem["code"]) == (422, "reasons-missing")
    failed = {"result": "failed", "reasons": ["image-unclear"]}
    _, view = await world.call("POST", path, reviewer, failed)
    assert (view["status"], view["reasons"]) == ("failed", ["image-unclear"])
    status, view = await send_identity(world, account_id, token, licence(number))
    assert (status, view["status"], view["round"]) == (201, "queued", 2)
    status, problem = await world.call("POST", path, reviewer, {"result": "verified", "round": 1})
    assert (status, problem["code"]) == (409, "verification-round-over")


async def test_a_verification_that_takes_too_long_is_told(world: World) -> None:
    account_id, _, token = await verified_email(world)
    await send_identity(world, account_id, token, licence())
    await tell_right(world, account_id)
    await world.until_heard(TOPIC, account_id, told.AccountVerificationStarted)
    world.advance(timedelta(days=4))
    overdue = await world.until_heard(TOPIC, account_id, told.AccountVerificationOverdue, within=60)
    assert overdue.data["deadlines"] == []
    _, account = await world.call("GET", "/v1/accounts/me", token)
    assert (account["verification"]["status"], account["verification"]["overdue"]) == ("queued", True)


async def test_one_e_mail_one_account_and_retries_are_answered_alike(world: World) -> None:
    email, key = unique_email(), uuid.uuid4().hex
    body = await registration(world, email)
    first = await world.call("POST", "/v1/accounts", body=body, key=key)
    again = await world.call("POST", "/v1/accounts", body=body, key=key)
    assert first == again
    assert first[0] == 201
    status, problem = await world.call("POST", "/v1/accounts", body={**body, "language": "zh"}, key=key)
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    status, problem = await world.call("POST", "/v1/accounts", body={**body, "email": email.upper()})
    assert (status, problem["code"]) == (409, "email-taken")


async def test_one_subject_one_account(world: World) -> None:
    one, _, token = await verified_email(world)
    other, _, other_token = await verified_email(world)
    assert (await send_identity(world, one, token, licence("NY 77-0001")))[0] == 201
    status, problem = await send_identity(world, other, other_token, licence("ny770001"))
    assert (status, problem["code"]) == (409, "subject-taken")


async def test_a_document_over_its_limit_or_of_another_type_is_refused(world: World) -> None:
    account_id, _, token = await verified_email(world)
    large = PNG + bytes(8 * 1_048_576)
    status, problem = await send_identity(world, account_id, token, licence(), large)
    assert (status, problem["problems"][0]["code"]) == (413, "part-too-large")
    status, problem = await send_identity(world, account_id, token, licence(), b"%PDF-1.7 not an image")
    assert (status, problem["code"]) == (415, "document-type-not-accepted")
    status, problem = await send_identity(world, account_id, token, licence(), PNG[:-20])
    assert (status, problem["code"]) == (422, "document-not-acceptable")
    assert [(each["pointer"], each["code"]) for each in problem["problems"]] == [("/document", "document-truncated")]
    status, problem = await send_identity(world, account_id, token, licence(), None)
    assert (status, problem["code"]) == (422, "document-missing")
    status, problem = await send_identity(world, account_id, token, '{"method": "business-licence", ')
    assert (status, problem["code"]) == (422, "body-not-valid")


async def test_anothers_account_looks_like_none(world: World) -> None:
    mine, _, token = await verified_email(world)
    other, _, _ = await verified_email(world)
    theirs = await world.call("GET", f"/v1/accounts/{other}", token)
    nobodys = await world.call("GET", "/v1/accounts/acc-intl-NOBODY", token)
    assert (theirs[0], theirs[1]["detail"]) == (nobodys[0], nobodys[1]["detail"]) == (404, "There is no such account.")
    assert (await world.call("GET", f"/v1/accounts/{mine}", token))[0] == 200
    assert (await world.call("GET", f"/v1/internal/accounts/{mine}/email-code", token))[0] == 403


async def test_wrong_codes_are_counted_and_wrong_passwords_too(world: World) -> None:
    email = unique_email()
    _, answer = await world.call("POST", "/v1/accounts", body=await registration(world, email))
    path = f"/v1/accounts/{answer['account_id']}/email-verification"
    _, code = await world.call(
        "GET", f"/v1/internal{path[3:].replace('verification', 'code')}", await service_token(world)
    )
    wrong = f"{(int(code['code']) + 1) % 1_000_000:06d}"
    answers = [(await world.call("POST", path, body={"code": wrong}))[1]["code"] for _ in range(6)]
    assert answers == ["code-wrong"] * 5 + ["too-many-attempts"]
    body = {"email": email, "password": "not the password"}
    answers = [(await world.call("POST", "/v1/sessions", body=body))[1]["code"] for _ in range(6)]
    assert answers == ["credentials-wrong"] * 5 + ["too-many-attempts"]


async def test_all_that_is_wrong_with_a_registration_is_named(world: World) -> None:
    body = await registration(world, "nobody@nowhere", category="individual", country="CN", password="short")
    status, problem = await world.call("POST", "/v1/accounts", body=body)
    assert status == 422
    named = {(each["pointer"], each["code"]) for each in problem["problems"]}
    assert named == {("/email", "email-not-valid"), ("/password", "too-short")}
    url = f"http://127.0.0.1:{world.port}/v1/accounts"
    headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    async with world.http.post(url, data=b"{not json", headers=headers) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (400, "body-not-json")


async def test_an_enterprise_of_the_mainland_is_confirmed_by_the_provider(world: World) -> None:
    account_id, _, token = await verified_email(world, country="CN", language="zh")
    assert account_id.startswith("acc-cn-")
    details = {
        "method": "legal-representative",
        "legal_representative": "张三",
        "id_number": "11010519491231002X",
        "corporate_name": "某某有限公司",
        "licence_code": "91110000600037341L",
        "permanent": True,
    }
    status, problem = await send_identity(world, account_id, token, details, None)
    assert (status, problem["code"]) == (403, "consent-missing")
    await agree(world, token, "identity-provider", "zh")
    status, view = await send_identity(world, account_id, token, details, None)
    assert (status, view["identity_submitted"]) == (201, True)
    status, problem = await send_identity(world, account_id, token, licence())
    assert (status, problem["code"]) == (422, "method-not-allowed-here")
    # the provider is somebody else: what it was sent is among what the person sees
    _, shown = await world.call("GET", "/v1/accounts/me/disclosures", token)
    [sent] = [each for each in shown["disclosures"] if each["to"] == "identity-provider"]
    assert (sent["what"], sent["purpose"]) == ("identity-details", "identity-confirmation")


async def test_contacts_are_given_to_services_and_logged(world: World) -> None:
    account_id, email, token = await verified_email(world)
    notifications = await service_token(world)
    path = f"/v1/internal/accounts/{account_id}/contact?purpose=takedown-notice&party="
    _, owner = await world.call("GET", f"{path}owner", notifications)
    assert owner["email"] == email  # the second set was not edited: the login e-mail serves
    _, disclosed = await world.call("GET", f"{path}disclosed", notifications)
    assert disclosed["email"] == ""  # and is not disclosed in place of the first
    sets = {"disclosed": {"name": "Brand Protection", "email": "bp@brand.example", "phone": "+1 212 555 0100"}}
    status, _ = await world.call("PUT", f"/v1/accounts/{account_id}/contacts", token, sets)
    assert status == 200
    _, disclosed = await world.call("GET", f"{path}disclosed", notifications)
    assert disclosed["email"] == ""  # nor without a consent of its own (000 III.1)
    await agree(world, token, "contact-disclosure")
    _, disclosed = await world.call("GET", f"{path}disclosed", notifications)
    assert (disclosed["name"], disclosed["email"]) == ("Brand Protection", "bp@brand.example")


async def test_a_closed_account_logs_in_no_more_and_its_e_mail_is_free(world: World) -> None:
    account_id, email, token = await verified_email(world)
    operator = await log_in(world, *OPERATOR)
    body = {"standing": "closed", "reason": "user-request"}
    status, view = await world.call("POST", f"/v1/accounts/{account_id}/standing", operator, body)
    assert (status, view["standing"]) == (200, "closed")
    told_of = await world.until_heard(TOPIC, account_id, told.StandingChanged)
    assert told_of.data["standing"] == "closed"
    status, _ = await world.call("POST", "/v1/sessions", body={"email": email, "password": PASSWORD})
    assert status == 401
    status, _ = await world.call("POST", f"/v1/accounts/{account_id}/standing", token, body)
    assert status == 403
    status, _ = await world.call("POST", "/v1/accounts", body=await registration(world, email))
    assert status == 201


async def test_a_session_is_refreshed_until_it_is_ended(world: World) -> None:
    _, email, _ = await verified_email(world)
    _, begun = await world.call("POST", "/v1/sessions", body={"email": email, "password": PASSWORD})
    body = {"refresh_token": begun["refresh_token"]}
    status, refreshed = await world.call("POST", "/v1/sessions/refreshment", body=body)
    assert status == 200
    assert (await world.call("GET", "/v1/accounts/me", refreshed["access_token"]))[0] == 200
    assert (await world.call("POST", "/v1/sessions/end", body=body))[0] == 204
    status, problem = await world.call("POST", "/v1/sessions/refreshment", body=body)
    assert (status, problem["code"]) == (401, "token-expired")


async def test_what_is_committed_outlives_a_restart(stack: LocalStack, tmp_path: Path) -> None:
    async with world_of("identity", stack, tmp_path) as world:
        async with service(world):
            account_id, email, token = await verified_email(world)
        async with service(world):
            # The same key signs after the restart, so the token still counts; so do the sealed e-mail and password.
            status, account = await world.call("GET", f"/v1/accounts/{account_id}", token)
            assert (status, account["email"]) == (200, email)
            await log_in(world, email, PASSWORD)
