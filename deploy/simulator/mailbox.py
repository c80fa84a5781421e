"""A real SMTP server that keeps what it is sent, and finds codes and signed links in it."""

import asyncio
import re
from collections import defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

LOOPBACK = "127.0.0.1"
_CODE = re.compile(r"(?<![\w-])(\d{6})(?![\w-])")
_LINK = re.compile(r"https?://[^\s<>\"'）]+/v1/merchant/cases/(?P<case>[A-Za-z0-9-]+)\?token=(?P<token>[\w.~-]+)")


@dataclass(frozen=True)
class Mail:
    """One message. `code`: the first run of six digits; `link`: the merchant's signed link, with the case it
    is about and its token."""

    message_id: str
    to: str
    subject: str
    text: str
    code: str | None
    link: str | None
    case_id: str | None
    token: str | None


def read_mail(content: bytes, to: str) -> Mail:
    """A message as it came over the wire."""
    message = message_from_bytes(content, policy=policy.default)
    text = _plain(message)
    code, link = _CODE.search(text), _LINK.search(text)
    return Mail(
        message_id=str(message.get("Message-ID", "")).strip(),
        to=to.lower(),
        subject=str(message.get("Subject", "")),
        text=text,
        code=code[1] if code else None,
        link=link[0] if link else None,
        case_id=link["case"] if link else None,
        token=link["token"] if link else None,
    )


def _plain(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    return str(body.get_content()) if body else ""


@dataclass
class Mailbox:
    """All mail of the simulated world. A repeat of a Message-ID to the same address is counted and dropped."""

    port: int = 0
    host: str = LOOPBACK
    mails: list[Mail] = field(default_factory=list)
    repeats: int = 0
    sessions: int = 0
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _by_address: dict[str, list[Mail]] = field(default_factory=lambda: defaultdict(list))
    _links: dict[str, Mail] = field(default_factory=dict)
    _codes: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    _server: Any = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop, ident="simulated mailbox"), self.host, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content or b""
        for address in envelope.rcpt_tos:
            self.keep(read_mail(content, str(address)))
        return "250 OK"

    def keep(self, mail: Mail) -> None:
        seen = (mail.message_id, mail.to)
        if mail.message_id and seen in self._seen:
            self.repeats += 1
            return
        self._seen.add(seen)
        self.mails.append(mail)
        self._by_address[mail.to].append(mail)
        if mail.case_id:
            self._links[mail.case_id] = mail
        if mail.code:
            self._codes[mail.to].set()

    def mails_to(self, address: str) -> list[Mail]:
        """All mail to an address, or all there is where none is named."""
        return list(self._by_address.get(address.lower(), ())) if address else list(self.mails)

    def link_for(self, case_id: str) -> Mail | None:
        """The newest notice that carries a merchant's link about this case."""
        return self._links.get(case_id)

    async def code_for(self, address: str, within: float = 180.0) -> str:
        """The newest code sent to an address; waits for the first."""
        async with asyncio.timeout(within):
            await self._codes[address.lower()].wait()
        return next(mail.code for mail in reversed(self._by_address[address.lower()]) if mail.code)
