"""Rows as CSV that a spreadsheet opens without running anything of it."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.exports import Cell

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_AT_ONCE = 65_536
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # or else spreadsheets take Chinese for something else


def neutral(cell: Cell) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection)."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def sheet(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> Iterator[bytes]:
    """RFC 4180, UTF-8, in pieces."""
    yield BYTE_ORDER_MARK
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([neutral(row.get(column)) for column in columns])
        if buffer.tell() >= _AT_ONCE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
