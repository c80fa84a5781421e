"""A processor on the broker in memory: each partition in order, its table, what it sends; and its rebuild."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from shared.contracts.envelope import decode
from shared.streams.processor import Processor, Send
from shared.streams.records import RecordReader, Rejected
from tests.chaos.checker import Comparison
from tests.support.memory_broker import MemoryBroker


@dataclass
class MemoryStream:
    """`table` and `committed` survive a crash; what the processor holds in memory does not.

    `lagging`: a crash finds so many of the last records of each partition uncommitted, and they come again.
    """

    build: Callable[[], Processor]
    broker: MemoryBroker
    lagging: int = 2
    table: dict[int, dict[str, bytes]] = field(default_factory=dict)
    committed: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.processor = self.build()

    @property
    def name(self) -> str:
        return self.processor.shape.name

    @property
    def group(self) -> str:
        return self.processor.shape.app_id

    def pump(self) -> int:
        """How much was done: records read and expiries sent."""
        done = 0
        for topic in self.processor.shape.inputs:
            for partition in range(self.broker.partitions):
                done += self._pump(topic, partition)
        sends = list(self.processor.tick())
        self._send(sends)
        return done + len(sends)

    def _pump(self, topic: str, partition: int) -> int:
        log = [record for record in self.broker.topics.get(topic, ()) if record.partition == partition]
        new = log[self.committed.get((topic, partition), 0) :]
        reader = RecordReader(self.processor)
        for message in new:
            record = reader.read(cast("Any", message))
            if record is not None and not isinstance(record, Rejected):
                effects = self.processor.process(record)
                table = self.table.setdefault(partition, {})
                table.update({put.key: put.value for put in effects.writes})
                self._send(effects.sends)
            self.committed[topic, partition] = message.offset + 1
        return len(new)

    def _send(self, sends: Iterable[Send]) -> None:
        for send in sends:
            self.broker.append(send.topic, send.key.encode(), send.value, send.headers)

    def crash(self) -> None:
        """The next worker reads the table back and goes on from what was committed."""
        self.processor = self.build()
        for partition, table in self.table.items():
            for key, value in table.items():
                self.processor.restore(partition, key, value)
        for place, offset in self.committed.items():
            self.committed[place] = max(0, offset - self.lagging)


def rebuilt(live: MemoryStream, shadow: Callable[[], Processor], suffix: str) -> Comparison:
    """The processor from offset 0 into an empty table and shadow topics (of the suffix), beside the live one: tables,
    and of each output the latest of each key. What the rebuild sent anywhere else is told."""
    broker = live.broker
    counts = {topic: len(log) for topic, log in broker.topics.items()}
    stream = MemoryStream(shadow, broker)
    while stream.pump():
        pass
    outputs = live.processor.shape.outputs
    mine = {topic + suffix for topic in outputs}
    elsewhere = [
        f"{len(log) - counts.get(topic, 0)} records on {topic}"
        for topic, log in broker.topics.items()
        if len(log) != counts.get(topic, 0) and topic not in mine
    ]
    pairs = [(_rows(live.table), _rows(stream.table))]
    pairs += [(_latest(broker, topic), _latest(broker, topic + suffix)) for topic in outputs]
    differing = [
        f"{key}: {left.get(key)!r} and {right.get(key)!r}"
        for left, right in pairs
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key)
    ]
    for topic in mine:
        broker.topics.pop(topic, None)
    return Comparison(live.name, sum(len(right) for _, right in pairs), tuple(differing), tuple(elsewhere))


def _rows(table: dict[int, dict[str, bytes]]) -> dict[str, object]:
    return {key: value for rows in table.values() for key, value in rows.items()}


def _latest(broker: MemoryBroker, topic: str) -> dict[str, object]:
    """Per key what the record with the highest sequence says."""
    found: dict[str, tuple[int, object]] = {}
    for record in broker.topics.get(topic, ()):
        told = decode(record.value)
        key = f"{record.lane}|{told.subject}"
        if key not in found or told.sequence >= found[key][0]:
            found[key] = (told.sequence, told.data)
    return {key: data for key, (_, data) in found.items()}
