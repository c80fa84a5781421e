"""The older filters of PDFs: counted as another reader unpacks them, and bounded before any does."""

import io
import random
import zlib
from base64 import a85encode
from collections.abc import Mapping

import pikepdf
import pytest

from shared.files.pdf_filters import Budget, Filter, TooMuch, count
from tests.support.files.packing import lzw, lzw_of_zeros, run_lengths
from tests.support.files.pdfs import document, stream

_RANDOM = random.Random(7)
DATA: Mapping[str, bytes] = {
    "nothing": b"",
    "one": b"a",
    "text": b"BT /F1 12 Tf (Certificate) Tj ET " * 4000,
    "noise": bytes(_RANDOM.randrange(256) for _ in range(30_000)),
    "zeros": bytes(200_000),
    "two letters": bytes(_RANDOM.choice(b"ab") for _ in range(60_000)),
}


def counted(packed: bytes, *filters: Filter, most: int = 10_000_000) -> int:
    """Bytes that come out of the filters, all of them together."""
    budget = Budget(most)
    count(packed, filters, budget)
    return most - budget.left


def as_qpdf_reads(packed: bytes, entries: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(document(contents=stream(packed, entries)))) as pdf:
        return pdf.pages[0].Contents.read_bytes(pikepdf.StreamDecodeLevel.specialized)


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("early", [1, 0])
def test_lzw_is_counted_as_another_reader_unpacks_it(name: str, early: int) -> None:
    packed = lzw(DATA[name], early)
    assert as_qpdf_reads(packed, b"/Filter /LZWDecode /DecodeParms << /EarlyChange %d >>" % early) == DATA[name]
    assert counted(packed, Filter("/LZWDecode", early)) == len(DATA[name])
    assert counted(packed, Filter("/LZW", early)) == len(DATA[name])


@pytest.mark.parametrize("name", DATA)
def test_run_lengths_are_counted_as_another_reader_unpacks_them(name: str) -> None:
    packed = run_lengths(DATA[name])
    assert as_qpdf_reads(packed, b"/Filter /RunLengthDecode") == DATA[name]
    assert counted(packed, Filter("/RunLengthDecode")) == len(DATA[name])


@pytest.mark.parametrize("name", DATA)
def test_chains_are_followed_to_their_end(name: str) -> None:
    data = DATA[name]
    inner = zlib.compress(data)
    printable = a85encode(inner) + b"~>"
    outer = run_lengths(printable)
    filters = (Filter("/RunLengthDecode"), Filter("/ASCII85Decode"), Filter("/FlateDecode"))
    assert counted(outer, *filters) == len(printable) + len(inner) + len(data)
    digits = b"\n".join(inner.hex().encode()[at : at + 63] for at in range(0, 2 * len(inner), 63)) + b">"
    packed = lzw(digits)
    filters = (Filter("/LZWDecode"), Filter("/AHx"), Filter("/Fl"))
    assert counted(packed, *filters) == len(digits) + len(inner) + len(data)


def test_a_picture_ends_a_chain() -> None:
    assert counted(run_lengths(b"\xff\xd8" * 50), Filter("/RunLengthDecode"), Filter("/DCTDecode")) == 100


@pytest.mark.parametrize("packed", [b"\x05abc", b"\xff", b"\x80\xff\xff\xff", b"zz", b"<~", b"\x00"])
def test_damaged_data_end_where_they_are_damaged(packed: bytes) -> None:
    for name in ("LZWDecode", "RunLengthDecode", "ASCII85Decode", "ASCIIHexDecode", "FlateDecode"):
        assert counted(packed, Filter(f"/{name}"), Filter("/FlateDecode")) < 300


def test_it_stops_at_what_is_left() -> None:
    """One filling of the table is 1 + 2 + … + 3,838 zeros."""
    assert counted(lzw_of_zeros(1), Filter("/LZWDecode")) == 3838 * 3839 // 2
    budget = Budget(20_000_000)
    with pytest.raises(TooMuch):
        count(lzw_of_zeros(3), [Filter("/LZWDecode")], budget)
    with pytest.raises(TooMuch):
        count(b"\x81\x00" * 200_000, [Filter("/RunLengthDecode")], Budget(20_000_000))
