"""Certificates on their way to the seller complained of: covered, drawn anew, behind the link of one notice, logged."""

import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from deploy.local.stack import LocalStack
from services.ipr.places import DISCLOSED_PAGE
from services.ipr.settings import Settings
from services.ipr.wiring import running
from shared.access import Actor, Role
from shared.contracts.identity import erasures
from shared.files.previews import COVER
from shared.kernel.ids import random_id
from shared.mongo import connect
from shared.runtime.foundation import AUDIENCE
from shared.runtime.process import ALL_ROLES
from tests.integration.services.test_ipr import CERTIFICATE, TRADEMARK, Owner
from tests.support.files.photos import exif, saved
from tests.support.files.tokens import stamp_of
from tests.support.files.tokens import token as time_stamp
from tests.support.world import World, world_of

CASE = "IPP-7K2M9QX4TD-001"
ROAD = "12 Willow Road"
HALF: Mapping[str, float] = {"x": 0.5, "y": 0.25, "width": 0.25, "height": 0.5}
ROSE = (200, 40, 120)
BLOCK = 16
"""Pixels: within a block of a JPEG, colours of both sides of an edge run into each other."""


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("ipr", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


def merchant(world: World, right_id: str, name: str = "m-17", *, case: str = CASE) -> str:
    scopes = frozenset({f"case:{case}", f"right:{right_id}"})
    return world.notifications.issue(Actor(name, frozenset({Role.MERCHANT}), scopes=scopes), AUDIENCE, 3600)


def reviewer(world: World) -> str:
    return world.token("staff-1", Role.REVIEWER)


def certificate(pages: int = 2) -> bytes:
    """Each page: an address in the upper half, a rose field over the whole sheet behind it."""
    out = io.BytesIO()
    sheet = Canvas(out, pagesize=(400, 400))
    for _ in range(pages):
        sheet.setFillColorRGB(*(value / 255 for value in ROSE))
        sheet.rect(0, 0, 400, 400, stroke=0, fill=1)
        sheet.setFillColorRGB(0, 0, 0)
        sheet.drawString(210, 200, ROAD)
        sheet.showPage()
    sheet.setAuthor(ROAD)
    sheet.save()
    return out.getvalue()


def located_photo() -> bytes:
    return saved(Image.new("RGB", (400, 400), ROSE), "JPEG", exif=exif(gps=True), quality=95)


async def right_with(
    world: World, *files: tuple[str, str, bytes], **more: object
) -> tuple[Owner, str, list[dict[str, Any]]]:
    """An authenticated right: its owner, its id, its documents."""
    owner = await Owner(world).known()
    found: dict[str, Any] = {}
    key = random_id("key")

    async def taken() -> bool:
        status, found["body"], _ = await owner.send({**TRADEMARK, **more}, files, key=key)
        return status == 201

    await world.until(taken)
    right_id = str(found["body"]["right_id"])
    assert (await owner.decide(right_id, "authenticated"))[0] == 200
    return owner, right_id, found["body"]["documents"]


async def disclose(
    world: World, right_id: str, document: Mapping[str, Any], *pages: Mapping[str, Any]
) -> tuple[int, Any]:
    body = {"document_sha256": document["sha256"], "pages": list(pages)}
    path = f"/v1/rights/{right_id}/documents/{document['number']}/disclosure"
    return await world.call("POST", path, reviewer(world), body)


async def raw(world: World, path: str, token: str = "") -> tuple[int, bytes, Mapping[str, str]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with world.http.get(f"http://127.0.0.1:{world.port}{path}", headers=headers) as response:
        return response.status, await response.read(), response.headers


def is_near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(each - meant) <= 6 for each, meant in zip(pixel, colour, strict=True))


def looks_right(image: bytes, kept: tuple[int, int, int], side: int) -> None:
    """HALF of the picture is covered to its edges, the rest is as drawn; nothing else is in the file."""
    with Image.open(io.BytesIO(image)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (side, side))
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        left, top, right, bottom = side // 2, side // 4, side * 3 // 4, side * 3 // 4
        for x in range(left + BLOCK, right - BLOCK, 7):
            for y in range(top + BLOCK, bottom - BLOCK, 7):
                assert is_near(picture.getpixel((x, y)), COVER)
        for x, y in (
            (left - BLOCK, top),
            (right + BLOCK, bottom),
            (left, top - BLOCK),
            (right, bottom + BLOCK),
            (5, 5),
        ):
            assert is_near(picture.getpixel((x, y)), kept)
    for secret in (b"Exif", ROAD.encode(), b"%PDF"):
        assert secret not in image


async def entries(world: World, account: str) -> list[tuple[str, ...]]:
    """In the order of what was given; the clock stands still."""
    settings = Settings.read(world.env).surroundings
    database = connect(settings.mongo_url, settings.database)
    found = await database.collection("disclosures").find({"account": account})
    database.close()
    return sorted((each["what"], each["purpose"], each["ground"], each["to"], each["about"]) for each in found)


async def test_the_merchant_sees_the_certificate_with_the_address_covered(world: World) -> None:
    owner, right_id, [document] = await right_with(world, ("certificate", "c.pdf", certificate()))
    covered = {"page": 1, "rectangles": [HALF]}
    status, decided = await disclose(world, right_id, document, covered, {"page": 2, "rectangles": [HALF]})
    assert (status, decided["documents"][0]["disclosure"]) == (200, "disclosed")
    token = merchant(world, right_id)
    status, seen = await world.call("GET", f"/v1/merchant/rights/{right_id}/certificates?token={token}")
    assert (status, seen["name"], seen["registration_number"]) == (200, "ACME", "No. 1234567")
    assert "registrant" not in seen
    [shown] = seen["certificates"]
    assert (shown["status"], shown["name"], len(shown["pages"])) == ("disclosed", "certificate-1.pdf", 2)
    for page in shown["pages"]:
        status, image, headers = await raw(world, page)
        assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
        looks_right(image, ROSE, 1600)
    one_page = ("right-disclosed-copy", "complaint", "claim", "m-17", CASE)
    assert await entries(world, owner.account) == [
        ("right-certificates", "complaint", "claim", "m-17", CASE),
        one_page,
        one_page,
    ]


async def test_a_photo_is_covered_where_the_reviewer_saw_it_and_says_no_place(world: World) -> None:
    turned = saved(Image.new("RGB", (400, 200), ROSE), "JPEG", exif=exif(gps=True, turned=6), quality=95)
    _, right_id, [document] = await right_with(world, ("certificate", "c.jpg", turned))
    assert (document["holds_location"], document["pages"]) == (True, 1)
    await disclose(world, right_id, document, {"page": 1, "rectangles": [{"x": 0, "y": 0, "width": 1, "height": 0.5}]})
    status, image, _ = await raw(world, f"/v1/merchant/rights/{right_id}/certificates/1", merchant(world, right_id))
    assert status == 200
    with Image.open(io.BytesIO(image)) as picture:
        assert picture.size == (200, 400)
        assert is_near(picture.getpixel((100, 190)), COVER)
        assert is_near(picture.getpixel((100, 215)), ROSE)
        assert not picture.getexif()


async def test_until_somebody_said_what_is_private_nothing_is_disclosed(world: World) -> None:
    owner, right_id, [document] = await right_with(world, ("certificate", "c.jpg", located_photo()))
    token = merchant(world, right_id)
    _, seen = await world.call("GET", f"/v1/merchant/rights/{right_id}/certificates", token)
    assert [(each["status"], each["pages"]) for each in seen["certificates"]] == [("not_disclosed_yet", [])]
    assert (await world.call("GET", f"/v1/merchant/rights/{right_id}/certificates/1", token))[0] == 404
    _, waiting = await world.call("GET", "/v1/disclosures", reviewer(world))
    assert [each["right_id"] for each in waiting["waiting"]] == [right_id]
    assert (await disclose(world, right_id, document, {"page": 1, "nothing_private": True}))[0] == 200
    assert (await raw(world, f"/v1/merchant/rights/{right_id}/certificates/1", token))[0] == 200
    _, waiting = await world.call("GET", "/v1/disclosures", reviewer(world))
    assert waiting["waiting"] == []
    status, mine, _ = await raw(world, f"/v1/rights/{right_id}/documents/1/disclosure", owner.token)
    assert (status, mine[:3]) == (200, b"\xff\xd8\xff")


async def test_other_tokens_other_rights_and_other_documents_see_nothing(world: World) -> None:
    stamp = time_stamp(stamp_of(b"x"))
    _, right_id, documents = await right_with(
        world, ("certificate", "c.jpg", located_photo()), ("certificate", "c.tsa", stamp)
    )
    _, other_id, _ = await right_with(world, ("certificate", "c.jpg", located_photo()))
    await disclose(world, right_id, documents[0], {"page": 1, "nothing_private": True})
    base = f"/v1/merchant/rights/{right_id}/certificates"
    only_the_case = world.merchant_token("m-17", CASE)
    for token in (merchant(world, other_id), only_the_case):
        for path in (base, f"{base}/1"):
            status, problem = await world.call("GET", path, token)
            assert (status, problem["code"]) == (404, "not-found")
    good = merchant(world, right_id)
    for number in ("2", "3", "0", "1?page=2"):
        assert (await world.call("GET", f"{base}/{number}", good))[0] == 404
    assert (await world.call("GET", f"{base}/1?page=0", good))[0] == 422
    for token in (reviewer(world), world.token("acc", Role.COMPLAINANT, account="acc")):
        assert (await world.call("GET", base, token))[0] == 403
    assert (await world.call("GET", base))[0] == 401
    for path in (f"/v1/rights/{right_id}/documents/1", f"/v1/rights/{right_id}/documents/1/disclosure"):
        assert (await world.call("GET", path, good))[0] == 403
    forged = Actor("m-17", frozenset({Role.REVIEWER}), scopes=frozenset({f"right:{right_id}"}))
    token = world.notifications.issue(forged, AUDIENCE, 3600)
    original = f"/v1/rights/{right_id}/documents/1/original?purpose=signature-check"
    assert (await world.call("GET", original, token))[0] == 403  # notifications makes nobody a reviewer


async def test_a_decision_is_about_each_page_of_the_document_that_was_looked_at(world: World) -> None:
    owner, right_id, [document] = await right_with(world, ("certificate", "c.pdf", certificate()))
    clear = {"page": 1, "nothing_private": True}
    for pages, expected in (
        ([clear], (422, "pages-missing")),
        ([clear, clear], (422, "pages-missing")),
        ([clear, {"page": 3, "nothing_private": True}], (422, "pages-missing")),
        ([clear, {"page": 2}], (422, "body-not-valid")),
        ([clear, {"page": 2, "nothing_private": True, "rectangles": [HALF]}], (422, "body-not-valid")),
        ([clear, {"page": 2, "rectangles": [{**HALF, "x": 0.9}]}], (422, "body-not-valid")),
    ):
        status, problem = await disclose(world, right_id, document, *pages)
        assert (status, problem["code"]) == expected
    status, problem = await disclose(world, right_id, {**document, "sha256": "0" * 64}, clear)
    assert (status, problem["code"]) == (409, "document-changed")
    long = certificate(21)
    _, longer, [document] = await right_with(world, ("certificate", "c.pdf", long))
    pages = [{"page": n, "nothing_private": True} for n in range(1, 22)]
    status, problem = await disclose(world, longer, document, *pages)
    assert (status, problem["code"]) == (422, "too-many-pages-to-disclose")
    assert (await world.call("POST", f"/v1/rights/{right_id}/documents/1/disclosure", owner.token, {}))[0] == 403


async def test_a_later_decision_takes_the_earlier_copy_away(world: World) -> None:
    _, right_id, [document] = await right_with(world, ("certificate", "c.jpg", located_photo()))
    await disclose(world, right_id, document, {"page": 1, "nothing_private": True})
    path, token = f"/v1/merchant/rights/{right_id}/certificates/1", merchant(world, right_id)
    _, first, _ = await raw(world, path, token)
    await disclose(world, right_id, document, {"page": 1, "rectangles": [HALF]})
    _, second, _ = await raw(world, path, token)
    assert first != second
    looks_right(second, ROSE, 400)
    settings = Settings.read(world.env).surroundings
    database = connect(settings.mongo_url, settings.database)
    pages = await database.collection("vault.sealed").find({"place": DISCLOSED_PAGE})
    database.close()
    assert len([page for page in pages if page.get("ciphertext")]) == 1


async def test_the_owner_may_say_what_is_private(world: World) -> None:
    told = [{"kind": "certificate", "number": 1, "page": 1, "rectangles": [HALF]}]
    owner, _, [document] = await right_with(world, ("certificate", "c.jpg", located_photo()), redactions=told)
    assert document["proposed"] == [{"page": 1, "rectangles": [HALF]}]
    assert document["disclosure"] == "not_disclosed_yet"
    nowhere = [{"kind": "renewal", "number": 1, "rectangles": [HALF]}]
    status, problem, _ = await owner.send(
        {**TRADEMARK, "registration_number": "7", "redactions": nowhere}, [("certificate", "c.jpg", located_photo())]
    )
    assert (status, problem["code"]) == (422, "right-not-acceptable")
    assert [(each["code"], each["pointer"]) for each in problem["problems"]] == [
        ("redaction-without-document", "/submission/redactions/0")
    ]


async def test_what_is_downloaded_says_no_place_and_the_original_is_given_only_for_a_reason(world: World) -> None:
    photo = located_photo()
    owner, right_id, [document] = await right_with(world, ("certificate", "c.jpg", photo))
    base = f"/v1/rights/{right_id}/documents/1"
    for token in (owner.token, reviewer(world)):
        status, copy, _ = await raw(world, base, token)
        assert status == 200
        assert b"Exif" not in copy
        with Image.open(io.BytesIO(copy)) as picture, Image.open(io.BytesIO(photo)) as original:
            assert picture.tobytes() == original.tobytes()
    assert (await raw(world, f"{base}/original", reviewer(world)))[0] == 422
    assert (await raw(world, f"{base}/original?purpose=curiosity", reviewer(world)))[0] == 422
    assert (await raw(world, f"{base}/original?purpose=suspected-forgery", owner.token))[0] == 403
    status, as_sent, _ = await raw(world, f"{base}/original?purpose=suspected-forgery", reviewer(world))
    assert (status, as_sent) == (200, photo)
    _, seen = await world.call("GET", f"/v1/rights/{right_id}", reviewer(world))
    assert (seen["documents"][0]["sha256"], seen["documents"][0]["holds_location"]) == (document["sha256"], True)
    assert await entries(world, owner.account) == [
        ("right-document", "authentication", "service", "staff-1", right_id),
        ("right-document-original", "suspected-forgery", "service", "staff-1", right_id),
        ("right-registrant", "authentication", "service", "staff-1", right_id),
    ]


async def test_when_the_owner_was_erased_the_copies_are_gone_too(world: World) -> None:
    owner, right_id, [document] = await right_with(world, ("certificate", "c.jpg", located_photo()))
    await disclose(world, right_id, document, {"page": 1, "nothing_private": True})
    path, token = f"/v1/merchant/rights/{right_id}/certificates/1", merchant(world, right_id)
    assert (await raw(world, path, token))[0] == 200
    ordered = erasures.ErasureOrdered(account_id=owner.account, request=1, recipients=("ipr",))
    await world.tell(erasures.TOPIC.name, f"ers-{owner.account}", ordered)

    async def is_gone() -> bool:
        return (await raw(world, path, token))[0] == 410

    await world.until(is_gone)
    status, problem = await world.call("GET", path, token)
    assert (status, problem["code"]) == (410, "removed")
    for theirs in ("", "/original?purpose=suspected-forgery", "/disclosure", "/preview"):
        assert (await raw(world, f"/v1/rights/{right_id}/documents/1{theirs}", reviewer(world)))[0] == 410
    assert (await disclose(world, right_id, document, {"page": 1, "rectangles": [HALF]}))[0] == 410


async def test_pages_have_previews_and_time_stamps_none(world: World) -> None:
    owner = await Owner(world).known()
    files = [
        CERTIFICATE,
        ("certificate", "photo.jpg", located_photo()),
        ("certificate", "stamp.tsa", time_stamp(stamp_of(b"x"))),
        ("certificate", "pages.pdf", certificate(3)),
    ]

    async def taken() -> bool:
        status, found, _ = await owner.send({**TRADEMARK, "draft": True}, files, key="previews")
        seen.update(found)
        return status == 201

    seen: dict[str, Any] = {}
    await world.until(taken)
    documents = seen["documents"]
    assert [each["scan"] for each in documents] == ["not_configured"] * 4
    assert [each["pages"] for each in documents] == [1, 1, 0, 3]
    assert [each["holds_location"] for each in documents] == [False, True, False, False]
    not_yet = "not_disclosed_yet"
    assert [each["disclosure"] for each in documents] == [not_yet, not_yet, "never", not_yet]
    base = f"http://127.0.0.1:{world.port}/v1/rights/{seen['right_id']}/documents"
    for path, status in (
        ("1/preview", 200),
        ("2/preview", 200),
        ("2/preview?page=2", 404),
        ("3/preview", 404),
        ("4/preview?page=3", 200),
        ("4/preview?page=4", 404),
        ("4/preview?page=0", 422),
        ("4/preview?page=501", 422),
    ):
        async with world.http.get(f"{base}/{path}", headers={"Authorization": f"Bearer {owner.token}"}) as response:
            assert response.status == status, path
            content = await response.read()
        if status == 200:
            assert response.content_type == "image/jpeg"
            assert content[:3] == b"\xff\xd8\xff"
            assert b"Exif" not in content
