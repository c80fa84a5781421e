"""Every topic's example messages are what producers write and consumers read."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import datetime

import orjson
import pytest

from deploy.provision.declaration import declared
from shared.contracts.catalogue import TOPICS
from shared.contracts.envelope import (
    Envelope,
    EventData,
    NewerVersion,
    Undecodable,
    decode,
    encode,
    header,
    read_data,
)
from shared.contracts.topic import Topic
from tests.support.subscriptions import every_subscription

EXAMPLES = [
    pytest.param(topic, example, id=f"{topic.name}-{type(example).__name__}")
    for topic in TOPICS
    for example in topic.examples
]
PLATFORMS = ("taobao", "tmall", "tmall_global", "1688", "aliexpress", "alibaba", "lazada")
# Of capabilities that come later: provisioned already, so that their names and partitions are settled.
AHEAD = (
    "ipr.applications.v1",
    *(f"listings.{platform}.v1" for platform in PLATFORMS),
    *(f"restrictions.{platform}.v1" for platform in PLATFORMS),
    *(f"restriction-acks.{platform}.v1" for platform in PLATFORMS),
)
PERSONAL = re.compile(r"(^|_)(e?mail|name|names|phone|mobile|address|addresses|birth\w*|passport|id_number)(_|$)")
E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]+")


def enveloped(example: EventData, sequence: int = 3) -> Envelope:
    return Envelope(
        id="case/IPP-7K2M9QX4TD-001/3",
        source="/complaints",
        type=example.type,
        subject="IPP-7K2M9QX4TD-001",
        time=datetime.fromisoformat("2026-02-13T02:00:00Z"),
        dataschema=example.dataschema(),
        sequence=sequence,
        data=example.model_dump(mode="json"),
        causationid="case/IPP-7K2M9QX4TD-001/2",
        correlationid="corr-1",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        chainhash="0" * 64,
    )


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_event_type_has_an_example_and_every_example_is_of_the_topic(topic: Topic) -> None:
    assert {type(example) for example in topic.examples} == set(topic.events)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_says_who_writes_and_reads_it_by_which_key_and_in_which_order(topic: Topic) -> None:
    assert all((topic.key, topic.producers, topic.consumers, topic.sequence, topic.retention, topic.compatibility))


def test_names_of_topics_and_types_are_each_used_once() -> None:
    names = [topic.name for topic in TOPICS]
    assert sorted(names) == sorted(set(names))
    models: dict[str, set[type[EventData]]] = {}
    for topic in TOPICS:
        for event in topic.events:
            models.setdefault(event.type, set()).add(event)
    assert {event_type for event_type, of in models.items() if len(of) > 1} == set()
    assert all(re.fullmatch(r"ipp\.[a-z-]+\.[a-z-]+", event_type) for event_type in models)


@pytest.mark.parametrize(("topic", "example"), EXAMPLES)
def test_an_example_comes_back_as_it_was(topic: Topic, example: EventData) -> None:
    envelope = enveloped(example)

    headers, value = encode(envelope)
    read = decode(value)

    assert read == envelope
    assert read_data(read, topic.by_type[read.type]) == example
    assert [header(headers, name) for name in ("ce_id", "ce_type", "ce_subject", "ce_sequence")] == [
        envelope.id,
        example.type,
        envelope.subject,
        "3",
    ]


@pytest.mark.parametrize(("topic", "example"), EXAMPLES)
def test_an_example_is_a_cloud_event(topic: Topic, example: EventData) -> None:
    headers, value = encode(enveloped(example))
    body = orjson.loads(value)

    # CloudEvents 1.0: these four must be there; extension attributes are of lower-case letters and digits.
    assert body["specversion"] == "1.0"
    assert all(isinstance(body[name], str) and body[name] for name in ("id", "source", "type"))
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in body)
    assert body["time"] == "2026-02-13T02:00:00Z"
    assert header(headers, "content-type") == "application/cloudevents+json"


@pytest.mark.parametrize(("topic", "example"), EXAMPLES)
def test_unknown_fields_are_ignored(topic: Topic, example: EventData) -> None:
    body = orjson.loads(encode(enveloped(example))[1])
    body["somethingnew"] = "x"
    body["data"]["something_new"] = {"nested": [1]}

    assert read_data(decode(orjson.dumps(body)), type(example)) == example


@pytest.mark.parametrize(("topic", "example"), EXAMPLES)
def test_a_newer_major_version_is_refused_and_not_guessed(topic: Topic, example: EventData) -> None:
    newer = dataclasses.replace(enveloped(example), dataschema=f"/{example.type}/v{example.version + 1}")
    with pytest.raises(NewerVersion):
        read_data(newer, type(example))

    strange = dataclasses.replace(enveloped(example), dataschema="/ipp.other.type/v9")
    with pytest.raises(Undecodable):
        read_data(strange, type(example))


@pytest.mark.parametrize(("topic", "example"), EXAMPLES)
def test_no_field_looks_like_personal_data(topic: Topic, example: EventData) -> None:
    value = example.model_dump(mode="json")

    assert [path for path, _ in leaves(value) if PERSONAL.search(path.rpartition(".")[2])] == []
    assert [text for _, text in leaves(value) if E_MAIL.search(text)] == []


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value with the path of its field, and every field even where it is empty."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}.{name}", ""
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, str(value)


def test_what_is_provisioned_is_what_the_catalogue_says() -> None:
    platform_topics = {name: topic.compacted for topic in TOPICS for name in names_of(topic)}
    provisioned = {
        topic.name: topic.settings["cleanup.policy"] == "compact"
        for topic in declared()
        if not topic.name.endswith(("-changelog", ".dlq.v1"))
    }

    assert {name: provisioned.get(name) for name in platform_topics} == platform_topics
    assert set(provisioned) - set(platform_topics) == set(AHEAD)


def test_every_group_that_reacts_has_a_place_for_dead_letters() -> None:
    groups = [subscription.group for subscription in every_subscription()]
    names = {topic.name for topic in declared()}

    assert sorted(groups) == sorted(set(groups))
    assert {f"{group}.dlq.v1" for group in groups} - names == set()
    consumed = {source.name for subscription in every_subscription() for source in subscription.sources}
    assert consumed - names == set()


def names_of(topic: Topic) -> list[str]:
    return [topic.of(platform) for platform in PLATFORMS] if "{platform}" in topic.name else [topic.name]
