"""What a PDF's streams unpack to, counted before any parser unpacks them: in pieces, and nothing is kept."""

import base64
import binascii
import re
import zlib

from shared.files.verdict import Look
from shared.policies.policy import FileLimit

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STRUCTURE_BYTES = 16_777_216
"""Ours, of all object and cross-reference streams: each byte of them may cost a parser fifty."""
_DICTIONARY_BYTES = 4096
_PIECE = 1_048_576
_DEEPEST = 3
_ODD_FILTERS = (b"LZWDecode", b"RunLengthDecode", b"ASCIIHexDecode", b"ASCII85Decode", b"Crypt")


def unescaped(data: bytes) -> bytes:
    """Names as they are meant: `/J#53` is `/JS`."""
    return _NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data) if b"#" in data else data


def check_streams(content: bytes, limit: FileLimit, look: Look) -> None:
    total = structure = 0
    for found in _STREAM.finditer(content):
        head = content[max(0, found.start() - _DICTIONARY_BYTES) : found.start()]
        dictionary = unescaped(head[head.rfind(b"obj") + 3 :])
        is_structure = b"ObjStm" in dictionary or b"XRef" in dictionary
        if is_structure and any(each in dictionary for each in _ODD_FILTERS):
            look.add("document-decodes-too-large", "Its inner tables are packed in an unusual way.")
            return
        end = content.find(b"endstream", found.end())
        packed = _plain(content[found.end() : end if end != -1 else len(content)], dictionary)
        room = limit.max_decoded_bytes - total
        size = _unpacked_size(packed, min(room, _STRUCTURE_BYTES - structure) if is_structure else room)
        total += size
        structure += size if is_structure else 0
        if total > limit.max_decoded_bytes or structure > _STRUCTURE_BYTES:
            look.add("document-decodes-too-large", "It unpacks to far more than its own size.")
            return


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
