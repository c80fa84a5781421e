"""A real SMTP server in the test's own loop: what it took, and whom it refuses."""

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class Mailbox:
    """refusals: address → the reply to it, such as `550 5.1.1 no such mailbox`. taken: letters in their order."""

    refusals: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._connected, "127.0.0.1", port or self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for taken, letter in self.taken if taken == address]

    def text(self, address: str) -> str:
        """The plain text of the last letter to the address."""
        body = self.to(address)[-1].get_body(("plain",))
        return str(body.get_content()) if body is not None else ""

    def _connected(self) -> SMTP:
        self.connections += 1
        return SMTP(self, enable_SMTPUTF8=True, loop=asyncio.get_running_loop())

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.taken += [(address, letter) for address in envelope.rcpt_tos]
        return "250 taken"
