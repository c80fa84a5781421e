"""What a stream processor is, without Faust: records in, table writes and records out, state by partition.

Rules that make kill -9 harmless: `process` is synchronous and changes memory at once; a write replaces a whole value,
which carries the source's sequence; a record that comes again is answered with the same sends again, because the
crash may have come after the write and before the send. Records come in batches: of several writes of a key in a batch
only the last goes out, before all sends of the batch, and the batch is acknowledged as a whole.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from shared.contracts.envelope import Envelope, EventData, Headers, encode, read_data
from shared.contracts.topic import Topic

Reader = Callable[[Envelope], Any]


@dataclass(slots=True)
class Record:
    """A record that could be read: where it came from, its envelope, and its data as the contract's model, or as the
    processor reads it (`Processor.reader`)."""

    topic: str
    partition: int
    key: str
    envelope: Envelope
    data: Any


@dataclass(slots=True)
class Put:
    """One table write: the value replaces the one before, and says by which sequence of the source."""

    key: str
    value: bytes


@dataclass(slots=True)
class Send:
    """A record to send; its partition follows from the key."""

    topic: str
    key: str
    headers: Headers
    value: bytes

    @classmethod
    def of(cls, topic: str, key: str, envelope: Envelope) -> "Send":
        headers, value = encode(envelope)
        return cls(topic, key, headers, value)


@dataclass(slots=True)
class Effects:
    """What one record does. Writes go out before sends."""

    writes: tuple[Put, ...] = ()
    sends: tuple[Send, ...] = ()


NOTHING = Effects()


def together(effects: Iterable[Effects]) -> Effects:
    """What several records do in one go: of the writes of a key the last, since it replaces the others; all sends."""
    writes: dict[str, Put] = {}
    sends: list[Send] = []
    for one in effects:
        for put in one.writes:
            writes[put.key] = put
        sends += one.sends
    return Effects(tuple(writes.values()), tuple(sends))


@dataclass(frozen=True)
class Shape:
    """Where a processor reads and writes.

    name, version: as declared in deploy/topics.yaml; a rebuild is the next version, with its own group and table.
    inputs: topic name -> its contract, all with the same number of partitions; outputs: names of the topics sent to,
    settings so that a rebuild writes elsewhere.
    """

    name: str
    inputs: Mapping[str, Topic]
    outputs: tuple[str, ...]
    version: int = 1
    table: str = "state"

    @property
    def app_id(self) -> str:
        """Faust's app id and the consumer group."""
        return f"{self.name}-v{self.version}"

    @property
    def changelog(self) -> str:
        return f"{self.app_id}-{self.table}-changelog"

    @property
    def dead_letters(self) -> str:
        return f"{self.app_id}.dlq.v1"

    @property
    def topics(self) -> tuple[str, ...]:
        """All that must exist before the processor starts."""
        return (*self.inputs, self.changelog, self.dead_letters, *self.outputs)


class Unreadable(Exception):
    """A table value that `restore` cannot read: it is dead-lettered, and the key starts anew."""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row of the table that could not be read, and why."""

    key: bytes
    value: bytes
    problem: str


class Processor(ABC):
    """State of the partitions that this worker has, and what it does with a record.

    `tick_seconds`: how often `tick` is asked, in real time; None for a processor without a tick.
    """

    shape: Shape
    tick_seconds: ClassVar[float | None] = None

    def wants(self, topic: str, event_type: str) -> bool:
        """Whether records of this type (known to the topic's contract) are read at all; the others are passed over
        by their `ce_type` header."""
        return True

    def reader(self, model: type[EventData]) -> Reader:
        """How the data of an event is read; a processor that needs a few of its fields may read only these. Raises
        what `read_data` raises."""
        return partial(read_data, model=model)

    @abstractmethod
    def restore(self, partition: int, key: str, value: bytes) -> None:
        """A table value read back. Keeps the highest sequence. Raises Unreadable."""

    def restore_all(self, partition: int, rows: Iterable[tuple[bytes, bytes]]) -> list[UnreadableRow]:
        """`restore` of many, in their order; returns those that cannot be read."""
        bad: list[UnreadableRow] = []
        for key, value in rows:
            try:
                self.restore(partition, key.decode(), value)
            except (Unreadable, UnicodeDecodeError) as problem:
                bad.append(UnreadableRow(key, value, repr(problem)))
        return bad

    @abstractmethod
    def drop(self, partition: int) -> None:
        """The partition now belongs to another worker, or is read back from the start."""

    @abstractmethod
    def process(self, record: Record) -> Effects:
        """Never raises for what a record says; anything raised stops the process before the record is acknowledged."""

    def tick(self) -> Iterable[Send]:
        """What the passing of time asks to be sent. Writes no table."""
        return ()

    def backlog(self) -> int:
        """How much is owed because of time that has passed; 0 where the world is quiet."""
        return 0
