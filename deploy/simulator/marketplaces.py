"""Seven marketplaces: each reads its own commands only, takes listings down and up, and acknowledges in its own way."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from deploy.simulator.listings import PLATFORMS
from shared.contracts.complaints.takedowns import TOPIC as TAKEDOWNS
from shared.contracts.complaints.takedowns import RemoveListing, TakedownCommand
from shared.contracts.envelope import Envelope, decode, encode
from shared.contracts.marketplaces.acknowledgements import TOPIC as ACKNOWLEDGEMENTS
from shared.contracts.marketplaces.acknowledgements import (
    Acknowledgement,
    CommandFailed,
    ListingReinstated,
    ListingRemoved,
)
from shared.kafka.producer import BrokerUnavailable, Producer
from shared.kernel.clock import Clock

Manner = Literal["prompt", "fails first", "late", "twice"]
_SHARES: tuple[tuple[Manner, float], ...] = (("fails first", 0.06), ("late", 0.06), ("twice", 0.06))
_LONGEST_DELAY = 0.15  # seconds of real time until a marketplace answers
_PAUSE = 0.5  # until a marketplace looks again for a broker that is away

log = structlog.get_logger(__name__)


def manner(seed: int, listing_id: str) -> Manner:
    """How the marketplace treats a listing's first command, the same in each run of a seed."""
    drawn = random.Random(f"{seed}|{listing_id}").random()
    for found, share in _SHARES:
        if drawn < share:
            return found
        drawn -= share
    return "prompt"


def seller(platform: str, site: str | None, listing_id: str) -> str:
    """The merchant of a listing that no plan knows, the same each time."""
    place = f"{platform}-{site.lower()}" if site else platform
    return f"m-{place}-{random.Random(listing_id).randint(1, 50)}"


@dataclass
class Shelf:
    """What one marketplace knows: its listings that are down, and each listing's last command.

    `gaps`: sentences about commands that came out of order, which never happens after dropping repeats.
    """

    platform: str
    down: set[str] = field(default_factory=set)
    sequences: dict[str, int] = field(default_factory=dict)
    commands: dict[str, Acknowledgement] = field(default_factory=dict)
    repeats: int = 0
    gaps: list[str] = field(default_factory=list)

    def is_new(self, envelope: Envelope) -> bool:
        """Whether this is the listing's next command; repeats are counted, gaps are written down."""
        last = self.sequences.get(envelope.subject, 0)
        if envelope.sequence <= last:
            self.repeats += 1
            return False
        if envelope.sequence != last + 1:
            self.gaps.append(f"{self.platform} {envelope.subject}: {envelope.sequence} came after {last}")
        self.sequences[envelope.subject] = envelope.sequence
        return True

    def carry_out(self, command: TakedownCommand) -> None:
        if isinstance(command, RemoveListing):
            self.down.add(command.listing_id)
        else:
            self.down.discard(command.listing_id)


