"""A broker in memory: what relays publish to, and what reactions are fed from, partition by partition."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.eventstore.documents import OutboxRecord
from shared.kafka.producer import BrokerUnavailable
from shared.reactions.inbox import Inbox, Record
from shared.reactions.lanes import Lanes
from shared.reactions.subscription import Subscription


@dataclass
class MemoryBroker:
    """`refuses`: which records are not acknowledged (yet). `topics`: what is on each topic, in the order it came."""

    partitions: int = 3
    refuses: Callable[[OutboxRecord], bool] = lambda _: False
    topics: dict[str, list[Record]] = field(default_factory=dict)

    async def publish(self, record: OutboxRecord) -> None:
        if self.refuses(record):
            raise BrokerUnavailable(record.topic)
        self.append(record.topic, record.key.encode(), record.value, record.headers)

    def append(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]] = ()
    ) -> Record:
        partition = zlib.crc32(key or b"") % self.partitions
        log = self.topics.setdefault(topic, [])
        offset = sum(1 for record in log if record.partition == partition)
        record = Record(topic, partition, offset, key, tuple(headers), value)
        log.append(record)
        return record


@dataclass
class MemoryConsumer:
    """One group on a `MemoryBroker`. `pump` processes all that is new; a consumer that begins anew (a restart) goes on
    where `committed` says."""

    subscription: Subscription
    broker: MemoryBroker
    inbox: Inbox
    committed: dict[tuple[str, int], int] = field(default_factory=dict)
    dead: list[tuple[Record, str]] = field(default_factory=list)
    lanes: type[Lanes] = Lanes
    _lanes: dict[tuple[str, int], Lanes] = field(default_factory=dict)

    async def pump(self) -> int:
        """How many records were processed. Parked keys that can go on do so first."""
        processed = 0
        for source in self.subscription.sources:
            for partition in range(self.broker.partitions):
                processed += await self._pump(source.name, partition)
        return processed

    async def _pump(self, topic: str, partition: int) -> int:
        lanes = self._lanes.get((topic, partition))
        if lanes is None:
            lanes = self._lanes[topic, partition] = self.lanes(
                self.subscription, topic, partition, self.inbox, self._dead_letter, first_delay_seconds=0.001
            )
            await lanes.open()
        await lanes.resume_parked()
        log = [record for record in self.broker.topics.get(topic, ()) if record.partition == partition]
        new = log[self.committed.get((topic, partition), 0) :]
        if new:
            await lanes.process(new)
            self.committed[topic, partition] = new[-1].offset + 1
        return len(new)

    async def _dead_letter(self, record: Record, error: str) -> None:
        self.dead.append((record, error))
