"""Whether the world stands still: only then may business time move on, so that nothing races by accident."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeGroupsRequest_v2
from aiokafka.protocol.api import Request

from deploy.simulator.ledger import partitions_of

_POLL = 0.05
_LONGEST_POLL = 0.4
_CHANGELOG = "-changelog"
_BUSY_LONGEST = ("notifications", "complaints", "scoring", "ipr", "identity")

Check = Callable[[], Awaitable[str]]
"""An empty text when quiet, else what is still going on."""


class NeverQuiet(Exception):
    """The world did not come to rest in time; the message says what was still going on."""


@dataclass(frozen=True)
class Lag:
    group: str
    topic: str
    records: int


@dataclass(frozen=True)
class Gap:
    """A group behind on one partition: the first record that it has not handled, and the end."""

    group: str
    partition: TopicPartition
    position: int
    end: int

    @property
    def records(self) -> int:
        return self.end - self.position


class _DescribeGroups(Request[DescribeGroupsRequest_v2]):  # type: ignore[misc]  # aiokafka publishes no types
    """As aiokafka's own request, but not in its newest version, whose answer aiokafka 0.14 cannot read."""

    API_KEY = DescribeGroupsRequest_v2.API_KEY

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups = list(groups)

    def build(self, request: type[DescribeGroupsRequest_v2]) -> Any:
        return request(self._groups)


async def describe_groups(client: Any, node: int, groups: Sequence[str]) -> Sequence[Any]:
    """Error code, name, state, protocol type, protocol and members of each, from the node that coordinates them."""
    found: Sequence[Any] = (await client.send(node, _DescribeGroups(groups))).groups
    return found


