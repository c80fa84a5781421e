"""JPEG (ITU-T T.81): segment by segment to its end, then what cameras and phones put behind it."""

import re
import struct
from dataclasses import dataclass, field

from shared.files.metadata import check_exif, check_xmp
from shared.files.pixels import decode
from shared.files.strangers import check_text, check_trailer
from shared.files.trailers import vouched
from shared.files.verdict import Broken, Look
from shared.policies.policy import FileLimit

NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP13, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xED, 0xEF, 0xFE
_MOST_SEGMENTS = 10_000
_MOST_SCANS = 200
"""Ours: each scan of a progressive picture costs a pass over all of it; programs write about ten."""


@dataclass
class _Picture:
    look: Look
    limit: FileLimit
    frames: int = 0
    scans: int = 0
    xmp: bytearray = field(default_factory=bytearray)
    pictures: list[tuple[int, int]] = field(default_factory=list)
    """Where further pictures begin, and how long they are, as the index says (CIPA DC-007)."""


def inspect_jpeg(content: bytes, limit: FileLimit, look: Look) -> None:
    """Raises Broken where the segments cannot be followed."""
    picture = _Picture(look, limit)
    end = _segments(content, picture)
    if look.findings:
        return
    rest = vouched(content, end, bytes(picture.xmp), picture.pictures, look)
    for start, size in rest.pictures:
        _further(content[start : start + size], limit, look)
    for trailer in rest.unknown:
        check_trailer(trailer, look)
    if not look.findings:
        decode(content, "jpg", look)


def _further(content: bytes, limit: FileLimit, look: Look) -> None:
    """A smaller rendering, a depth map or a gain map. Its own size does not count as the picture's."""
    inner = Look()
    try:
        end = _segments(content, _Picture(inner, limit))
        check_trailer(content[end:], inner)
    except Broken as problem:
        inner.add(problem.code, problem.args[0])
    for each in inner.findings:
        look.add(each.code, f"In a further picture behind the first: {each.detail}")


def _segments(content: bytes, picture: _Picture) -> int:
    """Where the picture ends."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        at, marker = marker_at(content, at)
        if marker == _EOI:
            if not picture.frames or not picture.scans:
                raise Broken("document-corrupt", "There is no picture in it.")
            return at
        if marker == _SOI or marker < 0xC0:
            raise Broken("document-corrupt", "The picture's parts are out of order.")
        length = length_at(content, at)
        _segment(marker, content[at + 2 : at + length], at + 2, picture)
        at += length
        if marker == _SOS:
            found = NEXT_MARKER.search(content, at)
            if found is None:
                raise Broken("document-truncated", "The picture has no end.")
            at = found.start()
        if picture.look.findings:
            return at
    raise Broken("document-corrupt", f"The picture has more than {_MOST_SEGMENTS} parts.")


def length_at(content: bytes, at: int) -> int:
    """Of the segment that begins here, with its own two bytes."""
    length = int.from_bytes(content[at : at + 2], "big")
    if at + max(length, 2) > len(content):
        raise Broken("document-truncated", "The picture breaks off.")
    if length < 2:
        raise Broken("document-corrupt", "A part of the picture has no length.")
    return length


def marker_at(content: bytes, at: int) -> tuple[int, int]:
    """The position after the marker, and the marker."""
    if at + 2 > len(content):
        raise Broken("document-truncated", "The picture breaks off.")
    if content[at] != 0xFF:
        raise Broken("document-corrupt", "Between parts of the picture there is something else.")
    while content[at + 1] == 0xFF:
        at += 1
        if at + 2 > len(content):
            raise Broken("document-truncated", "The picture breaks off.")
    return at + 2, content[at + 1]


def _segment(marker: int, data: bytes, position: int, picture: _Picture) -> None:
    look = picture.look
    if marker in _FRAMES:
        _frame(marker, data, picture)
    elif marker == _SOS:
        picture.scans += 1
        if picture.scans > _MOST_SCANS:
            look.add("document-decodes-too-large", f"The picture has more than {_MOST_SCANS} passes.")
    elif marker == _COM:
        look.metadata.add("comment")
        check_text(data, "comment", look)
    elif _APP0 <= marker <= _APP15:
        _application(marker, data, position, picture)


def _application(marker: int, data: bytes, position: int, picture: _Picture) -> None:
    look = picture.look
    if marker == _APP1 and data.startswith(b"Exif\x00"):
        check_exif(data, look)
    elif marker == _APP1:
        if data.startswith((b"http://ns.adobe.com/xap/1.0/", b"http://ns.adobe.com/xmp/")):
            picture.xmp += data
        check_xmp(data, look)
    elif marker == _APP2 and data.startswith(b"MPF\x00"):
        picture.pictures += _index(data[4:], position + 4)
    else:
        if marker == _APP13 and data.startswith(b"Photoshop"):
            look.metadata.add("iptc")
        check_text(data, "application data", look)


def _frame(marker: int, data: bytes, picture: _Picture) -> None:
    look, limit = picture.look, picture.limit
    picture.frames += 1
    if picture.frames > 1 or len(data) < 9:
        raise Broken("document-corrupt", "The picture has no header, or more than one.")
    _, height, width, number = struct.unpack_from(">BHHB", data)
    if not width or not height or not number or len(data) < 6 + 3 * number:
        raise Broken("document-corrupt", "The picture's header says no size.")
    look.width, look.height = width, height
    if width * height > limit.max_pixels:
        look.add("document-too-many-pixels", f"The picture has {width} × {height} pixels.")
    elif _memory(marker, width, height, data[6:], number) > limit.max_decoded_bytes:
        look.add("document-decodes-too-large", "The picture needs too much memory to be unpacked.")


def _memory(marker: int, width: int, height: int, components: bytes, number: int) -> int:
    """Bytes that decoding holds: a progressive picture's coefficients, 2 bytes each, or another's pixels."""
    if marker not in _PROGRESSIVE:
        return width * height * number
    factors = [(components[3 * n + 1] >> 4, components[3 * n + 1] & 15) for n in range(number)]
    widest, highest = max(h for h, _ in factors) or 1, max(v for _, v in factors) or 1
    return sum(2 * width * height * h * v // (widest * highest) for h, v in factors)


def _index(data: bytes, base: int) -> list[tuple[int, int]]:
    """Start and size of the further pictures (MP Entry, tag B002). A broken index vouches for nothing."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(order + "I", data, 4)
        (number,) = struct.unpack_from(order + "H", data, first)
        for n in range(min(number, 16)):
            tag, _, count, offset = struct.unpack_from(order + "HHII", data, first + 2 + 12 * n)
            if tag == 0xB002:
                entries = [
                    struct.unpack_from(order + "III", data, offset + 16 * k) for k in range(min(count // 16, 16))
                ]
                return [(base + start, size) for _, size, start in entries if start]
    except struct.error:
        return []
    return []
