"""Peers and a mail server in memory: whom they know, and what they do wrong when they are told to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Literal, TypeVar

from services.notifications.delivery.links import Portals
from services.notifications.delivery.peers import Complainant, EmailCode, NotKnown, Reader, RightOnFile

Found = TypeVar("Found")

PORTALS = Portals(cases="https://portal.example", certificates="https://ipr.example")


@dataclass
class FakePeers:
    """`fails`: call name → what it raises instead of answering."""

    merchants: dict[str, Reader] = field(default_factory=dict)
    owners: dict[tuple[str, str], Reader] = field(default_factory=dict)
    complainants: dict[str, Complainant] = field(default_factory=dict)
    rights: dict[str, RightOnFile] = field(default_factory=dict)
    codes: dict[str, EmailCode] = field(default_factory=dict)
    fails: dict[str, Exception] = field(default_factory=dict)
    purposes: list[str] = field(default_factory=list)
    passed_on: list[tuple[str, str]] = field(default_factory=list)

    async def merchant(self, platform: str, merchant_id: str) -> Reader:
        self._may_fail("merchant")
        return _known(self.merchants.get(merchant_id), "recipient-unknown")

    async def owner(self, account_id: str, which: Literal["contact", "login"], purpose: str, *, about: str) -> Reader:
        self._may_fail(f"owner:{which}")
        self.purposes.append(purpose)
        return _known(self.owners.get((account_id, which)), "recipient-unknown")

    async def email_code(self, account_id: str) -> EmailCode:
        self._may_fail("email_code")
        return _known(self.codes.get(account_id), "no-code-open")

    async def complainant(self, account_id: str, purpose: str, *, about: str, to: str) -> Complainant:
        self._may_fail("complainant")
        self.purposes.append(purpose)
        self.passed_on.append((about, to))
        return _known(self.complainants.get(account_id), "recipient-unknown")

    async def right(self, right_id: str, *, about: str, to: str) -> RightOnFile:
        self._may_fail("right")
        self.passed_on.append((about, to))
        return _known(self.rights.get(right_id), "right-unknown")

    def _may_fail(self, call: str) -> None:
        if call in self.fails:
            raise self.fails[call]


def _known(found: Found | None, code: str) -> Found:
    if found is None:
        raise NotKnown(code)
    return found


@dataclass
class FakeMailer:
    """sent: letters by address, in order. `refuse` is asked before each and may raise."""

    sent: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: Callable[[str], None] = lambda _: None

    async def send(self, letter: Message, address: str) -> None:
        self.refuse(address)
        self.sent.append((address, message_from_bytes(letter.as_bytes(), policy=policy.default)))
