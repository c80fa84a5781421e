"""What cameras and phones leave behind a JPEG's end, and whether it is what it claims to be.

Known here: further pictures of an index (MPF: previews, depth and gain maps), the film of a motion photo that the
picture's XMP announces, and Samsung's block with its directory at the end. Each must be whole and where it is said to
be; nobody but its owner is ever handed it, since previews are made of the picture alone.
"""

import struct
from dataclasses import dataclass, field

from shared.files.verdict import Look

_MOTION = (b"MotionPhoto", b"MicroVideo")
_PADDING = b"\x00\xff"
_SAMSUNG_END = b"SEFT"
_SAMSUNG_DIRECTORY = b"SEFH"


@dataclass
class Rest:
    """pictures: start and size of further JPEGs, still to be looked at; unknown: what nothing accounts for."""

    pictures: list[tuple[int, int]] = field(default_factory=list)
    unknown: list[bytes] = field(default_factory=list)


def vouched(content: bytes, end: int, xmp: bytes, index: list[tuple[int, int]], look: Look) -> Rest:
    """`end`: of the picture itself; `index`: further pictures as its MPF says."""
    rest = Rest()
    last = len(content)
    samsung = _samsung_start(content, end)
    if samsung is not None:
        look.metadata.add("trailer")
        if content.find(b"ftyp", samsung) != -1:
            look.metadata.add("video")
        last = samsung
    at = end
    for start, size in sorted(index):
        if at <= start and start + size <= last and content[start : start + 2] == b"\xff\xd8":
            rest.unknown.append(content[at:start])
            rest.pictures.append((start, size))
            at = start + size
    tail = content[at:last]
    if any(word in xmp for word in _MOTION) and _is_film(tail.strip(_PADDING) if tail[4:8] != b"ftyp" else tail):
        look.metadata.add("video")
        tail = b""
    rest.unknown.append(tail)
    return rest


def _is_film(data: bytes) -> bool:
    """An ISO base media file: boxes, one after the other, to the very end."""
    at = 0
    if data[4:8] not in (b"ftyp", b"mpvd"):
        return False
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
            header = 16
        if size == 0:
            size = len(data) - at
        if not (name.isascii() and name.isalnum()) or size < header:
            return False
        at += size
    return at == len(data) or (at < len(data) and not data[at:].strip(_PADDING))


def _samsung_start(content: bytes, end: int) -> int | None:
    """Where Samsung's blocks begin, None where there is no whole directory of them."""
    if content[-4:] != _SAMSUNG_END or len(content) < end + 20:
        return None
    (length,) = struct.unpack_from("<I", content, len(content) - 8)
    directory = len(content) - 8 - length
    if directory < end or content[directory : directory + 4] != _SAMSUNG_DIRECTORY:
        return None
    _, count = struct.unpack_from("<II", content, directory + 4)
    if count > 64 or length != 12 + 12 * count:
        return None
    entries = [struct.unpack_from("<HHII", content, directory + 12 + 12 * n) for n in range(count)]
    starts = [directory - offset for _, _, offset, _ in entries]
    fits = all(
        end <= start and start + size <= directory for start, (_, _, _, size) in zip(starts, entries, strict=True)
    )
    return min(starts, default=directory) if fits else None
