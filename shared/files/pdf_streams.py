"""What a PDF's streams unpack to, counted before any parser unpacks them: in pieces, and nothing is kept."""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from shared.files.verdict import Look
from shared.policies.policy import FileLimit

# It begins with plain letters, so that five megabytes are passed over in a millisecond; with a look behind in forty.
_STREAM = re.compile(rb"stream\r?\n")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STRUCTURE_BYTES = 16_777_216
"""Ours, of all object and cross-reference streams: each byte of them may cost a parser fifty."""
_MOST_PARTS = 1_000_000
"""Ours: a parser holds about 140 bytes for each."""
_DICTIONARY_BYTES = 4096
_PIECE = 1_048_576
_DEEPEST = 3
# Each byte as a blank, the beginning of something, or a part of it.
_CLASSES = bytes(
    ord(" ") if at in b"\x00\t\n\f\r ])>" else ord("(") if at in b"[(</" else ord("x") for at in range(256)
)
_ODD_FILTERS = (b"LZWDecode", b"RunLengthDecode", b"ASCIIHexDecode", b"ASCII85Decode", b"Crypt")


def unescaped(data: bytes) -> bytes:
    """Names as they are meant: `/J#53` is `/JS`."""
    return _NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data) if b"#" in data else data


@dataclass
class _Count:
    """total: bytes that everything unpacks to; structure: of them, of the PDF's own tables; parts: words, numbers and
    brackets that a parser makes objects of."""

    total: int = 0
    structure: int = 0
    parts: int = 0


def check_streams(content: bytes, limit: FileLimit, look: Look) -> None:
    count, at = _Count(), 0
    for found in _streams(content):
        head = content[max(at, found.start() - _DICTIONARY_BYTES) : found.start()]
        dictionary = unescaped(head[head.rfind(b"obj") + 3 :])
        end = _end_of(content, found.end())
        packed = _plain(content[found.end() : end], dictionary)
        count.parts += _parts(content[at : found.start()])
        at = end
        if b"ObjStm" in dictionary or b"XRef" in dictionary:
            if any(each in dictionary for each in _ODD_FILTERS):
                look.add("document-decodes-too-large", "Its inner tables are packed in an unusual way.")
                return
            _count_structure(packed, count)
        else:
            count.total += _unpacked_size(packed, limit.max_decoded_bytes - count.total)
        if count.total > limit.max_decoded_bytes or count.structure > _STRUCTURE_BYTES:
            look.add("document-decodes-too-large", "It unpacks to far more than its own size.")
            return
    if count.parts + _parts(content[at:]) > _MOST_PARTS:
        look.add("document-decodes-too-large", "It has far more parts than its pages need.")


def _streams(content: bytes) -> Iterator[re.Match[bytes]]:
    """Where each begins; what looks like a beginning inside another is none."""
    at = 0
    while found := _STREAM.search(content, at):
        begins = not content.endswith(b"end", 0, found.start())
        at = found.end()
        if begins:
            yield found
            at = _end_of(content, at)


def _end_of(content: bytes, start: int) -> int:
    end = content.find(b"endstream", start)
    return end if end != -1 else len(content)


def _count_structure(packed: bytes, count: _Count) -> None:
    body = packed
    if _looks_packed(packed):
        try:
            body = zlib.decompressobj().decompress(packed, _STRUCTURE_BYTES + 1)
        except zlib.error:
            body = b""
    count.structure += len(body)
    count.parts += _parts(body)


def _parts(data: bytes) -> int:
    """Brackets, names and strings by what they begin with; words and numbers by the blank before them."""
    plain = data.translate(_CLASSES)
    return plain.count(b" x") + plain.count(b"(")


def _plain(data: bytes, dictionary: bytes) -> bytes:
    """Without the wrapping in printable characters."""
    filters = re.findall(rb"/(ASCII85Decode|ASCIIHexDecode|A85|AHx|FlateDecode|Fl)\b", dictionary)
    try:
        if filters and filters[0] in (b"ASCII85Decode", b"A85"):
            return base64.a85decode(data.strip().removesuffix(b"~>"))
        if filters and filters[0] in (b"ASCIIHexDecode", b"AHx"):
            return binascii.unhexlify(b"".join(data.split()).rstrip(b">"))
    except ValueError:
        return data
    return data


def _unpacked_size(data: bytes, most: int) -> int:
    """Bytes that it unpacks to, at most a piece over `most`; what is packed several times over is unpacked so."""
    if not _looks_packed(data):
        return 0
    inflates = [zlib.decompressobj()]
    return _inflate(data, inflates, most, 0)


def _inflate(data: bytes, inflates: "list[zlib._Decompress]", most: int, depth: int) -> int:
    size, inflate = 0, inflates[depth]
    while data and not inflate.eof and size <= most:
        try:
            piece = inflate.decompress(data, _PIECE)
        except zlib.error:
            return size
        data = inflate.unconsumed_tail
        if not piece:
            break
        if not size and depth + 1 < _DEEPEST and _looks_packed(piece):
            inflates.append(zlib.decompressobj())
        size += len(piece)
        if len(inflates) > depth + 1:
            size += _inflate(piece, inflates, most - size, depth + 1)
    return size


def _looks_packed(data: bytes) -> bool:
    return len(data) > 2 and data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and (data[0] << 8 | data[1]) % 31 == 0
