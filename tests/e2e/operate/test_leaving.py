"""A rights holder takes everything along and leaves: while a case is open it is deferred, at its end it is done, and
nothing readable is left."""

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from deploy.leaks import LeakScanner
from deploy.simulator.client import Client, Refused
from deploy.simulator.contacts import merchant_email
from tests.e2e.operate.conftest import Ipp
from tests.support import raw
from tests.support.eventually import eventually
from tests.support.newcomer import Newcomer
from tests.support.standing import Standing

LISTING = "https://www.aliexpress.com/item/1005009988776655.html"


@dataclass
class Left:
    """What was seen on the way."""

    who: Newcomer
    case_id: str
    archive: bytes
    wrong_password: str
    deferred: Any
    refused: str
    erasure: Any
    log_in_afterwards: str
    sealed_before: dict[str, Any]
    sealed_after: dict[str, Any]


async def _leave(platform: Standing) -> Left:
    stage = platform.stage
    async with Client(stage.addresses) as client:
        who = Newcomer(stage, client, 4711)
        await who.settle()
        case_id = await who.file(LISTING)
        await who.uphold(case_id)
        erasure = f"/v1/accounts/{who.account_id}/erasure"
        archive = await _exported(stage.addresses["identity"], who)
        with pytest.raises(Refused) as wrong:
            await who.call("POST", "identity", erasure, {"password": "not mine"})
        sealed_before = await raw.sealed_for(stage.stack.mongo_url, who.account_id)
        await who.call("POST", "identity", erasure, {"password": who.account.password})
        deferred = await who.until(erasure, lambda seen: seen["status"] == "deferred")
        await _mail(stage.mailbox, who.account.email, "Your data will be erased later")
        with pytest.raises(Refused) as refused:
            await who.file_once("https://www.aliexpress.com/item/1005001112223334.html")
        await who.call("POST", "complaints", f"/v1/cases/{case_id}/withdrawal", {"reason": "settled"})
        done = await who.until(erasure, lambda seen: seen["status"] == "completed")
        with pytest.raises(Refused) as log_in:
            await who.person.log_in(who.person.token)
        sealed_after = await raw.sealed_for(stage.stack.mongo_url, who.account_id)
        return Left(
            who,
            case_id,
            archive,
            wrong.value.code,
            deferred,
            str(refused.value),
            done,
            log_in.value.code,
            sealed_before,
            sealed_after,
        )


async def _exported(identity: str, who: Newcomer) -> bytes:
    headers = {"Authorization": f"Bearer {who.person.token}"}
    body = {"password": who.account.password}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{identity}/v1/accounts/me/export", json=body, headers=headers) as answer,
    ):
        assert answer.status == 200
        return await answer.read()


async def _mail(mailbox: Any, to: str, subject: str) -> None:
    await eventually(lambda: any(subject in mail.subject for mail in mailbox.mails_to(to)), within=30)


@pytest.fixture(scope="module")
def left(platform: Standing) -> Iterator[Left]:
    yield platform.run(_leave(platform), within=240)


def test_before_it_all_that_they_gave_is_in_their_export(left: Left) -> None:
    with zipfile.ZipFile(io.BytesIO(left.archive)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    files = set(held.values())
    everything = b"\n".join(held.values()).decode(errors="replace")
    for name, value in left.who.typed.items():
        if isinstance(value, bytes):
            assert value in files, name
        elif name != "password":
            assert value in everything or json.dumps(value)[1:-1] in everything, name
    assert str(left.who.typed["password"]) not in everything
    assert left.case_id in everything


def test_the_person_is_asked_who_they_are(left: Left) -> None:
    assert left.wrong_password == "credentials-wrong"


def test_an_open_case_defers_it_and_nothing_new_begins(left: Left) -> None:
    assert left.deferred["deferred_for"] == ["complaints:open-cases"]
    assert left.deferred["due"] is None
    assert "notice-not-qualified" in left.refused
    assert "account-leaving" in left.refused


def test_every_holder_confirms(left: Left) -> None:
    counts = {each["recipient"]: each["counts"] for each in left.erasure["confirmations"]}
    assert counts == {
        "complaints": {"texts": 1},  # the evidence of one submission
        "ipr": {"rights_withdrawn": 1, "texts": 3},  # registrant, brand, certificate
        "notifications": {"merchants_told": 1},
    }


def test_the_person_and_the_merchant_are_told(platform: Standing, left: Left) -> None:
    mailbox = platform.stage.mailbox
    mine = [mail.subject for mail in mailbox.mails_to(left.who.account.email)]
    assert "Your data are erased" in mine  # a letter about the last case may be on its way beside it
    assert "You asked that your data be erased" in mine
    [notice] = [mail for mail in mailbox.mails if mail.case_id == left.case_id and mail.link]
    asyncio.run(_mail(mailbox, notice.to, f"Please erase a complainant's contact ({left.case_id})"))
    assert notice.to.endswith(merchant_email("x")[1:])


def test_nothing_of_the_person_can_be_read_any_more(left: Left) -> None:
    """No text and no key in any service's vault; the tombstones of the keys stay."""
    assert {name.rpartition("_")[2] for name in left.sealed_before} == {"identity", "ipr", "complaints"}
    assert all(texts and key for texts, key in left.sealed_before.values())
    assert {name for name in left.sealed_after if not name.endswith("_cn")} >= set(left.sealed_before)
    assert set(left.sealed_after.values()) == {(0, False)}
    assert left.log_in_afterwards == "credentials-wrong"


def test_nothing_readable_is_left_in_stores_topics_and_files(platform: Standing, left: Left) -> None:
    scanner = LeakScanner(left.who.typed)
    places = {
        **asyncio.run(raw.documents(platform.stage.stack.mongo_url)),
        **asyncio.run(raw.records(platform.stage)),
        **raw.files(platform.stage.scene.files),
    }
    assert len(places) > 50
    found = [str(leak) for place, content in places.items() for leak in scanner.found(place, content)]
    assert found == []


def test_the_case_can_still_be_explained_and_every_history_verifies(platform: Standing, left: Left, ipp: Ipp) -> None:
    async def records() -> list[str]:
        async with Client(platform.stage.addresses) as client:
            left.who.reviewer.client = client
            seen = await left.who.reviewer.get("complaints", f"/v1/cases/{left.case_id}")
            return [each["step"] for each in seen["records"]]

    steps = platform.run(records())
    assert (steps[0], steps[-1]) in {
        ("ComplaintFiled", "ComplaintWithdrawn"),
        ("ComplaintFiled", "ListingReinstated"),
    }
    verified = ipp("audit", "verify")
    assert verified.exit_code == 0, verified.output


def test_pages_of_the_right_say_that_it_was_removed(platform: Standing, left: Left) -> None:
    async def seen() -> tuple[Any, str]:
        async with Client(platform.stage.addresses) as client:
            left.who.reviewer.client = client
            right = await left.who.reviewer.get("ipr", f"/v1/rights/{left.who.right_id}")
            with pytest.raises(Refused) as refused:
                await left.who.reviewer.get("ipr", f"/v1/rights/{left.who.right_id}/documents/1")
            return right, refused.value.code

    right, code = platform.run(seen())
    assert (right["status"], right["registrant"], right["removed"]) == ("withdrawn", None, ["registrant", "brand"])
    assert code == "removed"
