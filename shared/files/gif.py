"""GIF (87a and 89a): block by block to its trailer."""

import struct
from dataclasses import dataclass

from shared.files.metadata import check_xmp
from shared.files.pixels import decode
from shared.files.strangers import check_text, check_trailer
from shared.files.verdict import Broken, Look
from shared.policies.policy import FileLimit

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_COMMENT, _PLAIN_TEXT, _APPLICATION = 0xFE, 0x01, 0xFF
_MOST_BLOCKS = 100_000


@dataclass
class Reader:
    content: bytes
    at: int = 0

    def take(self, number: int) -> bytes:
        piece = self.content[self.at : self.at + number]
        if len(piece) < number:
            raise Broken("document-truncated", "The picture breaks off.")
        self.at += number
        return piece

    def blocks(self) -> bytes:
        """The sub-blocks up to the empty one, joined."""
        parts = []
        while size := self.take(1)[0]:
            parts.append(self.take(size))
        return b"".join(parts)

    def palette(self, flags: int) -> None:
        if flags & 0x80:
            self.take(3 << ((flags & 7) + 1))


def inspect_gif(content: bytes, limit: FileLimit, look: Look) -> None:
    """Raises Broken where the blocks cannot be followed."""
    reader = Reader(content, 6)
    look.width, look.height, flags, _, _ = struct.unpack("<HHBBB", reader.take(7))
    _size(look.width, look.height, limit, look)
    if look.findings:
        return
    reader.palette(flags)
    frames = _pictures(reader, limit, look)
    if not frames:
        raise Broken("document-corrupt", "There is no picture in it.")
    if frames > limit.max_frames:
        look.add("document-too-many-frames", f"It is an animation of {frames} pictures.")
    check_trailer(content[reader.at :], look)
    if not look.findings:
        decode(content, "gif", look)


def _pictures(reader: Reader, limit: FileLimit, look: Look) -> int:
    frames = 0
    for _ in range(_MOST_BLOCKS):
        introducer = reader.take(1)[0]
        if introducer == _TRAILER:
            return frames
        if introducer == _IMAGE:
            frames += 1
            _, _, width, height, flags = struct.unpack("<HHHHB", reader.take(9))
            _size(width, height, limit, look)
            reader.palette(flags)
            if not 1 < reader.take(1)[0] < 12:
                raise Broken("document-corrupt", "The picture's codes have no size that a GIF can have.")
            reader.blocks()
        elif introducer == _EXTENSION:
            _extension(reader.take(1)[0], reader, look)
        elif introducer:  # some programs leave empty blocks between
            raise Broken("document-corrupt", "Between parts of the picture there is something else.")
    raise Broken("document-corrupt", "The picture has too many parts.")


def _extension(label: int, reader: Reader, look: Look) -> None:
    start = reader.at
    data = reader.blocks()
    if label == _COMMENT:
        look.metadata.add("comment")
        check_text(data, "comment", look)
    elif label == _APPLICATION and data.startswith(b"XMP DataXMP"):
        # The packet stands here unblocked, behind a name of 11 bytes.
        check_xmp(reader.content[start + 12 : reader.at], look)
    elif label in (_PLAIN_TEXT, _APPLICATION):
        check_text(data, "application data", look)


def _size(width: int, height: int, limit: FileLimit, look: Look) -> None:
    if not width or not height:
        raise Broken("document-corrupt", "The picture has no size.")
    if width * height > min(limit.max_pixels, limit.max_decoded_bytes):
        look.add("document-too-many-pixels", f"The picture has {width} × {height} pixels.")
