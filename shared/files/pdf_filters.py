"""What a PDF's stream unpacks to through all its filters (ISO 32000, 7.4), in pieces: everything is counted, nothing
is kept. Filters of pictures (JPEG and others) end a chain: their pixels are bounded by the picture's size."""

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_FILTERS = 4
"""Ours: programs use two, and each more is a further pass."""

_PIECE = 1_048_576
_BLANKS = b"\x00\t\n\x0c\r "
_LONG_NAMES = {
    "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode",
    "/LZW": "/LZWDecode",
    "/Fl": "/FlateDecode",
    "/RL": "/RunLengthDecode",
}
_CLEAR, _END, _MOST_CODES = 256, 257, 4096
_LETTERS = [bytes([at]) for at in range(256)] + [b"", b""]


class TooMuch(Exception):
    """It unpacks to more than there is left."""


@dataclass
class Budget:
    """Bytes that everything together may still unpack to."""

    left: int

    def counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Raises TooMuch."""
        for piece in pieces:
            self.left -= len(piece)
            if self.left < 0:
                raise TooMuch
            yield piece


@dataclass(frozen=True)
class Filter:
    """early: of LZW, whether codes grow one sooner than they must."""

    name: str
    early: int = 1

    @property
    def long_name(self) -> str:
        return _LONG_NAMES.get(self.name, self.name)


def count(data: bytes, filters: Sequence[Filter], budget: Budget) -> None:
    """Takes from the budget what comes out of each filter. Damaged data end where they are damaged, as in a viewer.
    Raises TooMuch."""
    pieces: Iterator[bytes] = iter([data])
    for each in filters:
        unpack = _UNPACKED.get(each.long_name)
        if unpack is None:
            break
        pieces = budget.counted(unpack(pieces, each))
    try:
        for _ in pieces:
            pass
    except (ValueError, zlib.error):  # binascii's is a ValueError
        return


def _inflated(pieces: Iterable[bytes], _: Filter) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    for piece in pieces:
        rest = piece
        while rest and not inflate.eof:
            yield inflate.decompress(rest, _PIECE)
            rest = inflate.unconsumed_tail


def _from_hex(pieces: Iterable[bytes], _: Filter) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        digits, end, _rest = (held + piece.translate(None, _BLANKS)).partition(b">")
        even = len(digits) // 2 * 2
        held = digits[even:]
        yield binascii.unhexlify(digits[:even])
        if end:
            yield binascii.unhexlify(held + b"0") if held else b""
            return


def _from_printable(pieces: Iterable[bytes], _: Filter) -> Iterator[bytes]:
    """Groups of five characters; `z` stands for one of zeros."""
    held = b""
    for piece in pieces:
        plain, end, _rest = (held + piece.translate(None, _BLANKS).replace(b"z", b"!!!!!")).partition(b"~")
        whole = len(plain) if end else len(plain) // 5 * 5
        held = plain[whole:]
        for at in range(0, whole, _PIECE * 5):
            yield base64.a85decode(plain[at : min(at + _PIECE * 5, whole)])
        if end:
            return
    if held:
        yield base64.a85decode(held)


def _run_lengths(pieces: Iterable[bytes], _: Filter) -> Iterator[bytes]:
    held, out = b"", bytearray()
    for piece in pieces:
        data, at = held + piece, 0
        while at < len(data):
            length = data[at]
            if length == 128:
                yield bytes(out)
                return
            end = at + 2 + (length if length < 128 else 0)
            if end > len(data):
                break
            out += data[at + 1 : end] if length < 128 else data[at + 1 : end] * (257 - length)
            at = end
            if len(out) >= _PIECE:
                yield bytes(out)
                out.clear()
        held = data[at:]
    yield bytes(out)


def _lzw(pieces: Iterable[bytes], told: Filter) -> Iterator[bytes]:
    """Codes of 9 to 12 bits; each names a string that was there before, or the last one with its first byte again."""
    table, before, width = _LETTERS.copy(), b"", 9
    held = bits = size = 0
    out: list[bytes] = []
    for byte in _bytes(pieces):
        held, bits = held << 8 | byte, bits + 8
        if bits < width:
            continue
        bits -= width
        code, held = held >> bits, held & ((1 << bits) - 1)
        if code == _CLEAR:
            table, before, width = _LETTERS.copy(), b"", 9
            continue
        if code == _END or code > len(table) or (code == len(table) and not before):
            break
        text = table[code] if code < len(table) else before + before[:1]
        if before and len(table) < _MOST_CODES:
            table.append(before + text[:1])
            width = min(12, max(9, (len(table) + told.early).bit_length()))
        before = text
        out.append(text)
        size += len(text)
        if size >= _PIECE:
            yield b"".join(out)
            out, size = [], 0
    yield b"".join(out)


def _bytes(pieces: Iterable[bytes]) -> Iterator[int]:
    for piece in pieces:
        yield from piece


_UNPACKED: dict[str, Callable[[Iterable[bytes], Filter], Iterator[bytes]]] = {
    "/FlateDecode": _inflated,
    "/ASCIIHexDecode": _from_hex,
    "/ASCII85Decode": _from_printable,
    "/RunLengthDecode": _run_lengths,
    "/LZWDecode": _lzw,
}
