"""One attempt at a notice: ask the peers, write to each open address, say what came of each."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from services.notifications.delivery.letters import LetterWriter, Matter, purpose_of
from services.notifications.delivery.messages import Envelope, NotAnAddress, as_message
from services.notifications.delivery.peers import NotKnown, Peers, Reader
from services.notifications.delivery.smtp import Mailer, MailRefused
from services.notifications.notices.model import (
    ALREADY_SERVED_THERE,
    Address,
    Notice,
    Refused,
    Result,
    Taken,
)
from shared.kernel.clock import Clock
from shared.kernel.failures import Transient

EMAIL_CODE = "email-code"


@dataclass(frozen=True)
class Attempt:
    """results: what is settled, since `at` (business time); postponed: why the rest must be tried again, empty where
    nothing is left."""

    at: datetime
    results: tuple[Result, ...]
    postponed: str = ""


@dataclass(frozen=True)
class _ToWrite:
    address: Address
    reader: Reader
    code: str = ""


class Post:
    """mac_key: keys the proof of the address; domain: of our message ids."""

    def __init__(
        self, peers: Peers, writer: LetterWriter, mailer: Mailer, clock: Clock, *, sender: str, mac_key: bytes
    ) -> None:
        self._peers = peers
        self._writer = writer
        self._mailer = mailer
        self._clock = clock
        self._sender = sender
        self._domain = sender.rpartition("@")[2].rstrip(">")
        self._mac_key = mac_key

    async def attempt(self, notice: Notice) -> Attempt:
        """Never raises Transient: each address fails or succeeds by itself."""
        try:
            matter = await self._writer.gather(notice)
        except NotKnown as missing:
            return Attempt(
                self._clock.now(), tuple(Refused(address=address, cause=missing.code) for address in notice.open)
            )
        except Transient as problem:
            return Attempt(self._clock.now(), (), str(problem))
        readers = await asyncio.gather(*(self._reader(notice, address) for address in notice.open))
        refused: list[Result] = [each for each in readers if isinstance(each, Refused)]
        postponed = [each for each in readers if isinstance(each, str)]
        distinct, same = self._distinct(notice, [each for each in readers if isinstance(each, _ToWrite)])
        sent = await asyncio.gather(*(self._write(notice, matter, each) for each in distinct))
        settled = [each for each in sent if not isinstance(each, str)]
        postponed += [each for each in sent if isinstance(each, str)]
        return Attempt(self._clock.now(), (*settled, *refused, *same), "; ".join(postponed))

    async def _reader(self, notice: Notice, address: Address) -> _ToWrite | Refused | str:
        try:
            if notice.template == EMAIL_CODE:
                code = await self._peers.email_code(notice.account_id)
                return _ToWrite(address, code.reader, code.code)
            if address == "merchant":
                return _ToWrite(address, await self._peers.merchant(notice.fact("platform"), notice.recipient_id))
            purpose = purpose_of(notice)
            reader = await self._peers.owner(notice.account_id, address, purpose, about=notice.about)
            return _ToWrite(address, reader)
        except NotKnown as missing:
            return Refused(address=address, cause=missing.code)
        except Transient as problem:
            return str(problem)

    def _distinct(self, notice: Notice, found: list[_ToWrite]) -> tuple[list[_ToWrite], list[Refused]]:
        """Nobody gets the same letter twice because the contact and the login are one address."""
        written = {proof.address_mac for proof in notice.proofs}
        distinct: list[_ToWrite] = []
        same: list[Refused] = []
        for each in found:
            mac = self._mac(each.reader.email)
            if mac in written:
                same.append(Refused(address=each.address, cause=ALREADY_SERVED_THERE))
            else:
                written.add(mac)
                distinct.append(each)
        return distinct, same

    async def _write(self, notice: Notice, matter: Matter, to: _ToWrite) -> Result | str:
        message_id = f"<{notice.id}.{to.address}@{self._domain}>"
        letter = self._writer.write(notice, Matter(matter.complainant, matter.right, to.code), to.reader)
        envelope = Envelope(self._sender, to.reader.email, message_id, self._clock.now())
        try:
            await self._mailer.send(as_message(letter, to.reader.language, envelope), to.reader.email)
        except NotAnAddress:
            return Refused(address=to.address, cause="address-not-valid")
        except MailRefused as refused:
            return Refused(address=to.address, cause=refused.code)
        except Transient as problem:
            return str(problem)
        mac = self._mac(to.reader.email)
        return Taken(address=to.address, language=to.reader.language, message_id=message_id, address_mac=mac)

    def _mac(self, address: str) -> str:
        return hmac.new(self._mac_key, address.strip().lower().encode(), hashlib.sha256).hexdigest()
