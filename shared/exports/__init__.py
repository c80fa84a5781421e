"""What a service holds of a person, told to identity for the one archive that the person gets (000 V.1 and VII.2).

The contract of the stream between the two is in `entries`; both sides use it.
"""

from shared.exports.entries import (
    BadStream,
    Cell,
    Entry,
    EntryReader,
    Original,
    Record,
    begin_line,
    end_line,
    line,
)
from shared.exports.serving import ASKED_BY, ExportApi, disclosure_records

__all__ = [
    "ASKED_BY",
    "BadStream",
    "Cell",
    "Entry",
    "EntryReader",
    "ExportApi",
    "Original",
    "Record",
    "begin_line",
    "disclosure_records",
    "end_line",
    "line",
]
