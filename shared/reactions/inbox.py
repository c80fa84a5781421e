"""How far a group has come with each source subject, and which keys are parked. One contract suite for each side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.contracts.envelope import CameHeaders

ParkReason = Literal["gap", "newer-version", "failed", "behind"]


@dataclass(frozen=True)
class Record:
    """A record as it came from the broker."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: CameHeaders
    value: bytes | None

    @property
    def lane(self) -> str:
        """What is kept in order: the key's text; records without a key keep their partition's order."""
        return self.key.decode(errors="replace") if self.key is not None else ""


@dataclass(frozen=True)
class Parked:
    """A record that waits, with all that follow it on its key.

    reason: `gap`: a predecessor has not come yet, and it goes on by itself when that comes; `newer-version`: tried
    again by the next build that owns the partition; `failed`: waits for an operator; `behind`: only follows another.
    verdict: what an operator decided: `retry` applies it again, on a gap without its predecessor; `discard` passes over
    it.
    """

    record: Record
    reason: ParkReason
    detail: str
    verdict: Literal["", "retry", "discard"] = ""


class Inbox(Protocol):
    async def positions(self, group: str, sources: Sequence[str]) -> Mapping[str, int]:
        """The last applied sequence of each `topic|subject`; absent: none yet."""
        ...

    async def advance(self, group: str, positions: Mapping[str, int]) -> None:
        """Sets positions; never back."""
        ...

    async def parked(self, group: str, topic: str, partition: int) -> Sequence[Parked]:
        """By offset."""
        ...

    async def lane(self, group: str, topic: str, partition: int, lane: str) -> Sequence[Parked]:
        """The parked records of one key, by offset."""
        ...

    async def decided(self, group: str, topic: str, partition: int) -> Sequence[Parked]:
        """Those with a verdict."""
        ...

    async def park(self, group: str, records: Sequence[Parked]) -> None:
        """A repeat of the same record changes nothing."""
        ...

    async def park_again(self, group: str, parked: Parked) -> None:
        """Sets reason, detail and verdict of a parked record, in one step: it is never absent between."""
        ...

    async def release(self, group: str, records: Sequence[Record]) -> None: ...
