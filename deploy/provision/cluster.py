"""Compares a broker's topics with the declared ones, and creates what is missing."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from deploy.provision.declaration import DeclaredTopic

_LED_WITHIN = 60.0
_CREATED_AT_ONCE = 25  # a small broker makes some hundred files for these
_BROKERS_DEFAULT = -1  # replicas: a cluster's own default.replication.factor, one on a single node
_SET_ON_TOPIC = 1  # DescribeConfigs: the value is set on the topic itself, not taken from the broker


class ProvisionFailed(Exception):
    """The broker refused a topic, or did not lead it in time."""


@dataclass(frozen=True)
class Report:
    """What was found and done. `drift`: one sentence for each difference that is left."""

    created: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        return bool(self.drift)


@dataclass(frozen=True)
class _Found:
    partitions: int
    led: bool
    settings: Mapping[str, str]
    set_here: frozenset[str]


async def apply(bootstrap: str, topics: Collection[DeclaredTopic]) -> Report:
    """Create the missing topics and wait until a broker leads each partition of all; returns what still differs.
    Any number may do so at once."""
    async with _admin(bootstrap) as admin:
        found = await _look(admin, topics)
        missing = [topic for topic in topics if topic.name not in found]
        for start in range(0, len(missing), _CREATED_AT_ONCE):
            await _create(admin, missing[start : start + _CREATED_AT_ONCE])
        found = await _wait_until_led(admin, topics)
        return Report(tuple(topic.name for topic in missing), _differences(topics, found))


async def drift(bootstrap: str, topics: Collection[DeclaredTopic]) -> Report:
    """What differs; changes nothing."""
    async with _admin(bootstrap) as admin:
        return Report((), _differences(topics, await _look(admin, topics)))


def _differences(topics: Collection[DeclaredTopic], found: Mapping[str, _Found]) -> tuple[str, ...]:
    said: list[str] = []
    for topic in topics:
        actual = found.get(topic.name)
        if actual is None:
            said.append(f"{topic.name}: missing")
            continue
        if actual.partitions != topic.partitions:
            said.append(f"{topic.name}: {actual.partitions} partitions, declared {topic.partitions}")
        for name, value in topic.settings.items():
            if not _same(actual.settings.get(name, ""), value):
                said.append(f"{topic.name}: {name} is {actual.settings.get(name)}, declared {value}")
        for name in sorted(actual.set_here - set(topic.settings)):
            said.append(f"{topic.name}: {name} is set to {actual.settings[name]}, but not declared")
    return tuple(said)


def _same(actual: str, declared: str) -> bool:
    """Brokers spell numbers their own way (0.10 is 0.1)."""
    try:
        return float(actual) == float(declared)
    except ValueError:
        return actual == declared


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _look(admin: AIOKafkaAdminClient, topics: Collection[DeclaredTopic]) -> dict[str, _Found]:
    """Those of the topics that exist."""
    names = {topic.name for topic in topics}
    # All topics are asked for: to ask by name would ask a lenient broker to create them.
    described = {item["topic"]: item for item in await admin.describe_topics() if item["topic"] in names}
    configs = await _configs(admin, list(described))
    found = {}
    for name, item in described.items():
        led = all(part["leader"] >= 0 and part["error_code"] == 0 for part in item["partitions"])
        entries = configs.get(name, [])
        settings = {entry[0]: entry[1] or "" for entry in entries}
        set_here = frozenset(entry[0] for entry in entries if entry[3] == _SET_ON_TOPIC)
        found[name] = _Found(len(item["partitions"]), led, settings, set_here)
    return found


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, list[Any]]:
    """Entries (name, value, read only, source, …) of each topic; one that vanished meanwhile is left out."""
    if not names:
        return {}
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    entries = {}
    for response in await admin.describe_configs(wanted):
        for code, message, _kind, name, items in response.resources:
            if code == UnknownTopicOrPartitionError.errno:
                continue
            if code:
                raise ProvisionFailed(f"{name} could not be described: {for_code(code).__name__} {message}")
            entries[name] = items
    return entries


async def _create(admin: AIOKafkaAdminClient, topics: Collection[DeclaredTopic]) -> None:
    wanted = [
        NewTopic(
            topic.name, topic.partitions, _BROKERS_DEFAULT, replica_assignments={}, topic_configs=dict(topic.settings)
        )
        for topic in topics
    ]
    response = await admin.create_topics(wanted)
    for name, code, message in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise ProvisionFailed(f"{name} was refused: {for_code(code).__name__} {message or ''}")


async def _wait_until_led(admin: AIOKafkaAdminClient, topics: Collection[DeclaredTopic]) -> dict[str, _Found]:
    """A topic that was created a moment ago has no leader yet, and a send to it would fail."""
    deadline = time.monotonic() + _LED_WITHIN
    while True:
        found = await _look(admin, topics)
        waiting = [topic.name for topic in topics if topic.name not in found or not found[topic.name].led]
        if not waiting:
            return found
        if time.monotonic() > deadline:
            raise ProvisionFailed(f"no leader within {_LED_WITHIN:.0f} s: {', '.join(waiting)}")
        await asyncio.sleep(0.1)
