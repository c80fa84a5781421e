"""What only others know of a reader, asked of them at the moment of sending and kept nowhere.

Personal data travel between services over HTTP only: who the reader is and how to write to them, whom the merchant may
write to, which certificates are disclosed.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from services.notifications.notices.model import Language


class NotKnown(Exception):
    """The peer answered that there is no such thing: asking again changes nothing. `code` says what is missing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reader:
    """Whom a letter is written to."""

    name: str
    email: str
    language: Language


@dataclass(frozen=True)
class EmailCode:
    """The code that proves that an e-mail address is the registrant's."""

    reader: Reader
    code: str


@dataclass(frozen=True)
class Complainant:
    """The contact that a rights holder discloses to the party complained of (001, Account Settings)."""

    name: str
    email: str
    phone: str = ""
    mobile: str = ""
    postal_address: str = ""


@dataclass(frozen=True)
class RightOnFile:
    """What a merchant is told of the right. `place`: ISO 3166 alpha-2; `certificates`: names of the documents."""

    name: str
    registration_number: str
    place: str
    certificates: tuple[str, ...]


class Peers(Protocol):
    """Each call raises PeerAway or NotKnown. `purpose` says for which notice it is, `about` for which case or other
    matter, `to` which merchant gets it in the letter: disclosures are logged there."""

    async def merchant(self, platform: str, merchant_id: str) -> Reader: ...
    async def owner(
        self, account_id: str, which: Literal["contact", "login"], purpose: str, *, about: str
    ) -> Reader: ...
    async def email_code(self, account_id: str) -> EmailCode: ...
    async def complainant(self, account_id: str, purpose: str, *, about: str, to: str) -> Complainant: ...
    async def right(self, right_id: str, *, about: str, to: str) -> RightOnFile: ...
