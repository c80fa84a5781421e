"""Drives a stream processor without Faust: a table that survives, a partition's records in order, what was sent."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.envelope import Envelope, EventData, decode
from shared.streams.processor import Processor, Record, Send


def envelope(data: EventData, sequence: int, at: datetime, subject: str) -> Envelope:
    return Envelope(
        id=f"{subject}/{sequence}",
        source="/test",
        type=data.type,
        subject=subject,
        time=at,
        dataschema=data.dataschema(),
        sequence=sequence,
        data=data.model_dump(mode="json"),
        correlationid="cor-1",
    )


def record(topic: str, data: EventData, sequence: int, at: datetime, subject: str, partition: int = 0) -> Record:
    """A record whose key is its subject."""
    return Record(topic, partition, subject, envelope(data, sequence, at, subject), data)


@dataclass
class Bench:
    """One partition of a processor. `crash` starts a new one from what was written to the table."""

    build: Callable[[], Processor]
    table: dict[str, bytes] = field(default_factory=dict)
    sent: list[Send] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.processor = self.build()

    def feed(self, records: Iterable[Record], *, lost: bool = False) -> list[Send]:
        """The sends of these records; `lost`: a crash comes after the table writes and before the sends."""
        sends: list[Send] = []
        for one in records:
            effects = self.processor.process(one)
            self.table.update({put.key: put.value for put in effects.writes})
            sends += effects.sends
        if not lost:
            self.sent += sends
        return sends

    def tick(self) -> list[Send]:
        sends = list(self.processor.tick())
        self.sent += sends
        return sends

    def crash(self) -> None:
        self.processor = self.build()
        for key, value in self.table.items():
            self.processor.restore(0, key, value)

    def latest(self, topic: str) -> dict[str, Envelope]:
        """Per key the record with the highest sequence, as a reader of the topic keeps it."""
        found: dict[str, Envelope] = {}
        for send in self.sent:
            if send.topic == topic:
                told = decode(send.value)
                if send.key not in found or told.sequence >= found[send.key].sequence:
                    found[send.key] = told
        return found
