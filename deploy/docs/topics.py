"""`docs/reference/topics.md`: every topic, from the contracts and from the declaration that is provisioned."""

import inspect
from collections.abc import Iterator, Mapping

import orjson

from deploy.docs.examples import PLATFORM, Example, examples
from deploy.provision import DeclaredTopic, declared
from shared.contracts.catalogue import TOPICS
from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic

_HEAD = """# Topics

Made from `shared/contracts` and `deploy/topics.yaml` by `python -m deploy.docs --write`. Do not edit it.

Every record is a CloudEvent 1.0 in JSON. What a consumer wants first stands in the headers too: `ce_id`, `ce_type`,
`ce_subject`, `ce_sequence`. No record carries personal data: identifiers only.
[How to read them](../tap-topics.md), [as AsyncAPI](asyncapi.yaml).
"""


class Undeclared(Exception):
    """A topic has a contract and is not provisioned."""


def page() -> str:
    """Raises Undeclared."""
    known = {topic.name: topic for topic in declared()}
    parts = [_HEAD, _overview(known), *(_section(topic, _declared(topic, known)) for topic in TOPICS), _others(known)]
    return "\n".join(parts)


def _declared(topic: Topic, known: Mapping[str, DeclaredTopic]) -> DeclaredTopic:
    try:
        return known[topic.of(PLATFORM)]
    except KeyError as missing:
        raise Undeclared(f"{topic.name} is not in deploy/topics.yaml") from missing


def _overview(known: Mapping[str, DeclaredTopic]) -> str:
    rows = ["| topic | key | written by | kept | partitions |", "|---|---|---|---|---|"]
    for topic in TOPICS:
        partitions = _declared(topic, known).partitions
        link = f"[`{_shown(topic)}`](#{_anchor(topic)})"
        rows.append(f"| {link} | {topic.key} | {', '.join(topic.producers)} | {topic.retention} | {partitions} |")
    return "\n".join(rows) + "\n"


def _section(topic: Topic, on_broker: DeclaredTopic) -> str:
    facts = {
        "Key": topic.key,
        "Order": "by key: records of one key lie on one partition, in the order in which they were committed",
        "Sequence": topic.sequence,
        "Written by": ", ".join(topic.producers),
        "Read by": ", ".join(topic.consumers),
        "Kept": f"{topic.retention} (`cleanup.policy={on_broker.settings['cleanup.policy']}`)",
        "Partitions": str(on_broker.partitions),
        "May change": topic.compatibility,
    }
    lines = [f"## `{_shown(topic)}`", "", *(f"- **{name}:** {value}" for name, value in facts.items()), ""]
    kind = _kind(topic)
    if kind is not None and (meaning := meaning_of(kind)):
        lines += ["Every event:", meaning, ""]
    for data, example in examples(topic):
        lines += _event(data, example, kind)
    return "\n".join(lines)


def _kind(topic: Topic) -> type[EventData] | None:
    """What all events of a topic are, where there are several."""
    first = topic.events[0].__mro__[1]
    shared = all(issubclass(event, first) for event in topic.events) and issubclass(first, EventData)
    return first if shared and first is not EventData else None


def _event(data: EventData, example: Example, kind: type[EventData] | None) -> Iterator[str]:
    """What the event means beyond its kind, and one record."""
    yield f"### `{data.type}`"
    yield ""
    meaning = meaning_of(type(data), beyond=kind)
    if meaning:
        yield from (meaning, "")
    body = example.body
    shown = {name: body[name] for name in ("id", "source", "subject", "time", "sequence", "data")}
    yield "```json"
    yield orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode()
    yield "```"
    yield ""


def meaning_of(event: type[EventData], beyond: type[EventData] | None = None) -> str:
    """The event's own words and those of its kinds, as one text; without the words of `beyond` and its kinds."""
    told = (EventData, *(beyond.__mro__ if beyond else ()))
    kinds = [kind for kind in event.__mro__ if issubclass(kind, EventData) and kind not in told]
    return " ".join(" ".join(inspect.cleandoc(kind.__doc__).split()) for kind in kinds if kind.__doc__)


def _others(known: Mapping[str, DeclaredTopic]) -> str:
    """What is provisioned and has no contract here."""
    with_contract = {topic.of(platform) for topic in TOPICS for platform in _platforms(known)}
    rest = [topic for name, topic in sorted(known.items()) if name not in with_contract]
    letters = [topic.name for topic in rest if topic.name.endswith(".dlq.v1")]
    tables = [topic.name for topic in rest if topic.name.endswith("-changelog")]
    empty = [topic.name for topic in rest if topic.name not in (*letters, *tables)]
    return "\n".join(
        [
            "## Topics without events of their own",
            "",
            "**Dead letters**: records that could not be decoded, as they came, with `dlq_topic`, `dlq_partition`,",
            "`dlq_offset` and `dlq_error` as headers; see [at night](../operate-at-night.md).",
            "",
            *(f"- `{name}`" for name in letters),
            "",
            "**Tables of stream processors**: internal, read whole at a start, no contract.",
            "",
            *(f"- `{name}`" for name in tables),
            "",
            "**Provisioned, nothing writes them yet**:",
            "",
            *(f"- `{name}`" for name in empty),
            "",
        ]
    )


def _platforms(known: Mapping[str, DeclaredTopic]) -> list[str]:
    return [name.split(".")[1] for name in known if name.startswith("takedowns.")]


def _shown(topic: Topic) -> str:
    return topic.name.replace("{platform}", "<platform>")


def _anchor(topic: Topic) -> str:
    """As GitHub makes anchors of headings: letters, digits, hyphens."""
    return "".join(letter for letter in _shown(topic) if letter.isalnum() or letter in "-_")
