"""`docs/reference/asyncapi.yaml`: AsyncAPI 3.0 from the contracts' models."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from deploy.docs.examples import examples
from deploy.docs.topics import meaning_of
from shared.contracts.catalogue import TOPICS
from shared.contracts.envelope import CONTENT_TYPE, EventData
from shared.contracts.topic import Topic
from shared.policies.platforms import PLATFORMS

_REFERENCE = "#/components/schemas/{model}"
_TEXT = {"type": "string", "minLength": 1}

_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0, structured mode. Readers ignore what they do not know.",
    "required": ["specversion", "id", "source", "type", "subject", "time", "dataschema", "sequence", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {**_TEXT, "description": "the same for every repeat of the same event"},
        "source": {**_TEXT, "description": "the service that says it"},
        "type": _TEXT,
        "subject": {**_TEXT, "description": "what `sequence` counts for"},
        "time": {"type": "string", "format": "date-time", "description": "business time, UTC"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {**_TEXT, "description": "/<type>/v<major version>"},
        "sequence": {"type": "string", "pattern": "^[1-9][0-9]*$", "description": "see the channel"},
        "causationid": {"type": "string", "description": "source and id of the event that caused it"},
        "correlationid": {"type": "string", "description": "the same through one whole story"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
        "chainhash": {"type": "string", "description": "hash of the aggregate's history up to this event, as hex"},
        "data": {"type": "object"},
    },
}
_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_id", "ce_type", "ce_subject", "ce_sequence"],
    "properties": {
        "content-type": {"const": CONTENT_TYPE.decode()},
        **{f"ce_{name}": {"type": "string"} for name in ("id", "type", "subject", "sequence")},
    },
}


def document() -> dict[str, Any]:
    references, schemas = _schemas()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Intellectual property protection platform",
            "version": "1",
            "description": "Every topic, its records and who writes them. No personal data travels on topics.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE.decode(),
        "channels": {_channel_id(topic): _channel(topic) for topic in TOPICS},
        "operations": {_operation_id(topic): _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {event.type: _message(topic, event, references) for topic in TOPICS for event in topic.events},
            "schemas": {"CloudEvent": _ENVELOPE, "Headers": _HEADERS, **schemas},
        },
    }


def text() -> str:
    dumped: str = yaml.dump(
        document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False
    )
    return "# Made from shared/contracts by `python -m deploy.docs --write`. Do not edit it.\n" + dumped


class _Plain(yaml.SafeDumper):
    """Without anchors: every part can be read by itself."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _schemas() -> tuple[Mapping[Any, Any], dict[str, Any]]:
    """What a reader may count on: of our own records every field is there, of a marketplace's the required ones."""
    wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    for topic in TOPICS:
        for event in topic.events:
            pair: tuple[type[BaseModel], Literal["validation", "serialization"]] = (event, _mode(topic))
            if pair not in wanted:
                wanted.append(pair)
    by_model, definitions = models_json_schema(wanted, ref_template=_REFERENCE)
    return {model: schema for (model, _), schema in by_model.items()}, definitions.get("$defs", {})


def _mode(topic: Topic) -> Literal["validation", "serialization"]:
    return "validation" if _is_received(topic) else "serialization"


def _is_received(topic: Topic) -> bool:
    """Written by others than the platform."""
    return topic.name.startswith("takedown-acks.")


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.name,
        "description": f"Sequence: {topic.sequence}. Kept: {topic.retention}. May change: {topic.compatibility}.",
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in topic.events},
        "x-key": topic.key,
        "x-producers": list(topic.producers),
        "x-consumers": list(topic.consumers),
    }
    if "{platform}" in topic.name:
        channel["parameters"] = {"platform": {"enum": list(PLATFORMS), "description": "the marketplace"}}
    return channel


def _operation(topic: Topic) -> dict[str, Any]:
    received = _is_received(topic)
    return {
        "action": "receive" if received else "send",
        "channel": {"$ref": f"#/channels/{_channel_id(topic)}"},
        "summary": f"The platform {'reads' if received else 'writes'} {topic.name}",
    }


def _message(topic: Topic, event: type[EventData], references: Mapping[Any, Any]) -> dict[str, Any]:
    shown = next(example for data, example in examples(topic) if type(data) is event)
    details: dict[str, Any] = {
        "name": event.type,
        "contentType": CONTENT_TYPE.decode(),
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.type},
                        "dataschema": {"const": event.dataschema()},
                        "data": references[event],
                    },
                },
            ]
        },
        "examples": [{"name": event.__name__, "payload": shown.body}],
    }
    meaning = meaning_of(event)
    return {"summary": meaning, **details} if meaning else details


def _channel_id(topic: Topic) -> str:
    """Dots and braces are not for ids."""
    return re.sub(r"[^A-Za-z0-9]+", "-", topic.name).strip("-")


def _operation_id(topic: Topic) -> str:
    return ("read-" if _is_received(topic) else "write-") + _channel_id(topic)
