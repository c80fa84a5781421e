"""On a running platform: what merchants are given follows the consent, and a restriction ends; its person is told."""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.leaks import LeakScanner
from deploy.simulator.client import Client, Refused
from tests.support import raw
from tests.support.eventually import eventually
from tests.support.newcomer import Newcomer
from tests.support.standing import Standing

TEXT = "Dr Quillon Farnsworth-Abara must not be written to until the hearing in Ghent."
STATEMENT = "Granted until the hearing that you name; ask for Ms Ottoline Brask."
LISTING = "https://www.aliexpress.com/item/{}.html"


@dataclass
class Seen:
    """What merchants and the person were sent, and what was refused, on the way."""

    who: Newcomer
    contact: tuple[str, str]
    agreed: str
    withdrawn: str
    refused: str
    mails: list[str]
    lifted: Any
    afterwards: str


async def _live(platform: Standing) -> Seen:
    stage = platform.stage
    async with Client(stage.addresses) as client:
        who = Newcomer(stage, client, 4712)
        await who.settle()
        account = f"/v1/accounts/{who.account_id}"
        agreed = await _notice(who, 1005009988770001)
        await who.call("POST", "identity", f"{account}/consents/contact-disclosure/withdrawal")
        withdrawn = await _notice(who, 1005009988770002)

        body = {"kind": "restriction", "country": "DE", "text": TEXT, "password": who.account.password}
        who.typed |= {"request": TEXT, "answer": STATEMENT}
        asked = (await who.call("POST", "identity", f"{account}/privacy-requests", body))["request_id"]
        desk = f"/v1/privacy-requests/{asked}"
        await who.operator.post(
            "identity", f"{desk}/decision", {"granted": True, "statement": STATEMENT}, uuid.uuid4().hex
        )
        await who.until(f"{account}/privacy", lambda seen: seen["restricted"])
        refused: list[str] = []

        async def refused_for_it() -> bool:
            """Intake hears of it a moment later; until then it says that the case is there already."""
            try:
                await who.file_once(LISTING.format(1005009988770002))
            except Refused as refusal:
                refused[:] = [str(refusal)]
            except IndexError:
                return False
            return any("account-restricted" in each for each in refused)

        await eventually(refused_for_it, within=30)
        await who.operator.post("identity", f"{desk}/lifting", None, uuid.uuid4().hex)
        lifted = await who.until(f"{account}/privacy", lambda seen: not seen["restricted"])
        afterwards = await who.file(LISTING.format(1005009988770003))
        mails = [mail.subject for mail in stage.mailbox.mails_to(who.account.email)]
        contact = str(who.typed["contact name"]), str(who.typed["contact email"])
        return Seen(who, contact, agreed, withdrawn, refused[0], mails, lifted, afterwards)


async def _notice(who: Newcomer, number: int) -> str:
    """What the merchant is sent of a takedown."""
    case_id = await who.file(LISTING.format(number))
    await who.uphold(case_id)
    mail = who.stage.mailbox.link_for(case_id)
    assert mail is not None
    return mail.text


@pytest.fixture(scope="module")
def seen(platform: Standing) -> Iterator[Seen]:
    yield platform.run(_live(platform), within=240)


def test_the_merchant_is_given_the_contact_only_while_that_is_consented_to(seen: Seen) -> None:
    for part in seen.contact:
        assert part in seen.agreed
        assert part not in seen.withdrawn
    assert "not given to be disclosed" in seen.withdrawn


def test_while_data_are_restricted_nothing_is_filed(seen: Seen) -> None:
    assert "account-restricted" in seen.refused


def test_the_person_was_told_of_each_step_before_the_restriction_ended(seen: Seen) -> None:
    told = [subject for subject in seen.mails if "data" in subject]
    assert told == [
        "We have received your request about your data",
        "Your request about your data was granted",
        "The restriction of your data is about to be lifted",
    ]
    assert seen.lifted["open_requests"] == []
    assert seen.afterwards.startswith("IPP-")


def test_what_was_written_on_both_sides_is_readable_nowhere_but_in_the_vault(platform: Standing, seen: Seen) -> None:
    scanner = LeakScanner(seen.who.typed)
    places = {
        **asyncio.run(raw.documents(platform.stage.stack.mongo_url)),
        **asyncio.run(raw.records(platform.stage)),
        **raw.files(platform.stage.scene.files),
    }
    found = [str(leak) for place, content in places.items() for leak in scanner.found(place, content)]
    assert found == []
