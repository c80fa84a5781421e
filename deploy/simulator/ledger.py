"""What the driver sees of the platform while it runs: the public topics, read as anybody may read them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

CASES = "complaints.cases.v1"
MEASURES = "complaints.measures.v1"
TOPICS = (CASES, MEASURES)
# An expiry is refused until so long after the deadline: nothing may be expected before.
GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Running:
    """A deadline that runs. `due`: the first instant that is too late."""

    subject: str
    id: str
    kind: str
    due: datetime


@dataclass
class Ledger:
    """The present state of each case, and all deadlines that run."""

    states: dict[str, str] = field(default_factory=dict)
    _deadlines: dict[str, tuple[Running, ...]] = field(default_factory=dict)
    _sequences: dict[str, int] = field(default_factory=dict)
    _positions: dict[TopicPartition, int] = field(default_factory=dict)

    def take(self, topic: str, body: Mapping[str, Any]) -> None:
        """One event; repeats and what is older than what is known are passed over."""
        source = f"{topic}|{body['subject']}"
        sequence = int(body["sequence"])
        if sequence <= self._sequences.get(source, 0):
            return
        self._sequences[source] = sequence
        data = body["data"]
        if topic == CASES:
            self.states[body["subject"]] = data["state"]
        self._deadlines[source] = tuple(_running(body["subject"], entry) for entry in data["deadlines"] if entry["due"])

    def by_state(self) -> Counter[str]:
        return Counter(self.states.values())

    def next_due(self) -> datetime | None:
        """When the first of all running deadlines is over."""
        return min((entry.due for entry in self.all()), default=None)

    def overdue(self, now: datetime) -> Sequence[Running]:
        """Deadlines that are over, with their grace, and still run: somebody has yet to act on them."""
        return [entry for entry in self.all() if now > entry.due + GRACE]

    def behind(self, ends: Mapping[TopicPartition, int]) -> int:
        """Records of the ledger's topics that it has not read yet."""
        mine = ((part, end) for part, end in ends.items() if part.topic in TOPICS)
        return sum(max(0, end - self._positions.get(part, 0)) for part, end in mine)

    def all(self) -> list[Running]:
        """Every deadline that runs."""
        return [entry for entries in self._deadlines.values() for entry in entries]

    async def read(self, bootstrap: str) -> None:
        """Follows the topics until cancelled."""
        async with plain_consumer(bootstrap, TOPICS) as (consumer, partitions):
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            while True:
                fetched = await consumer.getmany(timeout_ms=200)
                for partition, records in fetched.items():
                    for record in records:
                        self.take(partition.topic, orjson.loads(record.value))
                    self._positions[partition] = records[-1].offset + 1


async def partitions_of(admin: Any, topics: Sequence[str]) -> list[TopicPartition]:
    """All partitions of the topics, as the broker tells an admin client; a topic that does not exist has none."""
    found: list[TopicPartition] = []
    for described in await admin.describe_topics(list(topics)) if topics else ():
        found += [TopicPartition(described["topic"], part["partition"]) for part in described["partitions"]]
    return sorted(found)


@asynccontextmanager
async def plain_consumer(bootstrap: str, topics: Sequence[str]) -> AsyncIterator[tuple[Any, list[TopicPartition]]]:
    """A consumer of no group, and all partitions of the topics, none assigned yet."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=50, max_poll_records=5000
    )
    try:
        try:
            await admin.start()
            partitions = await partitions_of(admin, topics)
        finally:
            await admin.close()
        await consumer.start()
        await asyncio.sleep(0)  # aiokafka's stop fails where its task has not begun
        # All at once, as an assignment does it: each topic that an offset is asked of first costs a tenth of a second.
        # To assign here, and again later, would let positions be reset behind the reader's back.
        await consumer._client.set_topics(topics)
        yield consumer, partitions
    finally:
        await consumer.stop()


async def read_to_end(
    bootstrap: str, topics: Sequence[str], positions: dict[TopicPartition, int] | None = None
) -> AsyncIterator[tuple[str, Any]]:
    """Topic and record of everything that is on the topics now, each partition from offset 0 in its order.

    positions: partitions in it begin there; when all is read it says how far it came.
    """
    begin = positions or {}
    async with plain_consumer(bootstrap, topics) as (consumer, partitions):
        all_ends = await consumer.end_offsets(partitions)
        ends = {part: end for part, end in all_ends.items() if end > begin.get(part, 0)}
        consumer.assign(list(ends))
        if whole := ends.keys() - begin.keys():
            await consumer.seek_to_beginning(*whole)
        for part in ends.keys() & begin.keys():
            consumer.seek(part, begin[part])
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            for part, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    yield part.topic, record
        if positions is not None:
            positions |= {part: await consumer.position(part) for part in ends}


def _running(subject: str, entry: Mapping[str, Any]) -> Running:
    due = datetime.fromisoformat(entry["due"]).astimezone(UTC)
    return Running(subject, entry["id"], entry["kind"], due)
