"""A long sorted list read piece by piece, each a bounded range of an index.

A store need not carry a limit into the index: then the first fifty of a million cost as much as the million. Ranges
grow fourfold, so that a sparse list takes few questions and a dense one reads little more than it gives. Where most of
what is read is sifted out again, a look ends when its time is up, and says how far back it has come.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Range = Mapping[str, datetime]
Row = TypeVar("Row")

INSTANT = timedelta(milliseconds=1)
"""What a store tells instants apart by. Ranges end before one: the Python stand-in leaves out what is at a last instant
where the index goes on behind the time."""
_GROWTH = 4
_NARROWEST, _WIDEST = timedelta(minutes=1), timedelta(days=20_000)
_QUEUE_WIDTHS = tuple(timedelta(minutes=_GROWTH**power) for power in range(10))  # a minute to half a year
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Read(Generic[Row]):
    """`rows`: those of a range that fit, newest first; `empty`: the range held nothing that could have."""

    rows: Sequence[Row]
    empty: bool


@dataclass(frozen=True)
class Looked(Generic[Row]):
    """`rows`: newest first; `back_to`: the time was up, and what is earlier than this was not looked at; None where
    there are enough rows or no more. `width`: of the range that the next look should begin with."""

    rows: Sequence[Row]
    back_to: datetime | None
    width: timedelta


@dataclass(frozen=True)
class Span:
    """The time to look through, from `start` back. `open_ended`: with what is later than `start`; since: the earliest
    instant; None is all."""

    start: datetime
    open_ended: bool = False
    since: datetime | None = None

    def holds(self, instant: datetime) -> bool:
        return (self.open_ended or instant <= self.start) and (self.since is None or instant >= self.since)


async def newest_first(
    span: Span,
    width: timedelta,
    read: Callable[[Range, int], Awaitable[Read[Row]]],
    wanted: int,
    patience: float,
    seconds: Callable[[], float],
) -> Looked[Row]:
    """Reads range after range until `wanted` rows are found or nothing is left. `width`: of the first range; `read`:
    of a range at most so many; `patience`: how many of `seconds` a look may take. A range is not made wider than the
    time that is left would bear, by what the last one took; one that was empty says nothing about that."""
    found: list[Row] = []
    begun = seconds()
    for piece in (pieces := _Pieces(span, width)):
        before = seconds()
        took_in = await read(piece.range, wanted - len(found))
        found += took_in.rows
        if len(found) >= wanted or piece.is_last:
            break
        after = seconds()
        took, left = after - before, patience - (after - begun)
        if not took_in.empty and left * _GROWTH < took:  # not even a quarter as much can be read
            piece.grow(_bounded(patience / took))
            return Looked(found, piece.range["$gte"], piece.width)
        piece.grow(_GROWTH if took_in.empty or took <= 0 else _bounded(left / took))
    return Looked(found, None, pieces.width)


def _bounded(factor: float) -> float:
    return max(1 / _GROWTH, min(_GROWTH, factor))


class _Pieces:
    """Ranges that follow each other back in time without a gap; the reader says after each how much wider the next."""

    def __init__(self, span: Span, width: timedelta) -> None:
        self._span = span
        self.width = width
        self._upper: dict[str, datetime] = {} if span.open_ended else {"$lt": span.start + INSTANT}
        self._at = span.start
        self.range: Range = {}
        self.is_last = False

    def __iter__(self) -> Iterator["_Pieces"]:
        earliest = self._span.since or _EARLIEST
        while not self.is_last:
            self.is_last = self.width > _WIDEST or self._at - earliest <= self.width  # a cursor may name any instant
            if not self.is_last:
                self._at -= self.width
                self.range = {"$gte": self._at, **self._upper}
            else:
                self.range = {**({"$gte": earliest} if self._span.since else {}), **self._upper}
            self._upper = {"$lt": self._at}
            yield self

    def grow(self, factor: float) -> None:
        # Whole minutes: what the store cuts off an instant would be read twice.
        self.width = max(_NARROWEST, self.width * factor // _NARROWEST * _NARROWEST)


def oldest_first(start: datetime) -> Iterator[Range]:
    """What is earlier than `start`, all at once, where there is little or nothing; then from there on."""
    yield {"$lt": start}
    for width in _QUEUE_WIDTHS:
        yield {"$gte": start, "$lt": start + width}
        start += width
    yield {"$gte": start}
