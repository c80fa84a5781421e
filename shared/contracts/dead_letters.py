"""What every consumer of the platform makes of a record that it cannot read."""

from dataclasses import dataclass
from typing import Any, Protocol

from shared.contracts.envelope import CameHeaders, Headers

# Header names of a dead letter.
TOPIC, PARTITION, OFFSET, ERROR = "dlq_topic", "dlq_partition", "dlq_offset", "dlq_error"
MOST_BYTES = 1_000_000
"""Of key, headers and value: Kafka's brokers and clients take 1 MiB with what they add. A record that came was within
that, and grows by what we say about it."""
_ERROR_LENGTH = 500
_HEADER_BYTES = 10
"""At most what the lengths of a header's name and value take."""


class Came(Protocol):
    """A record as it came from the broker. headers: pairs, as `CameHeaders`."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Any: ...


@dataclass(frozen=True)
class DeadLetter:
    key: bytes | None
    headers: CameHeaders
    value: bytes | None


def dead_letter(record: Came, error: str) -> DeadLetter:
    """The bytes as they came, with headers that say where from and why. What would be too long for the broker is left
    out, the value first: the headers say where the record stands, and topics are kept for ever."""
    about: Headers = (
        (TOPIC, record.topic.encode()),
        (PARTITION, str(record.partition).encode()),
        (OFFSET, str(record.offset).encode()),
        (ERROR, error[:_ERROR_LENGTH].encode(errors="replace")),
    )
    headers: CameHeaders = (*(record.headers or ()), *about)
    room = MOST_BYTES - len(record.key or b"") - sum(_length(name, value) for name, value in headers)
    if room < 0:
        return DeadLetter(None, about, None)
    return DeadLetter(record.key, headers, None if len(record.value or b"") > room else record.value)


def _length(name: str, value: bytes | None) -> int:
    return len(name.encode()) + len(value or b"") + _HEADER_BYTES
