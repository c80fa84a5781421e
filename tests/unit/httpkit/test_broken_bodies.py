"""Bodies that are broken, slow or swollen on purpose: told as the sender's fault, and never fill the memory."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel

from shared.access import ANYONE
from shared.httpkit import Part, Route, bodies, create_app, idempotency_of, ok, read_form, read_json
from shared.httpkit.in_flight import IN_FLIGHT

Client = TestClient[web.Request, web.Application]
KEY = {"Idempotency-Key": "5f0c4e1e-7d6b-4a35-9a51-000000000002"}
NOTE = b'Content-Disposition: form-data; name="note"'
IMAGE = b'Content-Disposition: form-data; name="image"; filename="a.png"'


FORM = {**KEY, "Content-Type": "multipart/form-data; boundary=BBB"}


class Note(BaseModel):
    note: str


async def note(request: web.Request) -> web.Response:
    return ok(await read_json(request, Note))


async def form(request: web.Request) -> web.Response:
    found = await read_form(request)
    await idempotency_of(request)
    return ok(Note(note=found.text("note")))


ROUTES = (
    Route("POST", "/note", "note", "Note.", note, input=Note, output=Note),
    Route(
        "POST", "/form", "form", "Form.", form, output=Note,
        parts=(Part("note", "a note", 100, is_file=False), Part("image", "an image", 1000, required=False)),
    ),
)  # fmt: skip


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = create_app("shop", ROUTES, operations={"note": ANYONE, "form": ANYONE})
    async with TestClient(TestServer(app)) as opened:
        yield opened


def part(head: bytes, body: bytes = b"hello") -> bytes:
    return b"--BBB\r\n" + head + b"\r\n\r\n" + body + b"\r\n"


async def sent(client: Client, *parts: bytes) -> tuple[int, dict[str, object]]:
    response = await client.post("/form", data=b"".join(parts) + b"--BBB--\r\n", headers=FORM)
    return response.status, await response.json(content_type=None)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_compressed_as_it_says(client: Client, encoding: str) -> None:
    headers = {**KEY, "Content-Type": "application/json", "Content-Encoding": encoding}
    response = await client.post("/note", data=b"\x00\x01 not compressed", headers=headers)
    body = await response.json(content_type=None)
    assert (response.status, body["code"]) == (400, "body-broken")


@pytest.mark.parametrize(
    "head", [b"this is no header", b"X: " + b"a" * 20_000, b"\r\n".join(b"X%d: 1" % n for n in range(2_000))]
)
async def test_headers_of_a_part_that_are_none(client: Client, head: bytes) -> None:
    status, body = await sent(client, part(head))
    assert (status, body["code"]) == (400, "body-broken")


async def test_a_default_charset_that_is_none(client: Client) -> None:
    charset = part(b'Content-Disposition: form-data; name="_charset_"', b"u" * 64)
    status, body = await sent(client, charset, part(NOTE))
    assert (status, body["code"]) == (400, "body-not-form")


async def test_names_in_another_encoding_can_be_named_and_hashed(client: Client) -> None:
    status, body = await sent(client, part(NOTE), part(b'Content-Disposition: form-data; name="\xff\xfe"'))
    assert (status, body["code"]) == (422, "body-not-valid")
    odd = b'Content-Disposition: form-data; name="image"; filename="\xff\xfe"\r\nContent-Type: \xff'
    status, body = await sent(client, part(NOTE), part(odd))
    assert (status, body) == (200, {"note": "hello"})


async def test_a_part_that_comes_again_is_named_and_not_kept(client: Client) -> None:
    status, body = await sent(client, part(NOTE), *[part(IMAGE, b"x" * 1_000)] * 3)
    assert status == 422
    assert [each["code"] for each in body["problems"]] == ["part-repeated"] * 2  # type: ignore[attr-defined]


async def test_a_part_that_nobody_expects_may_not_be_endless(client: Client) -> None:
    status, body = await sent(client, part(b'Content-Disposition: form-data; name="other"', b"x" * 70_000), part(NOTE))
    assert (status, body["code"]) == (413, "body-too-large")


async def test_all_parts_together_have_a_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_FORM_BYTES", 1_500)
    status, body = await sent(client, part(NOTE), *[part(IMAGE, b"x" * 1_000)] * 3)
    assert (status, body["code"]) == (413, "body-too-large")


async def test_a_body_that_does_not_come_ends_the_wait(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    assert client.port is not None
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"POST /note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n")
    writer.write(b"Idempotency-Key: 12345678\r\n\r\n{")
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close" in answer


def head_of_form(length: int | None, key: str) -> bytes:
    told = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (
        f"POST /form HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {key}\r\n{told}\r\n"
        "Content-Type: multipart/form-data; boundary=BBB\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("length", [1_000, None], ids=["announced", "in chunks"])
async def test_forms_that_come_on_top_of_too_many_are_asked_to_come_again(client: Client, length: int | None) -> None:
    assert client.port is not None and client.app is not None
    client.app[IN_FLIGHT]._most = 1_500
    before = client.app[IN_FLIGHT].held
    _, slow = await asyncio.open_connection(client.host, client.port)
    slow.write(head_of_form(length, "12345678"))
    while client.app[IN_FLIGHT].held == before:
        await asyncio.sleep(0)
    response = await client.post("/form", data=b"x" * 1_000, headers=FORM)
    body = await response.json(content_type=None)
    assert (response.status, body["code"], response.headers["Retry-After"]) == (503, "too-many-uploads", "2")
    slow.close()  # who goes away makes room
    while client.app[IN_FLIGHT].held:
        await asyncio.sleep(0)
    assert await sent(client, part(NOTE)) == (200, {"note": "hello"})
    assert client.app[IN_FLIGHT].held == 0


async def test_a_form_that_announces_too_much_is_refused_before_it_is_read(client: Client) -> None:
    assert client.port is not None
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head_of_form(20_000_000, "12345678"))  # and not a byte of it
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer
