"""Evidence as files, on the real broker and store: uploaded, used, read by whom it concerns, forgotten, not swapped."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import LocalStack
from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.access import Role
from shared.disclosures import Disclosure, DisclosureLog
from shared.kernel.ids import random_id
from shared.mongo import Database, connect
from shared.runtime.process import ALL_ROLES
from tests.support.certificates import PDF
from tests.support.complaints import Filer, fresh_item, taken_down, taobao
from tests.support.evidence import PHOTO, PICTURE, download, upload, uploaded
from tests.support.files import payloads
from tests.support.files.drawing import png
from tests.support.world import World, world_of

MIB = 1_048_576
OTHER_PICTURE = png(20, 20)


@pytest.fixture
async def world(stack: LocalStack, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of("complaints", stack, tmp_path) as world, running(Settings.read(world.env), ALL_ROLES):
        yield world


@pytest.fixture
async def stores(world: World) -> AsyncIterator[tuple[Database, Database]]:
    """Complaints' own database, and that of the China region."""
    settings = Settings.read(world.env).surroundings
    both = (connect(settings.mongo_url, settings.database), connect(settings.mongo_url, f"{settings.database}_cn"))
    yield both
    for each in both:
        each.close()


@dataclass
class Desk:
    """A filer that complaints knows, and two reviewers."""

    filer: Filer
    first: str
    second: str


@pytest.fixture
async def desk(world: World) -> Desk:
    filer = await Filer(world).known()
    status, _ = await filer.file(taobao(fresh_item()))  # from then on the account and the right are known
    assert status == 201
    return Desk(filer, world.token("staff-1", Role.REVIEWER), world.token("staff-2", Role.REVIEWER))


async def filed_with(filer: Filer, *files: str, **other: object) -> tuple[int, Any]:
    evidence = {"text": "the stitching differs", "files": list(files)}
    return await filer.file(taobao(fresh_item()), key=None, **{"evidence": evidence, **other})


async def disclosed(world: World, database: Database, account: str) -> list[Disclosure]:
    return list(await DisclosureLog(database, world.clock).of_account(account))


async def test_evidence_goes_from_upload_over_the_reviewer_and_the_merchant_to_the_owner(
    world: World, stores: tuple[Database, Database], desk: Desk
) -> None:
    own, _ = stores
    filer, reviewer, merchant = desk.filer, desk.first, random_id("m")
    status, told = await upload(world, filer.token, PHOTO, "DSC_0001.JPEG")
    assert (status, told["kind"], told["size"], told["holds_location"], told["scan"]) == (
        201,
        "jpg",
        len(PHOTO),
        True,
        "not_configured",
    )
    status, filed = await filed_with(filer, told["evidence_id"])
    assert status == 201
    [case] = filed["cases"]
    case_id, path = case["case_id"], f"/v1/cases/{case['case_id']}/evidence"

    # Before somebody reviews it nobody but the owner reads it.
    status, problem = await world.call("GET", path, reviewer)
    assert (status, problem["code"]) == (409, "review-not-begun")
    _, seen = await world.call("GET", path, filer.token)
    assert [(each["part"], each["author"], each["text"]) for each in seen["statements"]] == [
        ("complaint", "owner", "the stitching differs")
    ]
    assert await disclosed(world, own, filer.account) == []

    await world.call("POST", "/v1/review/claims", reviewer, {"case_ids": [case_id]})
    _, seen = await world.call("GET", path, reviewer)
    assert [file["evidence_id"] for file in seen["statements"][0]["files"]] == [told["evidence_id"]]
    original = await download(world, reviewer, f"{path}/{told['evidence_id']}")
    assert (original.status, original.raw) == (200, PHOTO)
    assert original.headers["Content-Disposition"] == f'attachment; filename="{told["evidence_id"]}.jpg"'
    drawn = await download(world, reviewer, f"{path}/{told['evidence_id']}/preview")
    assert (drawn.status, drawn.headers["Content-Type"]) == (200, "image/jpeg")
    assert b"Exif" not in drawn.raw
    status, problem = await world.call("GET", path, desk.second)
    assert (status, problem["code"]) == (409, "under-review-by-another")
    log = await disclosed(world, own, filer.account)
    assert [(each.what, each.purpose, each.ground, each.to, each.about) for each in log] == [
        ("case-statements", "review", "service", "staff-1", case_id),
        ("evidence-file", "review", "service", "staff-1", case_id),
        ("evidence-file", "review", "service", "staff-1", case_id),
    ]

    await taken_down(world, case, merchant)
    link = world.merchant_token(merchant, case_id)
    upload_path = f"/v1/merchant/cases/{case_id}/evidence"
    invoice = await uploaded(world, link, PDF, "invoice.pdf", platform=None, path=upload_path)
    shop = await uploaded(world, link, PHOTO, "shop.jpg", platform=None, path=upload_path)
    body = {"statement": "bought from the distributor", "files": [invoice, shop]}
    status, countered = await world.call("POST", f"/v1/cases/{case_id}/counter-notification", link, body)
    assert (status, countered["state"]) == (200, "countered")

    # The merchant reads what is their own; the owner both.
    _, seen = await world.call("GET", path, link)
    assert [(each["part"], each["text"]) for each in seen["statements"]] == [
        ("counter-notification", "bought from the distributor")
    ]
    assert (await download(world, link, f"{path}/{told['evidence_id']}")).status == 404
    _, seen = await world.call("GET", path, filer.token)
    assert [each["part"] for each in seen["statements"]] == ["complaint", "counter-notification"]
    assert (await download(world, filer.token, f"{path}/{invoice}")).raw == PDF
    hidden = await download(world, filer.token, f"{path}/{shop}")
    assert (hidden.status, hidden.body["code"]) == (409, "evidence-holds-location")
    assert (await download(world, filer.token, f"{path}/{shop}/preview")).status == 200
    log = await disclosed(world, own, merchant)
    assert [(each.what, each.purpose, each.ground, each.to) for each in log] == [
        ("case-statements", "counter-notification", "claim", filer.account),
        ("evidence-file", "counter-notification", "claim", filer.account),
        ("evidence-file", "counter-notification", "claim", filer.account),
    ]
    # What was upheld is under nobody's review; a dispute is, by another reviewer than the first.
    assert (await world.call("GET", path, reviewer))[1]["code"] == "no-review-open"
    receipt = await uploaded(world, filer.token, PICTURE)
    answer = {"response": "reject", "statement": "the distributor is none", "files": [receipt]}
    status, disputed = await world.call("POST", f"/v1/cases/{case_id}/counter-response", filer.token, answer)
    assert (status, disputed["state"]) == (200, "disputed")
    assert (await world.call("GET", path, reviewer))[1]["code"] == "decided-first-by-same-reviewer"
    _, seen = await world.call("GET", path, desk.second)
    assert [(each["part"], len(each["files"])) for each in seen["statements"]] == [
        ("complaint", 1),
        ("counter-notification", 2),
        ("dispute", 1),
    ]
    assert (await download(world, desk.second, f"{path}/{shop}")).raw == PHOTO


async def test_a_supplement_may_be_files_alone(world: World, desk: Desk) -> None:
    status, filed = await filed_with(desk.filer)
    case_id = filed["cases"][0]["case_id"]
    await world.call("POST", "/v1/review/claims", desk.first, {"case_ids": [case_id]})
    asked = {"decision": "request_supplement", "missing": ["comparison-photo"]}
    await world.call("POST", f"/v1/cases/{case_id}/decision", desk.first, asked)
    path, file = f"/v1/cases/{case_id}/supplement", await uploaded(world, desk.filer.token)
    status, problem = await world.call("POST", path, desk.filer.token, {"text": " ", "files": []})
    assert (status, problem["code"]) == (422, "body-not-valid")
    key = uuid.uuid4().hex
    for _ in range(2):  # a retry is answered alike
        status, case = await world.call("POST", path, desk.filer.token, {"files": [file]}, key)
        assert (status, case["state"]) == (200, "under_review")
    _, seen = await world.call("GET", f"/v1/cases/{case_id}/evidence", desk.first)
    assert [(each["part"], each["text"], len(each["files"])) for each in seen["statements"]] == [
        ("complaint", "the stitching differs", 0),
        ("supplement", None, 1),
    ]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.exe", payloads.PROGRAM, 415, "document-type-not-accepted"),
        ("a.png", b"", 415, "document-type-not-accepted"),
        ("a.png", PDF, 422, "document-not-acceptable"),
        ("a.png", PICTURE[:-20], 422, "document-not-acceptable"),
        ("a.pdf", PDF + bytes(5 * MIB), 413, "body-too-large"),
    ],
    ids=["a program", "empty", "another ending", "cut off", "too large"],
)
async def test_what_is_no_evidence_is_refused_with_a_reason(
    world: World, desk: Desk, name: str, content: bytes, status: int, code: str
) -> None:
    found, problem = await upload(world, desk.filer.token, content, name)
    assert (found, problem["code"]) == (status, code)
    assert problem["mend"]


async def test_a_form_that_breaks_off_and_one_that_lacks_its_parts(world: World, desk: Desk) -> None:
    status, problem = await upload(world, desk.filer.token, PICTURE, platform=None)
    assert (status, [each["pointer"] for each in problem["problems"]]) == (422, ["/platform"])
    status, problem = await upload(world, desk.filer.token, PICTURE, platform="bazaar")
    assert (status, problem["code"]) == (422, "platform-unknown")
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    head = (
        f"POST /v1/evidence HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {desk.filer.token}\r\n"
        "Idempotency-Key: cut-off-0001\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 100000\r\n\r\n"
    )
    writer.write(
        head.encode() + b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + PICTURE
    )
    writer.write_eof()
    answered = await reader.read(200)
    writer.close()
    assert answered == b"" or b" 400 " in answered.split(b"\r\n")[0]
    key = "cut-off-0001"  # nothing of it was kept: the key is as good as new
    assert (await upload(world, desk.filer.token, PICTURE, key=key))[0] == 201


async def test_the_same_key_is_the_same_file_and_another_file_is_refused(world: World, desk: Desk) -> None:
    key = uuid.uuid4().hex
    first = await upload(world, desk.filer.token, PICTURE, key=key)
    assert first[0] == 201
    assert await upload(world, desk.filer.token, PICTURE, key=key) == first
    status, problem = await upload(world, desk.filer.token, OTHER_PICTURE, key=key)
    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    answers = await asyncio.gather(*(upload(world, desk.filer.token, PDF, "a.pdf", key="at-once-1") for _ in range(8)))
    assert {(status, str(answer)) for status, answer in answers} == {(201, str(answers[0][1]))}


async def test_files_that_cannot_be_used_are_named_all_at_once_with_all_else(world: World, desk: Desk) -> None:
    other = await Filer(world).known()
    mine, used = await uploaded(world, desk.filer.token), await uploaded(world, desk.filer.token)
    elsewhere = await uploaded(world, desk.filer.token, platform="lazada")
    others = await uploaded(world, other.token)
    assert (await filed_with(desk.filer, used))[0] == 201
    named = (mine, others, "evf-no-such", mine, used, elsewhere)
    status, problem = await filed_with(desk.filer, *named, reason="no-such-reason")
    assert (status, problem["code"]) == (422, "notice-not-qualified")
    assert [(each["pointer"], each["code"]) for each in problem["problems"]] == [
        ("/reason", "reason-unknown"),
        ("/evidence/files/1", "evidence-file-unknown"),
        ("/evidence/files/2", "evidence-file-unknown"),
        ("/evidence/files/3", "evidence-file-repeated"),
        ("/evidence/files/4", "evidence-file-used"),
        ("/evidence/files/5", "evidence-file-elsewhere"),
    ]
    unknown = [each for each in problem["problems"] if each["code"] == "evidence-file-unknown"]
    assert unknown[0]["detail"] == unknown[1]["detail"]
    many = [await uploaded(world, desk.filer.token) for _ in range(11)]
    status, problem = await filed_with(desk.filer, *many)
    assert [each["code"] for each in problem["problems"]] == ["evidence-files-too-many"]
    # Nothing of it was used up.
    assert (await filed_with(desk.filer, *many[:10]))[0] == 201
    assert (await filed_with(desk.filer, mine))[0] == 201


async def test_one_file_for_two_complaints_at_once_is_taken_by_one(world: World, desk: Desk) -> None:
    file = await uploaded(world, desk.filer.token)
    answers = await asyncio.gather(*(filed_with(desk.filer, file) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [201, 422, 422, 422, 422]
    lost = [answer["problems"] for status, answer in answers if status == 422]
    assert {each["code"] for problems in lost for each in problems} == {"evidence-file-used"}


async def test_a_merchants_file_is_for_the_case_of_its_link(world: World, desk: Desk) -> None:
    merchant = random_id("m")
    cases = [(await filed_with(desk.filer))[1]["cases"][0] for _ in range(2)]
    for case in cases:
        await taken_down(world, case, merchant)
    first, second = (case["case_id"] for case in cases)
    link, other = world.merchant_token(merchant, first), world.merchant_token(merchant, second)
    file = await uploaded(world, link, platform=None, path=f"/v1/merchant/cases/{first}/evidence")
    assert (await upload(world, link, PICTURE, platform=None, path=f"/v1/merchant/cases/{second}/evidence"))[0] == 404
    owners = await uploaded(world, desk.filer.token)
    body = {"statement": "mine", "files": [file, owners]}
    status, problem = await world.call("POST", f"/v1/cases/{second}/counter-notification", other, body)
    assert (status, problem["code"]) == (422, "evidence-not-usable")
    assert [(each["pointer"], each["code"]) for each in problem["problems"]] == [
        ("/files/0", "evidence-file-elsewhere"),
        ("/files/1", "evidence-file-unknown"),
    ]


async def test_what_nothing_refers_to_is_forgotten_and_leaves_no_orphan(
    world: World, stores: tuple[Database, Database], desk: Desk
) -> None:
    _, china = stores
    unused, attached = await uploaded(world, desk.filer.token), await uploaded(world, desk.filer.token)
    _, filed = await filed_with(desk.filer, attached)
    world.advance(timedelta(hours=23))
    fresh = await uploaded(world, desk.filer.token)
    world.advance(timedelta(hours=1, seconds=1))

    async def sealed() -> dict[str, bool]:
        found = await china.collection("vault.sealed").find({"subject": desk.filer.account})
        return {
            each["place"].partition("/")[2]: each["ciphertext"] is not None for each in found if "evf" in each["place"]
        }

    async def swept() -> bool:
        return await sealed() == {unused: False, attached: True, fresh: True}

    await world.until(swept)
    _, problem = await filed_with(desk.filer, unused)
    assert [each["code"] for each in problem["problems"]] == ["evidence-file-gone"]
    assert (await filed_with(desk.filer, fresh))[0] == 201
    path = f"/v1/cases/{filed['cases'][0]['case_id']}/evidence/{attached}"
    assert (await download(world, desk.filer.token, path)).raw == PICTURE


async def test_a_file_that_was_removed_or_exchanged_shows_as_such_and_never_as_another(
    world: World, stores: tuple[Database, Database], desk: Desk
) -> None:
    _, china = stores
    files = [await uploaded(world, desk.filer.token, content) for content in (PICTURE, OTHER_PICTURE)]
    paths = []
    for file in files:
        _, filed = await filed_with(desk.filer, file)
        paths.append(f"/v1/cases/{filed['cases'][0]['case_id']}/evidence/{file}")
    sealed = china.collection("vault.sealed")
    kept = {each["place"].partition("/")[2]: each for each in await sealed.find({"subject": desk.filer.account})}
    one, other = kept[files[0]], kept[files[1]]
    for mine, theirs in ((one, other), (other, one)):
        await sealed.update({"_id": mine["_id"]}, {"$set": {n: theirs[n] for n in ("nonce", "ciphertext")}})
    for path in paths:
        answer = await download(world, desk.filer.token, path)
        assert answer.status in (404, 410)
        assert answer.raw not in (PICTURE, OTHER_PICTURE)
    # Also where the whole document is exchanged, place and all.
    for mine, theirs in ((one, other), (other, one)):
        await sealed.update({"_id": mine["_id"]}, {"$set": {n: v for n, v in theirs.items() if n != "_id"}})
    for path in paths:
        assert (await download(world, desk.filer.token, path)).status in (404, 410)
    await sealed.update({"_id": one["_id"]}, {"$set": {"nonce": b"", "ciphertext": None}})
    answer = await download(world, desk.filer.token, paths[0])
    assert (answer.status, answer.body["code"]) == (410, "removed")


async def test_texts_of_two_cases_that_were_exchanged_are_not_read_as_each_others(
    world: World, stores: tuple[Database, Database], desk: Desk
) -> None:
    _, china = stores
    cases = []
    for text in ("the zip is plastic", "the label is misspelt"):
        _, filed = await filed_with(desk.filer, evidence={"text": text})
        cases.append(filed["cases"][0])
    sealed = china.collection("vault.sealed")
    numbers = [case["case_id"].rpartition("-")[0] for case in cases]
    found = await sealed.find({"place": {"$in": [f"taobao:submission/{number}/evidence" for number in numbers]}})
    assert len(found) == 2
    for mine, theirs in (found, reversed(found)):
        await sealed.update({"_id": mine["_id"]}, {"$set": {n: theirs[n] for n in ("nonce", "ciphertext")}})
    for case in cases:
        _, seen = await world.call("GET", f"/v1/cases/{case['case_id']}/evidence", desk.filer.token)
        assert [(each["text"], each["removed"]) for each in seen["statements"]] == [(None, True)]