class Broker:
    """End offsets and the groups' commits, asked of the broker itself. declared: which topics a group reads, for groups
    of which that is known without asking a member."""

    def __init__(self, bootstrap: str, declared: Mapping[str, Iterable[str]] = MappingProxyType({})) -> None:
        self._admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._client: Any = AIOKafkaClient(bootstrap_servers=bootstrap)
        self._consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        self._partitions: dict[str, list[TopicPartition]] = {}
        self._subscribed: dict[str, frozenset[str]] = {}
        self._declared = {group: frozenset(topics) for group, topics in declared.items()}

    async def start(self) -> None:
        """Raises KafkaError where the broker does not answer; nothing is left open then."""
        try:
            await self._admin.start()
            await self._client.bootstrap()
            await self._consumer.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        await self._consumer.stop()
        await self._client.close()
        await self._admin.close()

    async def ends(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        """The next offset of each partition."""
        missing = [topic for topic in topics if topic not in self._partitions]
        for partition in await partitions_of(self._admin, missing):
            self._partitions.setdefault(partition.topic, []).append(partition)
        wanted = [partition for topic in topics for partition in self._partitions.get(topic, ())]
        return dict(await self._consumer.end_offsets(wanted)) if wanted else {}

    async def look_at_subscriptions(self, groups: Sequence[str]) -> list[str]:
        """Which topics each group reads, as its members said. A group without members keeps what was known of it; those
        are returned."""
        alone: set[str] = set()
        by_coordinator: dict[int, list[str]] = {}
        for group in groups:
            by_coordinator.setdefault(await self._admin.find_coordinator(group), []).append(group)
        for node, some in by_coordinator.items():
            for code, name, _, _, _, members in await describe_groups(self._client, node, some):
                if code:
                    raise for_code(code)(name)
                if not members:
                    alone.add(name)
                if topics := _topics_of(members):
                    self._subscribed[name] = topics
        return [group for group in groups if group in alone]

    async def lags(self, groups: Sequence[str], ends: Mapping[TopicPartition, int] | None = None) -> list[Lag]:
        """Where a group is behind what it subscribed to."""
        behind: dict[tuple[str, str], int] = {}
        for gap in await self.gaps(groups, ends):
            behind[gap.group, gap.partition.topic] = behind.get((gap.group, gap.partition.topic), 0) + gap.records
        return [Lag(group, topic, records) for (group, topic), records in behind.items()]

    async def gaps(self, groups: Sequence[str], ends: Mapping[TopicPartition, int] | None = None) -> list[Gap]:
        """The same by partition, in the order of the groups and of the topics' names."""
        await self.look_at_subscriptions([group for group in groups if group not in self._subscribed])
        commits = dict(zip(groups, await asyncio.gather(*map(self.commits, groups)), strict=True))
        read = {group: self._read_by(group, commits[group]) for group in groups}
        known = ends if ends is not None else await self.ends(sorted(frozenset().union(*read.values())))
        found: list[Gap] = []
        for group in groups:
            for partition, end in sorted(known.items()):
                position = max(0, commits[group].get(partition, 0))
                if partition.topic in read[group] and position < end:
                    found.append(Gap(group, partition, position, end))
        return found

    def _read_by(self, group: str, commits: Iterable[TopicPartition]) -> frozenset[str]:
        """Of a group that nobody has seen with a member: what it ever committed, and what is declared."""
        if group in self._subscribed:
            return self._subscribed[group]
        return _inputs(partition.topic for partition in commits) | self._declared.get(group, frozenset())

    async def silent(self, groups: Sequence[str]) -> list[str]:
        """Groups that never had a member."""
        await self.look_at_subscriptions([group for group in groups if group not in self._subscribed])
        return [group for group in groups if group not in self._subscribed]

    async def commits(self, group: str) -> dict[TopicPartition, int]:
        """How far a group has come: the next offset of each partition that it committed."""
        found = await self._admin.list_consumer_group_offsets(group)
        return {partition: commit.offset for partition, commit in found.items()}


def _topics_of(members: Sequence[Any]) -> frozenset[str]:
    """What the members of a group subscribed to."""
    topics: set[str] = set()
    for *_, metadata, _assignment in members:
        if metadata:
            topics |= set(ConsumerProtocolMemberMetadata.decode(metadata).subscription)
    return _inputs(topics)


def _inputs(topics: Iterable[str]) -> frozenset[str]:
    """Tables' changelogs are read without committing, so they are no lag."""
    return frozenset(topic for topic in topics if not topic.endswith(_CHANGELOG))


async def backlogs(session: aiohttp.ClientSession, addresses: Mapping[str, str]) -> str:
    """What a process still has in hand; empty when none has anything. One after the other, those that are busy longest
    first: to be asked costs a service time too. One that does not answer is not quiet. Names: a service's, or with
    more behind a dot."""
    for name in sorted(addresses, key=lambda name: _BUSY_LONGEST.index(name.partition(".")[0])):
        if said := await _backlog(session, name, addresses[name]):
            return said
    return ""


async def _backlog(session: aiohttp.ClientSession, name: str, url: str) -> str:
    try:
        async with session.get(f"{url}/backlog", timeout=aiohttp.ClientTimeout(total=10)) as response:
            if response.status != 200:
                return f"{name}: status {response.status}"
            counts = await response.json()
    except (aiohttp.ClientError, TimeoutError) as problem:
        return f"{name}: {type(problem).__name__}"
    busy = [f"{what} {count}" for what, count in counts.items() if count and not what.startswith("parked")]
    return f"{name}: {', '.join(busy)}" if busy else ""


@dataclass
class Quiet:
    """Waits until all is done: cheap questions first, the broker last, and twice in a row with equal end offsets.

    topics: all whose growth counts; groups: all whose lag counts; checks: further conditions, asked in this order.
    """

    broker: Broker
    topics: Sequence[str]
    groups: Sequence[str]
    checks: Sequence[Check]
    read_up_to: Callable[[Mapping[TopicPartition, int]], str]

    async def wait(self, within: float = 120.0) -> None:
        """Raises NeverQuiet where nothing moves for so many seconds: a slow machine is given the time that it needs."""
        deadline = time.monotonic() + within
        before: Mapping[TopicPartition, int] | None = None
        said, pause = "", _POLL
        while time.monotonic() < deadline:
            going_on, ends = await self._look()
            if not going_on and ends == before:
                return
            if going_on != said:
                said, deadline = going_on, time.monotonic() + within
            before = ends if not going_on else None
            # Twice in a row is quiet: then the second look comes soon.
            pause = min(pause * 1.3, _LONGEST_POLL) if going_on else _POLL
            await asyncio.sleep(pause)
        raise NeverQuiet(f"nothing moved for {within:.0f} s: {said or 'topics still grow'}")

    async def _look(self) -> tuple[str, Mapping[TopicPartition, int]]:
        for check in self.checks:
            if said := await check():
                return said, {}
        try:
            ends = await self.broker.ends(self.topics)
            lags = await self.broker.lags(self.groups, ends)
            silent = [] if lags else await self.broker.silent(self.groups)
        except KafkaError as problem:
            return f"broker: {type(problem).__name__}", {}
        if lags:
            return "behind: " + ", ".join(f"{lag.group} {lag.topic} {lag.records}" for lag in lags[:5]), {}
        if silent:
            return f"no member yet: {', '.join(silent)}", {}
        return self.read_up_to(ends), ends
