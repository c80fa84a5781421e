"""A long sorted list read piece by piece, each a bounded range of an index.

A store need not carry a limit into the index: then the first fifty of a million cost as much as the million. Ranges
grow fourfold, so that a sparse list takes few questions and a dense one reads little more than it gives.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

Range = Mapping[str, datetime]

_WIDTHS = tuple(timedelta(minutes=4**power) for power in range(10))  # a minute to half a year; the rest comes last
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def newest_first(start: datetime, *, to_the_end: bool) -> Iterator[Range]:
    """From `start` back. `to_the_end`: with what is later than `start`."""
    upper: dict[str, datetime] = {} if to_the_end else {"$lte": start}
    for width in _WIDTHS:
        if start - _EARLIEST < width:  # a cursor may name any instant
            break
        start -= width
        yield {"$gte": start, **upper}
        upper = {"$lt": start}
    yield upper


def oldest_first(start: datetime) -> Iterator[Range]:
    """What is earlier than `start`, all at once, where there is little or nothing; then from there on."""
    yield {"$lt": start}
    for width in _WIDTHS:
        yield {"$gte": start, "$lt": start + width}
        start += width
    yield {"$gte": start}
