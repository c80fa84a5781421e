"""From a Kafka message to a Record, or to the reason why it is a dead letter."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from shared.contracts.dead_letters import dead_letter
from shared.contracts.envelope import CameHeaders, NewerVersion, Undecodable, decode
from shared.streams.processor import Processor, Reader, Record

log = structlog.get_logger(__name__)


class Message(Protocol):
    """The part of a record as the client has it that is read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


@dataclass(frozen=True)
class Rejected:
    """A record that cannot be read, and why."""

    error: str


class RecordReader:
    """Reads what one processor takes in."""

    def __init__(self, processor: Processor) -> None:
        inputs = processor.shape.inputs
        self._readers: dict[str, dict[str, Reader]] = {}
        self._unwanted: dict[str, frozenset[bytes]] = {}
        for topic, contract in inputs.items():
            wanted = {name: model for name, model in contract.by_type.items() if processor.wants(topic, name)}
            self._readers[topic] = {name: processor.reader(model) for name, model in wanted.items()}
            self._unwanted[topic] = frozenset(name.encode() for name in contract.by_type.keys() - wanted.keys())

    def read(self, message: Message) -> Record | Rejected | None:
        """None for what the processor does not want, as the `ce_type` header has it or else the record itself. A
        record of an unknown type or of a newer major version is rejected, never guessed. Raises nothing: one odd
        record must not end the worker at every start."""
        topic = message.topic
        unwanted = self._unwanted[topic]
        if unwanted and _type_told(message.headers) in unwanted:
            return None
        try:
            key = (message.key or b"").decode()
            envelope = decode(message.value)
            reader = self._readers[topic].get(envelope.type)
            if reader is None:
                return None if envelope.type.encode() in unwanted else Rejected(f"unknown type {envelope.type}")
            return Record(topic, message.partition, key, envelope, reader(envelope))
        except (Undecodable, NewerVersion, UnicodeDecodeError) as problem:
            return Rejected(f"{type(problem).__name__}: {problem}")
        except Exception as problem:
            log.exception("a record cannot be read", at=f"{topic}/{message.partition}@{message.offset}")
            return Rejected(f"{type(problem).__name__}: {problem}")


def _type_told(headers: Iterable[tuple[str, bytes | None]] | None) -> bytes | None:
    for name, value in headers or ():
        if name == "ce_type":
            return value
    return None


@dataclass(frozen=True)
class Outgoing:
    """Bytes to send; the partition follows from the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: CameHeaders = ()


def outgoing_letter(message: Message, topic: str, error: str) -> Outgoing:
    """See `dead_letter`."""
    letter = dead_letter(message, error)
    return Outgoing(topic, letter.key, letter.value, letter.headers)
