"""The mailbox is a real SMTP server; the contact port a real HTTP server beside it."""

from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiohttp
import aiosmtplib
import pytest

from deploy.simulator.contacts import ContactPort
from deploy.simulator.mailbox import Mailbox

LINK = "http://127.0.0.1:8003/v1/merchant/cases/IPP-7K2M9QX4TD-001?token=eyJh.bGci-Oi_J.x"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.start()
    yield box
    await box.stop()


def _letter(to: str, text: str, message_id: str = "<1@platform>") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"], letter["Message-ID"] = "p@platform.example", to, "通知", message_id
    letter.set_content(text)
    letter.add_alternative(f"<p>{text}</p>", subtype="html")
    return letter


async def _send(mailbox: Mailbox, letter: EmailMessage) -> None:
    await aiosmtplib.send(letter, hostname=mailbox.host, port=mailbox.port)


async def test_a_code_is_found_in_a_letter(mailbox: Mailbox) -> None:
    await _send(mailbox, _letter("owner@owners.example", "您的验证码：\n\n042917\n\nNotice ntc-123456"))

    assert await mailbox.code_for("Owner@owners.example", within=5) == "042917"


async def test_the_newest_code_counts(mailbox: Mailbox) -> None:
    await _send(mailbox, _letter("o@owners.example", "111111"))
    await _send(mailbox, _letter("o@owners.example", "222222", "<2@platform>"))

    assert await mailbox.code_for("o@owners.example", within=5) == "222222"


async def test_waiting_for_a_code_that_never_comes_ends(mailbox: Mailbox) -> None:
    with pytest.raises(TimeoutError):
        await mailbox.code_for("nobody@owners.example", within=0.01)


async def test_a_signed_link_is_found_by_its_case(mailbox: Mailbox) -> None:
    await _send(mailbox, _letter("m@merchants.example", f"Answer here:\n{LINK}\nYou have 3 business days."))

    notice = mailbox.link_for("IPP-7K2M9QX4TD-001")
    assert notice is not None
    assert (notice.link, notice.token) == (LINK, "eyJh.bGci-Oi_J.x")


async def test_a_letter_that_comes_twice_is_kept_once(mailbox: Mailbox) -> None:
    for _ in range(2):
        await _send(mailbox, _letter("m@merchants.example", "text"))

    assert (len(mailbox.mails_to("m@merchants.example")), mailbox.repeats) == (1, 1)


async def test_the_contact_port_knows_every_marketplaces_merchants_and_shows_the_mail(mailbox: Mailbox) -> None:
    port = ContactPort(mailbox)
    await port.start()
    await _send(mailbox, _letter("m@merchants.example", f"Answer: {LINK}"))
    try:
        async with aiohttp.ClientSession(port.url) as session:
            async with session.get("/v1/taobao/merchants/m-taobao-17/contact") as response:
                contact = await response.json()
            async with session.get("/v1/amazon/merchants/m-1/contact") as response:
                unknown = response.status
            async with session.get("/v1/mailbox", params={"case": "IPP-7K2M9QX4TD-001"}) as response:
                mails = await response.json()
            async with session.post("/confirmations", json={"id_number": "1"}) as response:
                confirmed = await response.json()
    finally:
        await port.stop()

    assert contact == {"name": "第17号店铺", "email": "m-taobao-17@merchants.example", "language": "zh"}
    assert unknown == 404
    assert [mail["link"] for mail in mails] == [LINK]
    assert confirmed["confirmed"] is True
