"""The patient caller: the same key again while a service is away, and refusals told by their code."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.simulator.client import Client, Part, Refused
from deploy.simulator.demo import store_writes
from deploy.simulator.documents import png
from deploy.simulator.people import Person, registration, resident_number, unified_social_credit_code
from deploy.simulator.plan import Account


class _Service:
    """Answers what the test says, in order; the last answer for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(200, {"fine": True})]
        self.keys: list[str] = []
        self.tokens: list[str] = []
        self.parts: dict[str, bytes] = {}

    async def answer(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        self.tokens.append(request.headers.get("Authorization", ""))
        if request.content_type == "multipart/form-data":
            async for part in await request.multipart():
                self.parts[part.name or ""] = await part.read()  # type: ignore[union-attr]
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.json_response(body, status=status)

    async def log_in(self, request: web.Request) -> web.Response:
        self.logins = getattr(self, "logins", 0) + 1
        return web.json_response({"access_token": f"token-{self.logins}"})


@pytest.fixture
async def service() -> AsyncIterator[tuple[_Service, Client]]:
    heard = _Service()
    app = web.Application()
    app.router.add_post("/v1/sessions", heard.log_in)
    app.router.add_route("*", "/{path:.*}", heard.answer)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        async with Client({"identity": url, "complaints": url}) as client:
            yield heard, client


async def test_a_service_that_is_away_is_asked_again_with_the_same_key(service: tuple[_Service, Client]) -> None:
    heard, client = service
    heard.answers = [(503, {}), (502, {}), (201, {"id": 1})]

    answer = await client.post("complaints", "/v1/submissions", {"a": 1}, key="key-12345")

    assert answer == {"id": 1}
    assert heard.keys == ["key-12345"] * 3
    assert client.retries == 2


async def test_a_refusal_is_told_by_status_and_code(service: tuple[_Service, Client]) -> None:
    heard, client = service
    heard.answers = [(409, {"code": "too-late", "detail": "after its deadline"})]

    with pytest.raises(Refused, match="409 too-late") as refused:
        await client.post("complaints", "/v1/x", {}, key="key-12345")

    assert (refused.value.status, refused.value.code) == (409, "too-late")


async def test_a_person_logs_in_once_and_again_when_the_token_is_refused(service: tuple[_Service, Client]) -> None:
    heard, client = service
    heard.answers = [(200, {}), (401, {"code": "token-expired"}), (200, {})]
    person = Person(client, "a@owners.example", "secret")

    await person.get("complaints", "/v1/cases")
    await person.get("complaints", "/v1/cases")

    assert heard.tokens == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_a_form_carries_its_json_and_its_files(service: tuple[_Service, Client]) -> None:
    heard, client = service
    part = Part("document", png(3), "licence.png")

    await client.call(
        "POST", "identity", "/v1/x", body={"a": "标"}, body_part="details", parts=(part,), key="key-12345"
    )

    assert json.loads(heard.parts["details"]) == {"a": "标"}
    assert heard.parts["document"] == png(3)


def test_a_document_is_a_png_of_its_own() -> None:
    assert png(1)[:8] == b"\x89PNG\r\n\x1a\n"
    assert png(1) != png(2)


def test_made_up_numbers_have_right_check_digits() -> None:
    from stdnum.cn import ric, uscc

    for number in (1, 2, 10, 64):
        assert ric.is_valid(resident_number(number))
        assert uscc.is_valid(unified_social_credit_code(number))


def test_a_registration_accepts_the_agreements_in_force_in_its_own_language() -> None:
    account = Account("k", "k@owners.example", "p" * 12, "CN", "enterprise", "zh", "北澜", "usual")
    agreements = [
        {"document": "user-agreement", "version": "2019-09", "language": language, "sha256": "0" * 64, "text": "…"}
        for language in ("zh", "en")
    ]

    accepted = registration(account, agreements)["accepted"]

    assert accepted == [{"document": "user-agreement", "version": "2019-09", "language": "zh", "sha256": "0" * 64}]


def test_store_writes_are_summed_over_collections_and_operations() -> None:
    text = """# HELP ipp_store_writes_total Documents written.
# TYPE ipp_store_writes_total counter
ipp_store_writes_total{collection="cases",operation="update"} 41.0
ipp_store_writes_total{collection="cases",operation="insert"} 3.0
ipp_store_writes_total{collection="inbox",operation="update"} 1.5e+01
ipp_store_writes_created{collection="cases",operation="update"} 1.7e+09
"""
    assert store_writes("complaints", text) == {"complaints.cases": 44, "complaints.inbox": 15}
