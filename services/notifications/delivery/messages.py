"""Letters as e-mail messages (RFC 5322, RFC 2045)."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime

from services.notifications.delivery.texts import Letter
from services.notifications.notices.model import Language

_LANGUAGE_TAGS: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}


class NotAnAddress(Exception):
    """The text is no e-mail address. It is not in here, because it may be personal all the same."""


@dataclass(frozen=True)
class Envelope:
    """From whom, to which address, under which Message-ID; `at` is business time."""

    sender: str
    address: str
    message_id: str
    at: datetime


def as_message(letter: Letter, language: Language, envelope: Envelope) -> Message:
    """Plain text with HTML as its alternative. Raises NotAnAddress.

    The parts are built one by one: `EmailMessage` parses each header that it is given and takes ten times as long.
    """
    message = MIMEMultipart("alternative")
    message["From"] = envelope.sender
    message["To"] = _checked(envelope.address)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = envelope.message_id
    message["Content-Language"] = _LANGUAGE_TAGS[language]
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers to it
    message.attach(MIMEText(letter.text, "plain", "utf-8"))
    message.attach(MIMEText(letter.html, "html", "utf-8"))
    return message


def _checked(address: str) -> str:
    try:
        return Address(addr_spec=address).addr_spec
    except (ValueError, IndexError, MessageError) as problem:  # what the standard library says of what is none
        raise NotAnAddress from problem
