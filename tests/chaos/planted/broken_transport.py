"""Consumers and relays that are wrong in one thing each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.contracts.envelope import Undecodable, decode
from shared.eventstore.documents import OutboxRecord
from shared.eventstore.relay import Relay
from shared.kernel.failures import Transient
from shared.reactions.inbox import Record
from shared.reactions.lanes import Lanes
from tests.support.memory_broker import MemoryConsumer


class AcksBeforeWriting(MemoryConsumer):
    """Commits what it fetched, then does it."""

    async def _pump(self, topic: str, partition: int) -> int:
        log = [record for record in self.broker.topics.get(topic, ()) if record.partition == partition]
        place = (topic, partition)
        new = log[self.committed.get(place, 0) :]
        if new:
            self.committed[place] = new[-1].offset + 1
            await self._lanes_of(topic, partition).process(new)
        return len(new)

    def _lanes_of(self, topic: str, partition: int) -> Lanes:
        return self.lanes(self.subscription, topic, partition, self.inbox, self._dead_letter)


class _NoPositions(Lanes):
    def _repeat(self, source: str, sequence: int, *, over_gap: bool) -> bool:
        return False


@dataclass
class TakesRepeats(MemoryConsumer):
    """Never looks how far it has come with a subject."""

    lanes: type[Lanes] = _NoPositions


class StandsStillAtPoison(MemoryConsumer):
    """Waits for a record that it cannot read to become readable, and all behind it wait too."""

    async def _pump(self, topic: str, partition: int) -> int:
        log = [record for record in self.broker.topics.get(topic, ()) if record.partition == partition]
        for record in log[self.committed.get((topic, partition), 0) :]:
            if _unreadable(record):
                return 0
        return await super()._pump(topic, partition)


def _unreadable(record: Record) -> bool:
    try:
        decode(record.value)
    except Undecodable:
        return True
    return False


class SkipsARecord(Relay):
    """Loses the third record that it has in hand."""

    seen = 0

    async def _send_in_order(self, records: Sequence[OutboxRecord], sent: list[str]) -> Exception | None:
        left = []
        for record in records:
            self.seen += 1
            if self.seen == 3:
                sent.append(record.id)
            else:
                left.append(record)
        return await super()._send_in_order(left, sent)


class PullsBeforeAcknowledged(Relay):
    """Takes records out of the outbox, then sends them."""

    async def send(
        self, ids: Sequence[str], at_hand: Mapping[str, Sequence[OutboxRecord]] = MappingProxyType({})
    ) -> Mapping[str, Exception]:
        outboxes = await self._store.outboxes(ids)
        await self._store.sent({i: [record.id for record in records] for i, records in outboxes.items()})
        for records in outboxes.values():
            await self._send_in_order(records, [])
        return {}


class GoesOnAfterAFailure(Relay):
    """Sends the next record though the one before was not acknowledged."""

    async def _send_in_order(self, records: Sequence[OutboxRecord], sent: list[str]) -> Exception | None:
        failure: Exception | None = None
        for record in records:
            try:
                await self._publisher.publish(record)
                sent.append(record.id)
            except Transient as problem:
                failure = problem
        return failure


@dataclass
class Outage:
    """A broker that does not take the next records of a topic. `times`: how many it refuses."""

    topic: str
    times: int = 1
    refused: list[str] = field(default_factory=list)

    def __call__(self, record: OutboxRecord) -> bool:
        if record.topic.startswith(self.topic) and len(self.refused) < self.times:
            self.refused.append(record.id)
            return True
        return False
