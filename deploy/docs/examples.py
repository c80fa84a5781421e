"""One example record for each event type, as it would lie on its topic: headers and CloudEvent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from shared.contracts.catalogue import TOPICS
from shared.contracts.envelope import Envelope, EventData, Headers, encode
from shared.contracts.topic import Topic

PLATFORM = "taobao"
"""Whose topics the examples of topics per marketplace are on."""

_TIME = datetime(2026, 2, 13, 6, 0, tzinfo=UTC)
_SUBJECTS = ("notice_id", "case_id", "listing_id", "submission_id", "right_id", "account_id", "subject", "merchant_id")


@dataclass(frozen=True)
class Example:
    """A record as a consumer gets it."""

    topic: str
    key: str
    headers: Headers
    value: bytes

    @property
    def body(self) -> dict[str, Any]:
        parsed: dict[str, Any] = orjson.loads(self.value)
        return parsed


def examples(topic: Topic) -> Iterator[tuple[EventData, Example]]:
    for number, data in enumerate(topic.examples, start=1):
        yield data, example(topic, data, number)


def example(topic: Topic, data: EventData, sequence: int = 1) -> Example:
    """The example message in an envelope; the envelope's own values are made up."""
    subject = _subject(topic, data)
    envelope = Envelope(
        id=f"example/{subject}/{sequence}",
        source="/" + _source(topic),
        type=data.type,
        subject=subject,
        time=_TIME,
        dataschema=data.dataschema(),
        sequence=sequence,
        data=data.model_dump(mode="json"),
        correlationid="cor-8J2QW5",
    )
    headers, value = encode(envelope)
    return Example(topic.of(PLATFORM), _key(topic, data, subject), headers, value)


def every_example() -> Iterator[Example]:
    for topic in TOPICS:
        for _, found in examples(topic):
            yield found


def _source(topic: Topic) -> str:
    """A marketplace's name where it is the marketplace that writes."""
    owner = topic.name.partition(".")[0]
    return {"takedowns": "complaints", "takedown-acks": f"marketplaces/{PLATFORM}"}.get(owner, owner)


def _subject(topic: Topic, data: EventData) -> str:
    """The first of the identifiers that name what the event is about."""
    named = data.model_dump(mode="json")
    if topic.name == "scoring.merchants.v1":
        return f"{named['platform']}:{named['merchant_id']}"
    if topic.name == "identity.incidents.v1":
        # One person affected by one incident is an aggregate of its own.
        return "aff-9K4M2X7Q0ZC3T8W1Y5RB" if "account_id" in named else str(named["incident_id"])
    return next(str(named[name]) for name in _SUBJECTS if named.get(name))


def _key(topic: Topic, data: EventData, subject: str) -> str:
    named = data.model_dump(mode="json")
    if topic.name == "complaints.outcomes-by-account.v1":
        return str(named["account_id"])
    if topic.name == "complaints.outcomes-by-merchant.v1":
        group = "tao" if named["platform"] in ("taobao", "tmall", "tmall_global") else named["platform"]
        return f"{group}:{named['merchant_id']}"
    if topic.name == "identity.incidents.v1":
        return str(named.get("account_id", subject))
    if topic.name == "notifications.deliveries.v1":
        return str(named["about"])
    return subject
