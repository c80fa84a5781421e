"""An `Inbox` in memory: the twin of the one on the wire, under the same contract suite."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from shared.reactions.inbox import Parked, Record


class MemoryInbox:
    """`decide` is what an operator's tools do."""

    def __init__(self) -> None:
        self._positions: dict[tuple[str, str], int] = {}
        self._parked: dict[tuple[str, str, int, int], Parked] = {}

    async def prepare(self) -> None:
        """Nothing to create."""

    async def positions(self, group: str, sources: Sequence[str]) -> Mapping[str, int]:
        return {source: self._positions[group, source] for source in sources if (group, source) in self._positions}

    async def advance(self, group: str, positions: Mapping[str, int]) -> None:
        for source, last in positions.items():
            self._positions[group, source] = max(last, self._positions.get((group, source), 0))

    async def parked(self, group: str, topic: str, partition: int) -> Sequence[Parked]:
        where = (group, topic, partition)
        return [self._parked[key] for key in sorted(self._parked) if key[:3] == where]

    async def lane(self, group: str, topic: str, partition: int, lane: str) -> Sequence[Parked]:
        return [parked for parked in await self.parked(group, topic, partition) if parked.record.lane == lane]

    async def decided(self, group: str, topic: str, partition: int) -> Sequence[Parked]:
        return [parked for parked in await self.parked(group, topic, partition) if parked.verdict]

    async def park(self, group: str, records: Sequence[Parked]) -> None:
        for parked in records:
            self._parked.setdefault(_key(group, parked.record), parked)

    async def park_again(self, group: str, parked: Parked) -> None:
        if _key(group, parked.record) in self._parked:
            self._parked[_key(group, parked.record)] = parked

    async def release(self, group: str, records: Sequence[Record]) -> None:
        for record in records:
            self._parked.pop(_key(group, record), None)

    async def decide(self, parked_id: str, verdict: Literal["", "retry", "discard"]) -> bool:
        group, topic, partition, offset = parked_id.split("|")
        key = (group, topic, int(partition), int(offset))
        if key not in self._parked:
            return False
        self._parked[key] = replace(self._parked[key], verdict=verdict)
        return True


def _key(group: str, record: Record) -> tuple[str, str, int, int]:
    return group, record.topic, record.partition, record.offset
