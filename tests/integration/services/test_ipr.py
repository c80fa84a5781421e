"""Ipr by itself on the real broker and store: accounts in, rights out, reviewers and deadlines in between."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from deploy.local.stack import LocalStack
from services.ipr.settings import Settings
from services.ipr.wiring import running
from shared.access import Role
from shared.contracts.identity import accounts
from shared.contracts.ipr import rights
from shared.files.clean import cleaned
from shared.kernel.ids import random_id
from shared.mongo import connect
from shared.runtime.process import ALL_ROLES
from tests.support.certificates import PDF, PNG
from tests.support.clamd import EICAR, ClamdServer
from tests.support.files import payloads
from tests.support.files.drawing import png, png_chunk
from tests.support.files.pdfs import document
from tests.support.world import World, world_of

MIB = 1_048_576
TRADEMARK = {
    "right_type": "trademark",
    "place": "CN",
    "name": "ACME",
    "registration_number": "No. 1234567",
    "registrant": "Acme Widgets Inc.",
    "expires_on": "2026-03-12",
    "nice_classes": [25, 18],
    "brand": "Acme Sport",
}
CERTIFICATE = ("certificate", "Zhang San trademark.pdf", PDF)


class Owner:
    """An account with a token, and its rights."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.account = random_id("acc-intl")
        self.token = world.token(self.account, Role.COMPLAINANT, account=self.account)

    async def known(self) -> "Owner":
        await self.world.tell(accounts.TOPIC.name, self.account, accounts.EmailVerified(account_id=self.account))
        return self

    async def send(
        self,
        submission: object = None,
        files: Sequence[tuple[str, str, bytes]] = (CERTIFICATE,),
        *,
        key: str | None = None,
        path: str = "/v1/rights",
    ) -> tuple[int, Any, Any]:
        """Status, body and headers."""
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("submission", orjson.dumps(submission or TRADEMARK).decode())
        for part, filename, content in files:
            form.add_field(part, content, filename=filename, content_type="application/octet-stream")
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or uuid.uuid4().hex}
        url = f"http://127.0.0.1:{self.world.port}{path}"
        async with self.world.http.post(url, data=form, headers=headers) as response:
            return response.status, await response.json(content_type=None), response.headers

    async def submitted(self, **more: object) -> str:
        """A right that was taken; tries again while the account is on its way."""
        found: dict[str, Any] = {}
        key = uuid.uuid4().hex

        async def taken() -> bool:
            status, found["body"], _ = await self.send({**TRADEMARK, **more}, key=key)
            return status == 201

        await self.world.until(taken)
        return str(found["body"]["right_id"])

    async def decide(self, right_id: str, result: str, *reasons: str) -> tuple[int, Any]:
        token = self.world.token("staff-1", Role.REVIEWER)
        body = {"result": result, "reasons": list(reasons)}
        return await self.world.call("POST", f"/v1/authentications/{right_id}/decision", token, body)

    async def heard(self, right_id: str) -> list[tuple[str, dict[str, Any]]]:
        return [
            (e.type.rpartition(".")[2], dict(e.data)) for e in await self.world.heard(rights.TOPIC.name, key=right_id)
        ]


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("ipr", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


async def test_a_trademark_is_submitted_authenticated_and_told(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()
    status, queue = await world.call("GET", "/v1/authentications?status=pending", world.token("s", Role.REVIEWER))
    assert (status, [each["right_id"] for each in queue["queued"]]) == (200, [right_id])
    status, decided = await owner.decide(right_id, "authenticated")
    assert (status, decided["status"], decided["status_text"]) == (200, "authenticated", "Authenticated")
    told = await world.until_heard(rights.TOPIC.name, right_id, rights.RightAuthenticated)
    data = rights.RightAuthenticated.model_validate(told.data)
    assert (data.account_id, data.place, data.nice_classes, data.status) == (
        owner.account,
        "CN",
        (18, 25),
        "authenticated",
    )
    assert [deadline.kind for deadline in data.deadlines] == ["right-expiry"]
    assert [e.sequence for e in await world.heard(rights.TOPIC.name, key=right_id)] == [1, 2]
    _, queue = await world.call("GET", "/v1/authentications", world.token("s", Role.REVIEWER))
    assert queue["queued"] == []
    await _nothing_personal_is_kept(world, right_id)


async def _nothing_personal_is_kept(world: World, right_id: str) -> None:
    settings = Settings.read(world.env).surroundings
    database = connect(settings.mongo_url, settings.database)
    kept = repr(await database.collection("rights").find({})) + repr(await database.collection("vault.sealed").find({}))
    database.close()
    kept += repr(await world.heard(rights.TOPIC.name, key=right_id))
    assert right_id in kept
    for personal in ("Acme Widgets", "Acme Sport", "Zhang San", "%PDF"):
        assert personal not in kept


async def test_the_owner_sees_the_right_and_others_do_not(world: World) -> None:
    owner, other = await Owner(world).known(), await Owner(world).known()
    right_id = await owner.submitted()
    status, seen = await world.call("GET", f"/v1/rights/{right_id}", owner.token)
    assert (status, seen["registrant"], seen["brand"]) == (200, "Acme Widgets Inc.", "Acme Sport")
    assert [each["name"] for each in seen["documents"]] == ["certificate-1.pdf"]
    _, page = await world.call("GET", "/v1/rights", owner.token)
    assert [each["right_id"] for each in page["rights"]] == [right_id]
    for method, path, body in (
        ("GET", f"/v1/rights/{right_id}", None),
        ("GET", f"/v1/rights/{right_id}/documents/1", None),
        ("POST", f"/v1/rights/{right_id}/withdrawal", {"reason": "sold"}),
    ):
        status, problem = await world.call(method, path, other.token, body)
        assert (status, problem["code"]) == (404, "not-found")
        missing = path.replace(right_id, "rgt-00000000000000000000")
        status, nothing = await world.call(method, missing, other.token, body)
        assert (status, nothing["detail"]) == (404, problem["detail"])
    _, page = await world.call("GET", "/v1/rights", other.token)
    assert page["rights"] == []


async def test_certificates_are_for_our_services_only(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()
    path = f"/v1/internal/rights/{right_id}/certificates"
    status, found = await world.call("GET", path, world.token("notifications", Role.SERVICE))
    assert (status, found["name"], found["registration_number"], found["place"]) == (200, "ACME", "No. 1234567", "CN")
    assert [each["name"] for each in found["certificates"]] == ["certificate-1.pdf"]
    assert "registrant" not in found
    status, problem = await world.call("GET", path, owner.token)
    assert (status, problem["code"]) == (403, "not-allowed")
    url = f"http://127.0.0.1:{world.port}/v1/rights/{right_id}/documents/1"
    headers = {"Authorization": f"Bearer {world.token('s', Role.REVIEWER)}"}
    async with world.http.get(url, headers=headers) as response:
        content = await response.read()
        assert (response.status, content[:5]) == (200, b"%PDF-")
        assert content == cleaned(PDF, "pdf")
        assert response.headers["Content-Disposition"] == 'attachment; filename="certificate-1.pdf"'


async def test_given_the_account_is_not_known_yet_then_it_comes_again_and_is_never_refused(
    world: World,
) -> None:
    owner, key = Owner(world), uuid.uuid4().hex
    status, problem, headers = await owner.send(key=key)
    assert (status, problem["code"], headers["Retry-After"]) == (503, "account-not-yet-known", "1")
    [registered] = [each for each in accounts.TOPIC.examples if isinstance(each, accounts.AccountRegistered)]
    await world.tell(accounts.TOPIC.name, owner.account, registered.model_copy(update={"account_id": owner.account}))
    await owner.known()

    async def taken() -> bool:
        return (await owner.send(key=key))[0] == 201

    await world.until(taken)


@pytest.mark.parametrize("standing", ["suspended", "closed"])
async def test_an_account_that_is_not_in_standing_submits_nothing(world: World, standing: str) -> None:
    owner = await Owner(world).known()
    changed = accounts.StandingChanged.model_validate(
        {"account_id": owner.account, "standing": standing, "reason": "malicious-complaints"}
    )
    await world.tell(accounts.TOPIC.name, owner.account, changed)

    async def refused() -> bool:
        status, body, _ = await owner.send({**TRADEMARK, "registration_number": random_id("n")})
        return (status, body.get("code")) == (403, "account-not-in-standing")

    await world.until(refused)


async def test_an_account_whose_data_are_restricted_submits_nothing_until_it_is_lifted(world: World) -> None:
    owner = await Owner(world).known()
    known = {"account_id": owner.account, "request_id": "prq-1"}
    restricted = accounts.ProcessingRestricted.model_validate({**known, "restricted": True})
    await world.tell(accounts.TOPIC.name, owner.account, restricted)

    async def answered(status: int, code: str | None) -> bool:
        got, body, _ = await owner.send({**TRADEMARK, "registration_number": random_id("n")})
        return (got, body.get("code")) == (status, code)

    await world.until(lambda: answered(403, "account-restricted"))
    await world.tell(accounts.TOPIC.name, owner.account, accounts.RestrictionLifted.model_validate(known))
    await world.until(lambda: answered(201, None))


async def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(world: World) -> None:
    owner, key = await Owner(world).known(), uuid.uuid4().hex
    await owner.submitted(registration_number="1")
    first = await owner.send(key=key)
    again = await owner.send(key=key)
    assert (first[0], again[0], again[1]) == (201, 201, first[1])
    assert again[2]["Idempotent-Replayed"] == "true"
    status, problem, _ = await owner.send({**TRADEMARK, "name": "OTHER"}, key=key)
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    status, problem, _ = await owner.send({**TRADEMARK, "registration_number": "no 1234567"})
    assert (status, problem["code"]) == (409, "right-registered-already")


async def test_given_it_failed_then_it_is_edited_and_resubmitted(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()
    status, problem = await owner.decide(right_id, "failed")
    assert (status, problem["code"]) == (422, "reasons-missing")
    status, decided = await owner.decide(right_id, "failed", "certificate-unclear")
    assert (status, decided["status_text"], decided["reasons"]) == (
        200,
        "Authentication failed",
        ["certificate-unclear"],
    )
    status, again, _ = await owner.send(
        {**TRADEMARK, "registration_number": "1234568"},
        [("certificate", "scan.png", PNG)],
        path=f"/v1/rights/{right_id}/submission",
    )
    assert (status, again["status"], again["round"]) == (200, "under_authentication", 2)
    assert (await owner.decide(right_id, "authenticated"))[0] == 200
    await world.until_heard(rights.TOPIC.name, right_id, rights.RightAuthenticated)
    assert [name for name, _ in await owner.heard(right_id)] == [
        "right-submitted",
        "right-authentication-failed",
        "right-submitted",
        "right-authenticated",
    ]


async def test_a_draft_is_private_until_it_is_submitted(world: World) -> None:
    owner = await Owner(world).known()
    await owner.submitted(registration_number="1")
    status, draft, _ = await owner.send({**TRADEMARK, "draft": True}, [])
    assert (status, draft["status"]) == (201, "draft")
    right_id = draft["right_id"]
    reviewer = world.token("s", Role.REVIEWER)
    assert (await world.call("GET", f"/v1/rights/{right_id}", reviewer))[0] == 404
    status, sent, _ = await owner.send(path=f"/v1/rights/{right_id}/submission")
    assert (status, sent["status"]) == (200, "under_authentication")
    assert (await world.call("GET", f"/v1/rights/{right_id}", reviewer))[0] == 200
    submitted = await world.until_heard(rights.TOPIC.name, right_id, rights.RightSubmitted)
    assert submitted.sequence == 1


async def test_withdrawal_frees_the_right_for_another_registration(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()
    status, view = await world.call("POST", f"/v1/rights/{right_id}/withdrawal", owner.token, {"reason": "sold"})
    assert (status, view["status_text"]) == (200, "Withdraw")
    status, problem = await world.call("POST", f"/v1/rights/{right_id}/withdrawal", owner.token, {"reason": "sold"})
    assert (status, problem["code"]) == (409, "right-withdrawn")
    assert (await owner.send())[0] == 201


async def test_time_passes_authentication_is_overdue_and_the_right_expires(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()
    # Monday 2 March 2026: Tuesday, Wednesday, Thursday; over with the 5th in Shanghai, and 60 s of grace.
    world.clock.move_to(datetime(2026, 3, 5, 16, 1, 1, tzinfo=UTC))
    overdue = await world.until_heard(rights.TOPIC.name, right_id, rights.RightAuthenticationOverdue)
    assert overdue.data["status"] == "under_authentication"
    assert (await owner.decide(right_id, "authenticated"))[0] == 200
    world.clock.move_to(datetime(2026, 3, 12, 16, 1, 1, tzinfo=UTC))
    expired = await world.until_heard(rights.TOPIC.name, right_id, rights.RightExpired)
    assert (expired.data["status"], expired.data["deadlines"]) == ("authenticated", [])
    _, seen = await world.call("GET", f"/v1/rights/{right_id}", owner.token)
    assert (seen["status"], seen["expired"]) == ("authenticated", True)
    world.advance(timedelta(days=1))
    assert (await owner.send({**TRADEMARK, "expires_on": "2036-03-12"}))[0] == 201  # renewed, registered anew


async def test_all_that_is_wrong_is_named_at_once(world: World) -> None:
    owner = await Owner(world).known()
    await owner.submitted(registration_number="1")
    wrong = {**TRADEMARK, "expires_on": "2026-03-01", "renewed": True}
    status, problem, _ = await owner.send(wrong, [("certificate", "a.png", PDF), ("alteration", "b.exe", b"MZ")])
    assert (status, problem["code"]) == (422, "right-not-acceptable")
    assert {(each["pointer"], each["code"]) for each in problem["problems"]} == {
        ("/certificate", "document-ending-differs"),
        ("/alteration", "document-type-not-accepted"),
        ("/submission/expires_on", "right-expired"),
        ("/renewal", "document-missing"),
    }
    form = {
        **TRADEMARK,
        "place": "EU",
        "nice_classes": [25, 0, 46],
        "right_type": "domain",
        "colour": "red",
        "name": " ",
    }
    status, problem, _ = await owner.send(form)
    assert (status, problem["code"]) == (422, "body-not-valid")
    assert {each["pointer"] for each in problem["problems"]} == {
        "/submission/place",
        "/submission/nice_classes/1",
        "/submission/nice_classes/2",
        "/submission/right_type",
        "/submission/colour",
        "/submission/name",
    }


async def test_documents_are_scanned_where_a_scanner_is_named(stack: LocalStack, tmp_path: Path) -> None:
    async with world_of("ipr", stack, tmp_path) as world, ClamdServer().running() as clamd:
        env = {**world.env, "IPP_CLAMD_URL": clamd.url}
        async with running(Settings.read(env), ALL_ROLES):
            owner = await Owner(world).known()
            right_id = await owner.submitted()
            _, right = await world.call("GET", f"/v1/rights/{right_id}", owner.token)
            assert [each["scan"] for each in right["documents"]] == ["clean"]
            infected = png(before=[png_chunk(b"prVt", EICAR)])
            status, problem, _ = await owner.send(files=[("certificate", "a.png", infected)])
            assert (status, [each["code"] for each in problem["problems"]]) == (422, ["document-infected"])
            clamd.say = b"COMMAND READ TIMED OUT\0"
            status, problem, headers = await owner.send({**TRADEMARK, "registration_number": "2"})
            assert (status, problem["code"], headers["Retry-After"]) == (503, "document-not-scanned", "1")


async def test_a_hostile_document_is_refused_with_all_that_is_wrong(world: World) -> None:
    owner = await Owner(world).known()
    await owner.submitted(registration_number="1")
    script = document(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>") + payloads.archive()
    status, problem, _ = await owner.send(files=[("certificate", "a.jpg", script)])
    assert (status, problem["code"]) == (422, "right-not-acceptable")
    assert [(each["pointer"], each["code"]) for each in problem["problems"]] == [
        ("/certificate", "document-ending-differs"),
        ("/certificate", "document-holds-another-file"),
        ("/certificate", "document-holds-javascript"),
    ]
    assert all(each["mend"] for each in problem["problems"])


async def test_a_document_over_its_limit_and_what_is_no_form(world: World) -> None:
    owner = await Owner(world).known()
    status, problem, _ = await owner.send(files=[("certificate", "a.png", PNG + bytes(5 * MIB))])
    assert (status, problem["code"]) == (413, "body-too-large")
    status, problem = await world.call("POST", "/v1/rights", owner.token, TRADEMARK)
    assert (status, problem["code"]) == (415, "media-type-not-supported")
    status, problem, _ = await owner.send(files=[("passport", "a.png", PNG)])
    assert (status, problem["problems"][0]["code"]) == (422, "part-unknown")


async def test_roles_are_kept_apart(world: World) -> None:
    owner = await Owner(world).known()
    right_id = await owner.submitted()
    decision = {"result": "authenticated", "reasons": []}
    for token in (owner.token, world.token("o", Role.OPERATOR), world.token("n", Role.SERVICE)):
        status, problem = await world.call("POST", f"/v1/authentications/{right_id}/decision", token, decision)
        assert (status, problem["code"]) == (403, "not-allowed")
    status, problem = await world.call("GET", "/v1/rights")
    assert (status, problem["code"]) == (401, "token-missing")
    reviewer = world.token("s", Role.REVIEWER)
    status, problem = await world.call("POST", "/v1/authentications/rgt-none/decision", reviewer, decision)
    assert (status, problem["code"]) == (404, "no-such-right")
