"""Handing letters to a mail server: a few kept connections, and refusals told apart by whom they are about."""

import asyncio
from dataclasses import dataclass
from email.message import Message
from typing import Protocol

import aiosmtplib
import structlog

from shared.kernel.failures import Transient

log = structlog.get_logger(__name__)


class MailServerAway(Transient):
    """The mail server cannot be reached, or says "later" (4xx), or refuses us rather than the reader."""


class MailRefused(Exception):
    """The mail server will never take this letter for this address (5xx). `code` is `smtp-550` and the like."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Mailer(Protocol):
    async def send(self, letter: Message, address: str) -> None:
        """Returns when the server has taken it. Raises MailServerAway or MailRefused."""
        ...


@dataclass(frozen=True)
class MailServer:
    """tls: TLS from the first byte; elsewhere STARTTLS is used where the server offers it."""

    host: str
    port: int
    sender: str
    tls: bool = False
    username: str | None = None
    password: str | None = None


class SmtpMailer:
    """Connections are opened when first needed, kept, and given up after any failure that is not a plain refusal."""

    def __init__(self, server: MailServer, connections: int = 6, timeout_seconds: float = 15.0) -> None:
        self._server = server
        self._timeout = timeout_seconds
        self._idle: list[aiosmtplib.SMTP] = []
        self._slots = asyncio.Semaphore(connections)

    async def send(self, letter: Message, address: str) -> None:
        """See `Mailer`."""
        async with self._slots:
            connection = self._idle.pop() if self._idle else self._new()
            try:
                await self._hand_over(connection, letter, address)
            except MailRefused:
                self._idle.append(connection)
                raise
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)

    async def close(self) -> None:
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.quit(timeout=1)
            except (aiosmtplib.SMTPException, OSError):
                connection.close()

    def _new(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            username=server.username,
            password=server.password,
            timeout=self._timeout,
        )

    async def _hand_over(self, connection: aiosmtplib.SMTP, letter: Message, address: str) -> None:
        try:
            if not connection.is_connected:
                await connection.connect()
            await connection.send_message(letter, sender=self._server.sender, recipients=[address])
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _finding(refused.recipients[0].code) from None
        except aiosmtplib.SMTPDataError as refused:
            raise _finding(refused.code) from None
        except aiosmtplib.SMTPNotSupported:
            raise MailRefused("address-not-supported") from None
        except (aiosmtplib.SMTPException, OSError) as problem:
            # Also where it refuses our login or our own address: that is ours to mend, and no reader's fault.
            raise MailServerAway(type(problem).__name__) from None


def _finding(code: int) -> Exception:
    """RFC 5321: 4xx may pass, 5xx will not."""
    return MailRefused(f"smtp-{code}") if 500 <= code < 600 else MailServerAway(f"smtp-{code}")
