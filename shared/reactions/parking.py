"""The parked keys of one partition: kept in the inbox, and known in short to the process that owns the partition."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.envelope import Envelope, Undecodable, decode, header, is_number
from shared.reactions.inbox import Inbox, Parked, ParkReason, Record


@dataclass(frozen=True)
class Waiting:
    """A parked record without its content. `source` is empty where it cannot be read, `id` where nothing tells it."""

    offset: int
    source: str
    sequence: int
    reason: ParkReason
    id: str = ""


def source_of(record: Record, envelope: Envelope | None = None) -> tuple[str, int]:
    """`topic|subject` and sequence, from the headers where they are there. Raises Undecodable."""
    subject, sequence = header(record.headers, "ce_subject"), header(record.headers, "ce_sequence")
    if subject and sequence and is_number(sequence):
        return f"{record.topic}|{subject}", int(sequence)
    envelope = envelope or decode(record.value)
    return f"{record.topic}|{envelope.subject}", envelope.sequence


class Parking:
    """Queues of parked records by key, in the order in which they will go on.

    That order is the log's; but where a source counts its records, those of one source go by their count, so that a
    predecessor that came late, and was parked itself, is before those that wait for it.
    """

    def __init__(self, inbox: Inbox, group: str, topic: str, partition: int, *, sequenced: bool) -> None:
        self._inbox = inbox
        self._where = (group, topic, partition)
        self._group = group
        self._sequenced = sequenced
        self._queues: dict[str, list[Waiting]] = {}
        self._offsets: set[int] = set()
        self._ids: set[tuple[str, str]] = set()  # key and id
        self._try_again: set[str] = set()

    @property
    def keys(self) -> int:
        return len(self._queues)

    def head(self, lane: str) -> Waiting | None:
        """What the key waits for or with; None where it is not parked."""
        queue = self._queues.get(lane)
        return queue[0] if queue else None

    def holds(self, record: Record) -> bool:
        """Whether this very record is parked: the broker gave it again."""
        return record.offset in self._offsets

    def waits_already(self, record: Record) -> bool:
        """Whether its event waits on this key, in a record of another place: where the source does not count, it may
        send the same one again and again for as long as nobody answers."""
        return not self._sequenced and (record.lane, _id_of(record)) in self._ids

    def comes_before(self, record: Record, lane: str) -> bool:
        """Whether it stands before all that is parked of its key: the broker gave again what was done with."""
        head = self.head(lane)
        return head is None or (
            record.offset < head.offset and record.offset < min(waiting.offset for waiting in self._queues[lane])
        )

    async def open(self) -> None:
        """Reads what is parked. What waited for a later build of ours is tried once with this one."""
        self._queues = {}
        for parked in await self._inbox.parked(*self._where):
            self._queues.setdefault(parked.record.lane, []).append(_waiting(parked))
        self._offsets = {waiting.offset for queue in self._queues.values() for waiting in queue}
        self._ids = {(lane, waiting.id) for lane, queue in self._queues.items() for waiting in queue if waiting.id}
        self._queues = {lane: self._ordered(queue) for lane, queue in self._queues.items()}
        self._try_again = {lane for lane, queue in self._queues.items() if queue[0].reason == "newer-version"}

    async def add(self, lane: str, parked: Parked) -> None:
        await self._inbox.park(self._group, [parked])
        waiting = _waiting(parked)
        self._offsets.add(waiting.offset)
        if waiting.id:
            self._ids.add((lane, waiting.id))
        queue = self._queues.setdefault(lane, [])
        last = queue[-1] if queue else waiting
        queue.append(waiting)
        if waiting.source != last.source or waiting.sequence < last.sequence:
            self._queues[lane] = self._ordered(queue)

    async def again(self, lane: str, parked: Parked) -> None:
        """It goes on waiting, for a reason of its own; an operator's verdict is spent."""
        await self._inbox.park_again(self._group, parked)
        self._try_again.discard(lane)
        self._queues[lane] = [
            _waiting(parked) if waiting.offset == parked.record.offset else waiting for waiting in self._queues[lane]
        ]

    async def release(self, lane: str, records: Sequence[Record]) -> None:
        await self._inbox.release(self._group, records)
        self._forget(lane, {record.offset for record in records})

    def _forget(self, lane: str, gone: set[int]) -> None:
        if not gone:
            return
        self._offsets -= gone
        self._try_again.discard(lane)
        queue = self._queues.get(lane, ())
        self._ids -= {(lane, waiting.id) for waiting in queue if waiting.offset in gone}
        left = [waiting for waiting in queue if waiting.offset not in gone]
        if left:
            self._queues[lane] = left
        else:
            self._queues.pop(lane, None)

    async def queue(self, lane: str) -> list[Parked]:
        """The records of a key, in the order in which they go on."""
        by_offset = {parked.record.offset: parked for parked in await self._inbox.lane(*self._where, lane)}
        # What the inbox let go though it did not say so is gone here too.
        self._forget(lane, {waiting.offset for waiting in self._queues.get(lane, ())} - by_offset.keys())
        return [by_offset[waiting.offset] for waiting in self._queues.get(lane, ())]

    async def ready(self) -> list[str]:
        """Keys that can go on: an operator decided about their first record, what they waited for has come, or going
        on was cut short before."""
        if not self._queues:
            return []
        decided = {parked.record.offset for parked in await self._inbox.decided(*self._where)}
        gaps = {queue[0].source for queue in self._queues.values() if queue[0].reason == "gap"}
        positions = await self._inbox.positions(self._group, sorted(gaps)) if gaps else {}
        return [
            lane
            for lane, queue in self._queues.items()
            if queue[0].offset in decided
            or queue[0].reason == "behind"
            or (queue[0].reason == "gap" and queue[0].sequence <= positions.get(queue[0].source, 0) + 1)
            or lane in self._try_again
        ]

    def _ordered(self, queue: Sequence[Waiting]) -> list[Waiting]:
        """By the place in the log; one that came late has the place of the first of its source that waits for it."""
        if not self._sequenced:
            return sorted(queue, key=lambda waiting: waiting.offset)
        places: dict[int, int] = {}
        first: dict[str, int] = {}
        for waiting in sorted(queue, key=lambda waiting: (-waiting.sequence, waiting.offset)):
            place = min(waiting.offset, first.get(waiting.source, waiting.offset))
            places[waiting.offset] = first[waiting.source] = place
        return sorted(queue, key=lambda waiting: (places[waiting.offset], waiting.sequence, waiting.offset))


def _waiting(parked: Parked) -> Waiting:
    try:
        source, sequence = source_of(parked.record)
    except Undecodable:
        source, sequence = "", 0
    return Waiting(parked.record.offset, source, sequence, parked.reason, _id_of(parked.record))


def _id_of(record: Record) -> str:
    """From the header where it is there; empty where it cannot be read."""
    try:
        return header(record.headers, "ce_id") or decode(record.value).id
    except Undecodable:
        return ""
