"""From a Kafka message to a Record, or to the reason why it is a dead letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.contracts.envelope import Headers, NewerVersion, Undecodable, decode, read_data
from shared.contracts.topic import Topic
from shared.streams.processor import Record

# Header names of a dead letter; the same for every consumer group of the platform.
DLQ_TOPIC, DLQ_PARTITION, DLQ_OFFSET, DLQ_ERROR = "dlq_topic", "dlq_partition", "dlq_offset", "dlq_error"
_ERROR_LENGTH = 500


class Message(Protocol):
    """The part of Faust's message that is read."""

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


def read(message: Message, inputs: Mapping[str, Topic]) -> Record | Rejected:
    """A record of an unknown type or of a newer major version is rejected, never guessed."""
    try:
        key = (message.key or b"").decode()
        envelope = decode(message.value)
        model = inputs[message.topic].by_type.get(envelope.type)
        if model is None:
            return Rejected(f"unknown type {envelope.type}")
        return Record(message.topic, message.partition, key, envelope, read_data(envelope, model))
    except (Undecodable, NewerVersion, UnicodeDecodeError) as problem:
        return Rejected(f"{type(problem).__name__}: {problem}")


@dataclass(frozen=True)
class Outgoing:
    """Bytes to send. `partition`: None where it follows from the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


def dead_letter(message: Message, topic: str, error: str) -> Outgoing:
    """The bytes as they came, with headers that say where from and why."""
    came = message.headers
    headers: Headers = tuple(came.items()) if isinstance(came, Mapping) else tuple(came or ())
    about: Headers = (
        (DLQ_TOPIC, message.topic.encode()),
        (DLQ_PARTITION, str(message.partition).encode()),
        (DLQ_OFFSET, str(message.offset).encode()),
        (DLQ_ERROR, error[:_ERROR_LENGTH].encode()),
    )
    return Outgoing(topic, message.key, message.value, headers + about)