class Marketplaces:
    """All seven. `seed`: of their manners, None where all are prompt; `sellers`: merchants of known listings; others
    are derived from the listing's id."""

    def __init__(
        self, bootstrap: str, clock: Clock, seed: int | None, sellers: Mapping[str, str] | None = None
    ) -> None:
        self.shelves = {platform: Shelf(platform) for platform in PLATFORMS}
        self.acknowledged: Counter[str] = Counter()
        self._bootstrap = bootstrap
        self._clock = clock
        self._seed = seed
        self._sellers = dict(sellers or {})
        self._in_hand = 0
        self._late: list[tuple[datetime, str, Acknowledgement]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._readers: list[asyncio.Task[None]] = []
        self._producer = Producer(bootstrap, "marketplaces")

    @property
    def outstanding(self) -> int:
        """Acknowledgements under way. Late ones wait for business time to move on and are not counted before."""
        now = self._clock.now()
        return self._in_hand + sum(since < now for since, _, _ in self._late)

    @property
    def waiting(self) -> int:
        """Late acknowledgements that the next step of business time will bring."""
        return len(self._late)

    @property
    def gaps(self) -> list[str]:
        return [sentence for shelf in self.shelves.values() for sentence in shelf.gaps]

    async def start(self) -> None:
        await self._producer.start()
        self._readers = [asyncio.create_task(self._read(shelf)) for shelf in self.shelves.values()]

    async def stop(self) -> None:
        for task in (*self._readers, *self._sending):
            task.cancel()
        await asyncio.gather(*self._readers, *self._sending, return_exceptions=True)
        await self._producer.stop()

    def check(self) -> None:
        """Raises what ended a reader: a marketplace that reads no more would make a run wait for ever."""
        for reader in self._readers:
            if reader.done() and not reader.cancelled():
                reader.result()

    def business_time_moved(self) -> None:
        """Late marketplaces answer now."""
        now = self._clock.now()
        due = [entry for entry in self._late if entry[0] < now]
        self._late = [entry for entry in self._late if entry[0] >= now]
        for _, platform, acknowledgement in due:
            self._later(platform, (acknowledgement.model_copy(update={"at": now}),))

    async def _read(self, shelf: Shelf) -> None:
        """Also where the broker goes away and comes back: what was not committed comes again and is a repeat."""
        while True:
            try:
                await self._read_on(shelf)
            except KafkaError as problem:
                log.warning("marketplace.reads-again", platform=shelf.platform, cause=repr(problem))
                await asyncio.sleep(_PAUSE)

    async def _read_on(self, shelf: Shelf) -> None:
        consumer = AIOKafkaConsumer(
            TAKEDOWNS.of(shelf.platform),
            bootstrap_servers=self._bootstrap,
            group_id=f"marketplace.{shelf.platform}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
        )
        try:
            await consumer.start()
            while True:
                fetched = await consumer.getmany(timeout_ms=500)
                for record in (record for records in fetched.values() for record in records):
                    self._take(shelf, decode(record.value))
                if fetched:
                    await consumer.commit()
        finally:
            await consumer.stop()

    def _take(self, shelf: Shelf, envelope: Envelope) -> None:
        """A repeated command does nothing twice, but is acknowledged again: the first answer may have been lost."""
        command = _command(envelope)
        if command is None:
            shelf.gaps.append(f"{shelf.platform}: {envelope.type} is no command")
            return
        if shelf.is_new(envelope):
            self._obey(shelf, envelope, command)
        elif known := shelf.commands.get(command.command_id):
            self._later(shelf.platform, (known,))

    def _obey(self, shelf: Shelf, envelope: Envelope, command: TakedownCommand) -> None:
        how: Manner = "prompt"
        if self._seed is not None and envelope.sequence == 1:
            how = manner(self._seed, command.listing_id)
        merchant = self._sellers.get(command.listing_id) or seller(shelf.platform, command.site, command.listing_id)
        about = {
            "command_id": command.command_id,
            "listing_id": command.listing_id,
            "merchant_id": merchant,
            "at": self._clock.now(),
        }
        if how == "fails first":
            failed = CommandFailed.model_validate({**about, "cause": "marketplace-timeout"})
            shelf.commands[command.command_id] = failed
            self._later(shelf.platform, (failed,))
            return
        shelf.carry_out(command)
        answer = ListingRemoved if isinstance(command, RemoveListing) else ListingReinstated
        done = answer.model_validate(about)
        shelf.commands[command.command_id] = done
        if how == "late":
            self._late.append((self._clock.now(), shelf.platform, done))
        else:
            self._later(shelf.platform, (done, done) if how == "twice" else (done,))

    def _later(self, platform: str, answers: tuple[Acknowledgement, ...]) -> None:
        self._in_hand += len(answers)
        task = asyncio.create_task(self._send(platform, answers))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, platform: str, answers: tuple[Acknowledgement, ...]) -> None:
        for answer in answers:
            try:
                await asyncio.sleep(random.random() * _LONGEST_DELAY)
                await self._tell(platform, answer)
                self.acknowledged[type(answer).__name__] += 1
            finally:
                self._in_hand -= 1

    async def _tell(self, platform: str, answer: Acknowledgement) -> None:
        """Until the broker has it."""
        headers, value = encode(_envelope(platform, answer))
        while True:
            try:
                await self._producer.send(ACKNOWLEDGEMENTS.of(platform), answer.listing_id.encode(), value, headers)
            except BrokerUnavailable:
                await asyncio.sleep(_PAUSE)
            else:
                return


def _command(envelope: Envelope) -> TakedownCommand | None:
    model = TAKEDOWNS.by_type.get(envelope.type)
    found = model.model_validate(envelope.data) if model else None
    return found if isinstance(found, TakedownCommand) else None


def _envelope(platform: str, answer: Acknowledgement) -> Envelope:
    """Marketplaces count nothing for us: the sequence is 1, and the command's id tells repeats."""
    return Envelope(
        id=f"{platform}/{uuid.uuid4()}",
        source=f"/marketplaces/{platform}",
        type=answer.type,
        subject=answer.listing_id,
        time=answer.at,
        dataschema=answer.dataschema(),
        sequence=1,
        data=answer.model_dump(mode="json"),
        causationid=answer.command_id,
    )
