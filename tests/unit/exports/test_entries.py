"""The stream between a holder and identity: what is said arrives; what is cut, wrong or too long is not taken."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exports import BadStream, Entry, EntryReader, Original, Record, begin_line, end_line, line
from shared.exports.entries import MAX_LINE

ENTRIES: list[Entry] = [
    Original("rgt-5K/1-certificate.pdf", b"%PDF\n\x00\n"),
    Record(
        "rights", {"name": "ALPHA\n茅台", "expired": False, "rate": 0.5, "n": 3, "of": None}, {"a": [1, {"b": "c"}]}
    ),
    Record("rights", {}, {}),
    Record("disclosures", {"what": "certificate"}, {"what": "certificate"}),
]
WHOLE = begin_line("ipr", "acc-1") + b"".join(map(line, ENTRIES)) + end_line(len(ENTRIES))


def read(stream: bytes, size: int = 10_000) -> list[Entry]:
    reader = EntryReader("ipr", "acc-1")
    found = [entry for at in range(0, len(stream), size) for entry in reader.feed(stream[at : at + size])]
    reader.close()
    return found


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_what_is_said_arrives_in_pieces_of_any_size(size: int) -> None:
    assert read(WHOLE, size) == ENTRIES


def test_nobody_known_is_an_empty_stream() -> None:
    assert read(begin_line("ipr", "acc-1") + end_line(0)) == []


@given(st.integers(min_value=0, max_value=len(WHOLE) - 2))
def test_a_stream_that_was_cut_anywhere_is_not_taken(at: int) -> None:
    """But for its very last byte, the line's end."""
    with pytest.raises(BadStream):
        read(WHOLE[:at])


def _said(**said: Any) -> bytes:
    return json.dumps(said).encode() + b"\n"


BEGIN, END = begin_line("ipr", "acc-1"), end_line(1)
FILE = _said(file="a/1.pdf", base64="AAAA")
RECORD = _said(table="rights", summary={}, record={})
BAD: dict[str, bytes] = {
    "of another account": begin_line("ipr", "acc-2") + end_line(0),
    "of another service": begin_line("scoring", "acc-1") + end_line(0),
    "of another version": _said(begin={"version": 2, "service": "ipr", "account_id": "acc-1"}) + end_line(0),
    "without a beginning": RECORD + END,
    "not JSON": BEGIN + b"<html>\n" + END,
    "no object": BEGIN + b"[1]\n" + END,
    "of an unknown kind": BEGIN + _said(row={}) + END,
    "with more than was agreed": BEGIN + _said(table="rights", summary={}, record={}, more=1) + END,
    "with a table of a wrong name": BEGIN + _said(table="../rights", summary={}, record={}) + END,
    "with a cell that is none": BEGIN + _said(table="rights", summary={"a": [1]}, record={}) + END,
    "with a record that is none": BEGIN + _said(table="rights", summary={}, record=[]) + END,
    "with a file that is not in base64": BEGIN + _said(file="1.pdf", base64="A") + END,
    "with a file twice": BEGIN + FILE + FILE + end_line(2),
    "with a file twice but for capitals": BEGIN + FILE + FILE.replace(b"1.pdf", b"1.PDF") + end_line(2),
    "with a table that is begun again": BEGIN + RECORD + FILE + RECORD + end_line(3),
    "with fewer entries than it says": BEGIN + RECORD + end_line(2),
    "with more entries than it says": BEGIN + RECORD + RECORD + END,
    "with something behind its end": BEGIN + RECORD + END + RECORD,
    "with two ends": BEGIN + RECORD + END + END,
    "with a line too long": BEGIN + _said(table="rights", summary={}, record={"a": "x" * MAX_LINE}) + END,
    "that never ends a line": BEGIN + b"x" * (MAX_LINE + 1),
}


@pytest.mark.parametrize("stream", BAD.values(), ids=BAD.keys())
def test_a_stream_that_is_not_as_agreed_is_not_taken(stream: bytes) -> None:
    with pytest.raises(BadStream) as caught:
        read(stream, 65_536)
    assert "acc-" not in str(caught.value)


PATHS = [
    "",
    "/etc/passwd",
    "../x",
    "a/../b",
    "a//b",
    ".hidden",
    "a/.b",
    "a\\b",
    "c:x",
    "a b",
    "a/",
    "名.pdf",
    "a\n",
    "a" * 201,
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_elsewhere_is_neither_sent_nor_taken(path: str) -> None:
    with pytest.raises(ValueError, match="none of ours"):
        line(Original(path, b""))
    with pytest.raises(BadStream):
        read(BEGIN + _said(file=path, base64="") + END)


def test_a_file_of_eight_megabytes_fits_and_what_would_not_be_taken_is_not_sent() -> None:
    largest = Original("document-1.png", bytes(8 * 1_048_576))
    assert read(BEGIN + line(largest) + END) == [largest]
    refused: Callable[[], bytes] = lambda: line(Original("1.png", bytes(MAX_LINE)))  # noqa: E731
    with pytest.raises(ValueError, match="longer"):
        refused()
    assert len(base64.b64encode(largest.content)) < MAX_LINE
