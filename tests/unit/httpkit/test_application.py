"""What every operation of every service gets from the kit."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel, ConfigDict, Field

from shared.access import ANYONE, Actor, Role, Unauthenticated
from shared.httpkit import (
    Part,
    Route,
    RouteMistake,
    actor_of,
    create_app,
    idempotency_of,
    not_found,
    ok,
    read_form,
    read_json,
    read_query,
)
from shared.kernel.decider import Refusal
from shared.kernel.failures import Transient

Client = TestClient[web.Request, web.Application]
KEY = {"Idempotency-Key": "5f0c4e1e-7d6b-4a35-9a51-000000000001"}


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    item: str = Field(min_length=2)
    count: int = Field(gt=0)


class Page(BaseModel):
    limit: int = Field(default=10, le=100)


class Echo(BaseModel):
    value: str


class Tokens:
    async def authenticate(self, token: str) -> Actor:
        if token == "reviewer":
            return Actor("staff-1", frozenset({Role.REVIEWER}))
        if token == "complainant":
            return Actor("acc-1", frozenset({Role.COMPLAINANT}), "acc-1")
        raise Unauthenticated("token-expired", "The token has expired.")


async def place(request: web.Request) -> web.Response:
    order = await read_json(request, Order)
    if order.item == "gold":
        raise Refusal("out-of-stock", "There is no gold.", "Ask for silver.")
    if order.item == "ghost":
        raise not_found("item")
    if order.item == "far":
        raise Transient("the store is down")
    if order.item == "bug":
        raise KeyError("secret")
    return ok(Echo(value=order.item), 201)


async def who(request: web.Request) -> web.Response:
    return ok(Echo(value=actor_of(request).id))


async def listed(request: web.Request) -> web.Response:
    return ok(Echo(value=str(read_query(request, Page).limit)))


async def uploaded(request: web.Request) -> web.Response:
    form = await read_form(request)
    return ok(Echo(value=f"{form.text('note')}:{len(form.file('image').content)}"))


async def hashed(request: web.Request) -> web.Response:
    return ok(Echo(value=(await idempotency_of(request)).body_hash))


ROUTES = (
    Route(
        "POST", "/v1/orders", "place-order", "Place an order.", place, input=Order, output=Echo, status=201,
        problems={"out-of-stock": 422}, max_body=1000,
    ),
    Route("GET", "/v1/who/{name}", "who", "Who calls.", who, output=Echo),
    Route("GET", "/v1/list", "list", "List.", listed, query=Page, output=Echo),
    Route("POST", "/v1/hash", "hash", "Hash.", hashed, input=Order, output=Echo),
    Route(
        "POST", "/v1/images", "upload", "Upload.", uploaded, output=Echo, changes=False,
        parts=(Part("image", "an image", 1000), Part("note", "a note", 100, is_file=False)),
    ),
)  # fmt: skip
OPERATIONS = {
    "place-order": ANYONE,
    "who": frozenset({Role.REVIEWER}),
    "list": ANYONE,
    "upload": ANYONE,
    "hash": ANYONE,
}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async def readiness() -> dict[str, str]:
        return {"store": "", "broker": "no answer"}

    async def backlog() -> dict[str, int]:
        return {"outbox": 3}

    app = create_app(
        "shop", ROUTES, operations=OPERATIONS, authenticator=Tokens(), readiness=readiness, backlog=backlog
    )
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def problem_of(response: aiohttp.ClientResponse) -> dict[str, object]:
    assert response.content_type == "application/problem+json"
    body: dict[str, object] = await response.json(content_type=None)
    assert body["type"] == f"/problems/{body['code']}"
    assert body["status"] == response.status
    return body


async def test_a_body_that_is_not_json_is_told_where(client: Client) -> None:
    headers = {**KEY, "Content-Type": "application/json"}
    response = await client.post("/v1/orders", data=b'{"item": "tea", ', headers=headers)
    body = await problem_of(response)
    assert (response.status, body["code"]) == (400, "body-not-json")
    assert "line 1" in str(body["detail"])


async def test_all_that_does_not_fit_is_named_at_once(client: Client) -> None:
    response = await client.post("/v1/orders", json={"item": "x", "colour": "red"}, headers=KEY)
    body = await problem_of(response)
    assert response.status == 422
    named = {(each["pointer"], each["code"]) for each in body["problems"]}  # type: ignore[attr-defined]
    assert named == {("/item", "string-too-short"), ("/count", "missing"), ("/colour", "extra-forbidden")}


async def test_input_values_are_not_repeated_in_problems(client: Client) -> None:
    response = await client.post("/v1/orders", json={"item": "tea", "count": "ID-310101199001011234"}, headers=KEY)
    assert "310101199001011234" not in await response.text()


async def test_a_refusal_has_the_status_that_its_route_declares(client: Client) -> None:
    response = await client.post("/v1/orders", json={"item": "gold", "count": 1}, headers=KEY)
    body = await problem_of(response)
    assert (response.status, body["code"], body["mend"]) == (422, "out-of-stock", "Ask for silver.")


@pytest.mark.parametrize(
    ("item", "status", "code"), [("ghost", 404, "not-found"), ("far", 503, "try-again"), ("bug", 500, "internal-error")]
)
async def test_other_failures_are_problems_too(client: Client, item: str, status: int, code: str) -> None:
    response = await client.post("/v1/orders", json={"item": item, "count": 1}, headers=KEY)
    body = await problem_of(response)
    assert (response.status, body["code"]) == (status, code)
    assert "secret" not in str(body)


async def test_a_body_over_the_limit_is_refused_also_when_its_length_is_not_told(client: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    headers = {**KEY, "Content-Type": "application/json"}
    response = await client.post("/v1/orders", data=chunks(), headers=headers)
    assert (response.status, (await problem_of(response))["code"]) == (413, "body-too-large")


async def test_another_media_type_is_refused(client: Client) -> None:
    response = await client.post("/v1/orders", data="item=tea", headers={**KEY, "Content-Type": "text/plain"})
    assert (response.status, (await problem_of(response))["code"]) == (415, "media-type-not-supported")


async def test_unknown_paths_and_methods_are_problems(client: Client) -> None:
    missing = await client.get("/v1/nothing")
    assert (missing.status, (await problem_of(missing))["code"]) == (404, "not-found")
    wrong = await client.delete("/v1/orders")
    assert (wrong.status, (await problem_of(wrong))["code"]) == (405, "method-not-allowed")
    assert wrong.headers["Allow"] == "POST"


async def test_a_change_needs_a_well_formed_key(client: Client) -> None:
    without = await client.post("/v1/orders", json={"item": "tea", "count": 1})
    assert (await problem_of(without))["code"] == "idempotency-key-missing"
    short = await client.post("/v1/orders", json={"item": "tea", "count": 1}, headers={"Idempotency-Key": "x"})
    assert (await problem_of(short))["code"] == "idempotency-key-not-valid"


async def test_the_hash_tells_bodies_apart_and_repeats_alike(client: Client) -> None:
    one = await (await client.post("/v1/hash", json={"item": "tea", "count": 1}, headers=KEY)).json()
    again = await (await client.post("/v1/hash", json={"item": "tea", "count": 1}, headers=KEY)).json()
    other = await (await client.post("/v1/hash", json={"item": "tea", "count": 2}, headers=KEY)).json()
    assert one == again
    assert one != other


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [(None, 401, "token-missing"), ("old", 401, "token-expired"), ("complainant", 403, "not-allowed")],
)
async def test_who_may_not_is_told_why(client: Client, token: str | None, status: int, code: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = await client.get("/v1/who/x", headers=headers)
    assert (response.status, (await problem_of(response))["code"]) == (status, code)
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


async def test_who_may_is_known_to_the_handler(client: Client) -> None:
    response = await client.get("/v1/who/x", headers={"Authorization": "Bearer reviewer"})
    assert await response.json() == {"value": "staff-1"}


async def test_a_query_that_does_not_fit_is_named(client: Client) -> None:
    response = await client.get("/v1/list?limit=1000")
    body = await problem_of(response)
    assert (response.status, body["code"]) == (422, "query-not-valid")
    assert body["problems"][0]["pointer"] == "?limit"  # type: ignore[index]


async def test_correlation_and_trace_are_taken_over(client: Client) -> None:
    shown = await client.get("/v1/list", headers={"X-Correlation-Id": "mine-1"})
    assert shown.headers["X-Correlation-Id"] == "mine-1"
    malformed = await client.get("/v1/list", headers={"X-Correlation-Id": "a b<script>"})
    assert malformed.headers["X-Correlation-Id"].startswith("cor-")


async def test_a_form_is_read_with_its_parts(client: Client) -> None:
    form = aiohttp.FormData({"note": "hello"})
    form.add_field("image", b"x" * 900, filename="a.png", content_type="image/png")
    response = await client.post("/v1/images", data=form)
    assert await response.json() == {"value": "hello:900"}


async def test_a_part_over_its_limit_is_refused_by_name(client: Client) -> None:
    form = aiohttp.FormData({"note": "hello"})
    form.add_field("image", b"x" * 1001, filename="a.png", content_type="image/png")
    response = await client.post("/v1/images", data=form)
    body = await problem_of(response)
    assert (response.status, body["problems"][0]["pointer"]) == (413, "/image")  # type: ignore[index]


async def test_missing_and_unknown_parts_are_named_at_once(client: Client) -> None:
    form = aiohttp.FormData({"other": "x"})
    form.add_field("image", b"x", filename="a.png")
    body = await problem_of(await client.post("/v1/images", data=form))
    named = {(each["pointer"], each["code"]) for each in body["problems"]}  # type: ignore[attr-defined]
    assert named == {("/other", "part-unknown"), ("/note", "missing")}


async def test_what_operators_ask_for_needs_no_token(client: Client) -> None:
    live = await client.get("/health/live")
    assert live.status == 200
    assert (live.headers["X-Content-Type-Options"], live.headers["Server"]) == ("nosniff", "ipp")
    assert (live.headers["Cache-Control"], live.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    ready = await client.get("/health/ready")
    assert (ready.status, (await ready.json())["checks"]) == (503, {"store": "", "broker": "no answer"})
    assert await (await client.get("/backlog")).json() == {"outbox": 3}
    assert "ipp_http_request_seconds" in await (await client.get("/metrics")).text()


async def test_a_problems_type_leads_to_its_explanation(client: Client) -> None:
    response = await client.post("/v1/orders", json={"item": "gold", "count": 1}, headers=KEY)
    explained = await client.get(str((await problem_of(response))["type"]))
    assert await explained.json() == {"code": "out-of-stock", "status": 422, "operations": ["place-order"]}
    assert (await client.get("/problems/unheard-of")).status == 404


async def test_the_description_is_valid_openapi(client: Client) -> None:
    from openapi_spec_validator import validate

    document = await (await client.get("/openapi.json")).json()
    validate(document)
    operation = document["paths"]["/v1/orders"]["post"]
    assert operation["operationId"] == "place-order"
    assert "out-of-stock" in operation["responses"]["422"]["description"]


def test_a_route_without_roles_fails_at_start() -> None:
    with pytest.raises(RouteMistake, match="list has no roles"):
        create_app("shop", ROUTES, operations={name: roles for name, roles in OPERATIONS.items() if name != "list"})
