"""A marketplace that reads its own commands: it takes listings down and up, and acknowledges."""

from dataclasses import dataclass, field

from shared.contracts.complaints.takedowns import TOPIC as TAKEDOWNS
from shared.contracts.complaints.takedowns import RemoveListing, TakedownCommand
from shared.contracts.envelope import Envelope, EventData, decode, encode, read_data
from shared.contracts.marketplaces.acknowledgements import TOPIC as ACKNOWLEDGEMENTS
from shared.contracts.marketplaces.acknowledgements import CommandFailed, ListingReinstated, ListingRemoved
from shared.kernel.clock import Clock
from tests.chaos.checker import Shelf
from tests.support.memory_broker import MemoryBroker

MERCHANT = "m-17"


@dataclass
class Market:
    """`fails`: listings whose first command fails. `read`: how far it has come with its topic."""

    platform: str
    broker: MemoryBroker
    clock: Clock
    fails: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    first_seen: list[tuple[str, int]] = field(default_factory=list)
    read: int = 0
    _sequences: dict[str, int] = field(default_factory=dict)

    def pump(self) -> int:
        log = self.broker.topics.get(TAKEDOWNS.of(self.platform), [])
        new, self.read = log[self.read :], len(log)
        for record in new:
            self._take(decode(record.value))
        return len(new)

    def shelf(self) -> Shelf:
        return Shelf(self.platform, frozenset(self.down), tuple(self.first_seen))

    def _take(self, envelope: Envelope) -> None:
        if envelope.sequence <= self._sequences.get(envelope.subject, 0):
            return
        self._sequences[envelope.subject] = envelope.sequence
        self.first_seen.append((envelope.subject, envelope.sequence))
        command = read_data(envelope, next(kind for kind in TAKEDOWNS.events if kind.type == envelope.type))
        assert isinstance(command, TakedownCommand)
        about = {
            "command_id": command.command_id,
            "listing_id": command.listing_id,
            "merchant_id": MERCHANT,
            "at": self.clock.now(),
        }
        if command.listing_id in self.fails and envelope.sequence == 1:
            self._say(command.listing_id, CommandFailed.model_validate({**about, "cause": "marketplace-timeout"}))
        elif isinstance(command, RemoveListing):
            self.down.add(command.listing_id)
            self._say(command.listing_id, ListingRemoved.model_validate(about))
        else:
            self.down.discard(command.listing_id)
            self._say(command.listing_id, ListingReinstated.model_validate(about))

    def _say(self, listing: str, data: EventData) -> None:
        topic = ACKNOWLEDGEMENTS.of(self.platform)
        envelope = Envelope(
            id=f"ack/{listing}/{len(self.broker.topics.get(topic, ()))}",
            source=f"/{self.platform}",
            type=data.type,
            subject=listing,
            time=self.clock.now(),
            dataschema=data.dataschema(),
            sequence=1,
            data=data.model_dump(mode="json"),
        )
        headers, value = encode(envelope)
        self.broker.append(topic, listing.encode(), value, headers)
