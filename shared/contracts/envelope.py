"""CloudEvents 1.0 in JSON (structured mode), with `ce_*` headers so that a reader may pass over unread what it
does not want. Readers ignore unknown fields; a known type in a newer major version is refused, not guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, ClassVar, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

Data = TypeVar("Data", bound="EventData")
Headers = tuple[tuple[str, bytes], ...]
CameHeaders = tuple[tuple[str, bytes | None], ...]
"""Of a record that came: Kafka allows a header without a value."""
MOST_DIGITS = 18
"""Of a sequence: what a store's 64-bit integers hold for certain."""
_TEXTS = ("id", "source", "type", "subject", "time", "dataschema")
CONTENT_TYPE = b"application/cloudevents+json"


class EventData(BaseModel):
    """What an event says. Frozen; unknown fields are ignored (forward compatibility)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    version: ClassVar[int] = 1

    @classmethod
    def dataschema(cls) -> str:
        return f"/{cls.type}/v{cls.version}"


@dataclass(frozen=True)
class Envelope:
    """Who said what when about whom, and because of what. `time` is business time; `sequence` counts from 1 without
    gaps per topic and subject; `chainhash` is the hash of the aggregate's history up to this event, as hex."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    dataschema: str
    sequence: int
    data: Mapping[str, Any]
    causationid: str = ""
    correlationid: str = ""
    traceparent: str = ""
    chainhash: str = ""


class Undecodable(Exception):
    """The record is no CloudEvent of ours: a dead letter."""


class NewerVersion(Exception):
    """A known type in a major version that this build does not know: its key waits for an upgrade."""


def encode(envelope: Envelope) -> tuple[Headers, bytes]:
    """The headers and the bytes of the record, as they will be for ever."""
    body: dict[str, Any] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time,
        "datacontenttype": "application/json",
        "dataschema": envelope.dataschema,
        "sequence": str(envelope.sequence),
    }
    if envelope.causationid:
        body["causationid"] = envelope.causationid
    if envelope.correlationid:
        body["correlationid"] = envelope.correlationid
    if envelope.traceparent:
        body["traceparent"] = envelope.traceparent
    if envelope.chainhash:
        body["chainhash"] = envelope.chainhash
    body["data"] = envelope.data
    headers = (
        ("content-type", CONTENT_TYPE),
        ("ce_id", envelope.id.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_subject", envelope.subject.encode()),
        ("ce_sequence", str(envelope.sequence).encode()),
    )
    return headers, orjson.dumps(body, option=orjson.OPT_UTC_Z)


def decode(value: bytes | None) -> Envelope:
    """Raises Undecodable where the bytes are not one of our CloudEvents, and nothing else, whatever they are."""
    try:
        body = orjson.loads(value or b"")
        if body["specversion"] != "1.0":
            raise Undecodable(f"specversion {body['specversion']!r} is not 1.0")
        for name in _TEXTS:
            text = body[name]
            if text.__class__ is not str or not text:
                raise Undecodable(f"{name} is missing or no text")
        sequence = _count(body["sequence"])
        if not isinstance(body["data"], dict):
            raise Undecodable("data is no object")
        envelope = object.__new__(Envelope)
        # Not by the constructor, which sets the fields of a frozen class one by one, at twice the cost of all the rest.
        envelope.__dict__.update(
            id=body["id"],
            source=body["source"],
            type=body["type"],
            subject=body["subject"],
            time=_instant(body["time"]),
            dataschema=body["dataschema"],
            sequence=sequence,
            data=body["data"],
            causationid=str(body.get("causationid", "")),
            correlationid=str(body.get("correlationid", "")),
            traceparent=str(body.get("traceparent", "")),
            chainhash=str(body.get("chainhash", "")),
        )
        return envelope
    except Undecodable:
        raise
    except Exception as problem:  # too deep, too large, of another kind: nobody has thought of all
        raise Undecodable(f"{type(problem).__name__}: {problem}") from problem


def header(headers: Iterable[tuple[str, bytes | None]], name: str) -> str | None:
    """One header's text, or None where it is absent, without a value, or no UTF-8."""
    for key, value in headers:
        if key == name:
            if value is None:
                return None
            try:
                return value.decode()
            except UnicodeDecodeError:
                return None
    return None


def read_data(envelope: Envelope, model: type[Data]) -> Data:
    """The data as its model. Raises NewerVersion for a later major version, Undecodable for data that does not fit."""
    check_version(envelope, model)
    try:
        return model.model_validate(envelope.data)
    except ValidationError as problem:
        raise Undecodable(f"{envelope.type}: {problem.error_count()} fields do not fit") from problem


def check_version(envelope: Envelope, model: type[EventData]) -> None:
    """Raises NewerVersion for a later major version of the model's type, Undecodable for any other schema."""
    if envelope.dataschema != model.dataschema():
        stem, _, version = envelope.dataschema.rpartition("/v")
        if stem == f"/{model.type}" and is_number(version) and int(version) > model.version:
            raise NewerVersion(f"{envelope.dataschema} is newer than {model.dataschema()}")
        raise Undecodable(f"dataschema {envelope.dataschema} is not {model.dataschema()}")


def is_number(text: str) -> bool:
    """That `int` reads, and a store holds: there are digits that it does not read, and too many of them."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def _count(value: object) -> int:
    """From 1 to what a store's 64-bit integer holds."""
    if isinstance(value, str) and is_number(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 10**MOST_DIGITS:
        raise Undecodable("sequence is no count from 1")
    return value


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise Undecodable("time has no zone")
    if not MINYEAR < instant.year < MAXYEAR:
        raise Undecodable("time may lie outside the calendar in another zone")
    return instant
