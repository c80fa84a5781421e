"""PNG (ISO/IEC 15948): chunk by chunk; pixels are inflated in pieces and counted, never kept."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.files.metadata import check_exif, check_xmp
from shared.files.strangers import check_text, check_trailer
from shared.files.verdict import Broken, Look
from shared.policies.policy import FileLimit

_SIGNATURE_BYTES = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_MOST_CHUNKS = 50_000
_TEXT_BYTES = 1_048_576
_PROFILE_BYTES = 8_388_608
_PIECE = 262_144
_MOST_FILTERS = 4
_EXTRA_BYTES = 65_536
# Adam7: the first column and row of each pass, and the steps between.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass
class _Rows:
    """Counts inflated bytes against the rows that the header promises, and looks at the filter byte of each row."""

    passes: list[tuple[int, int]]
    seen: int = 0
    part: int = 0
    into: int = 0

    @property
    def expected(self) -> int:
        return sum(rows * stride for rows, stride in self.passes)

    def take(self, piece: bytes) -> None:
        self.seen += len(piece)
        at = 0
        while at < len(piece) and self.part < len(self.passes):
            rows, stride = self.passes[self.part]
            end = min(len(piece), at + rows * stride - self.into)
            filters = piece[at + (-self.into) % stride : end : stride]
            if filters and max(filters) > _MOST_FILTERS:
                raise Broken("document-corrupt", "Lines of the picture are damaged.")
            self.into += end - at
            at = end
            if self.into == rows * stride:
                self.part, self.into = self.part + 1, 0


@dataclass
class _Pixels:
    rows: _Rows
    inflate: "zlib._Decompress" = field(default_factory=zlib.decompressobj)

    def take(self, data: bytes) -> None:
        while data and not self.inflate.eof:
            try:
                piece = self.inflate.decompress(data, _PIECE)
            except zlib.error as problem:
                raise Broken("document-corrupt", "The picture's pixels cannot be unpacked.") from problem
            self.rows.take(piece)
            data = self.inflate.unconsumed_tail
            if self.rows.seen > self.rows.expected + _EXTRA_BYTES:
                raise Broken("document-decodes-too-large", "It unpacks to more pixels than it says.")


def inspect_png(content: bytes, limit: FileLimit, look: Look) -> None:
    """Raises Broken where the chunks cannot be followed."""
    pixels: _Pixels | None = None
    names: list[bytes] = []
    end = 0
    for name, data, end in chunks(content):  # noqa: B007 - where the last one ends is needed behind the loop
        if not names:
            pixels = _header(name, data, limit, look)
            if look.findings:
                return
        elif name == b"IDAT" and pixels is not None:
            pixels.take(data)
        else:
            _other(name, data, limit, look)
        names.append(name)
        if name == b"IEND":
            break
    if pixels is None or names[-1] != b"IEND":
        raise Broken("document-truncated", "The picture has no end.")
    if pixels.rows.seen < pixels.rows.expected:
        raise Broken("document-truncated", "Lines of the picture are missing.")
    check_trailer(content[end:], look)


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    at = _SIGNATURE_BYTES
    for _ in range(_MOST_CHUNKS):
        if at >= len(content):
            return
        if at + 12 > len(content):
            raise Broken("document-truncated", "The picture breaks off.")
        (length,) = struct.unpack_from(">I", content, at)
        name, end = content[at + 4 : at + 8], at + 12 + length
        if not name.isalpha():
            raise Broken("document-corrupt", "The picture's parts have no proper names.")
        if end > len(content):
            raise Broken("document-truncated", "The picture breaks off.")
        data = content[at + 8 : end - 4]
        if zlib.crc32(data, zlib.crc32(name)) != int.from_bytes(content[end - 4 : end], "big"):
            raise Broken("document-corrupt", f"The checksum of the part {name.decode()} is wrong.")
        yield name, data, end
        at = end
    raise Broken("document-corrupt", f"The picture has more than {_MOST_CHUNKS} parts.")


def _header(name: bytes, data: bytes, limit: FileLimit, look: Look) -> _Pixels:
    if name != b"IHDR" or len(data) != 13:
        raise Broken("document-corrupt", "The picture does not begin with its header.")
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", data)
    if not width or not height or depth not in _DEPTHS.get(colour, ()) or packing or filtering or interlace > 1:
        raise Broken("document-corrupt", "The picture's header says what no PNG can be.")
    look.width, look.height = width, height
    bits = depth * _CHANNELS[colour]
    rows = _Rows([(h, 1 + (w * bits + 7) // 8) for w, h in _sizes(width, height, bool(interlace))])
    if width * height > limit.max_pixels:
        look.add("document-too-many-pixels", f"The picture has {width} × {height} pixels.")
    elif rows.expected > limit.max_decoded_bytes:
        look.add("document-decodes-too-large", f"The picture unpacks to {rows.expected} bytes.")
    return _Pixels(rows)


def _sizes(width: int, height: int, interlaced: bool) -> list[tuple[int, int]]:
    """Width and height of each pass that is not empty."""
    if not interlaced:
        return [(width, height)]
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _PASSES]
    return [(w, h) for w, h in sizes if w > 0 and h > 0]


def _other(name: bytes, data: bytes, limit: FileLimit, look: Look) -> None:
    if name in (b"PLTE", b"IEND"):
        return
    if name[:1].isupper() and name not in _CRITICAL:
        raise Broken("document-corrupt", f"The picture needs a part {name.decode()} that is not of the standard.")
    match name:
        case b"acTL":
            frames = int.from_bytes(data[:4], "big")
            if frames > limit.max_frames:
                look.add("document-too-many-frames", f"It is an animation of {frames} pictures.")
        case b"tEXt" | b"zTXt" | b"iTXt":
            look.metadata.add("text")
            text = _text(name, data, look)
            check_text(text, "texts", look)
            if b"XML:com.adobe.xmp" in data[:32]:
                check_xmp(text, look)
        case b"iCCP":
            check_text(_inflated(data.partition(b"\x00")[2][1:], _PROFILE_BYTES, look), "colour profile", look)
        case b"eXIf":
            check_exif(data, look)
        case b"fdAT" | b"fcTL":
            pass
        case _:
            check_text(data, "parts", look)


def _text(name: bytes, data: bytes, look: Look) -> bytes:
    keyword, _, rest = data.partition(b"\x00")
    if name == b"zTXt":
        return keyword + b"\n" + _inflated(rest[1:], _TEXT_BYTES, look)
    if name == b"iTXt" and rest[:1] == b"\x01":
        language, _, tail = rest[2:].partition(b"\x00")
        translated, _, packed = tail.partition(b"\x00")
        return b"\n".join((keyword, language, translated, _inflated(packed, _TEXT_BYTES, look)))
    return data


def _inflated(packed: bytes, most: int, look: Look) -> bytes:
    try:
        text = zlib.decompressobj().decompress(packed, most + 1)
    except zlib.error as problem:
        raise Broken("document-corrupt", "A packed text in the picture is damaged.") from problem
    if len(text) > most:
        look.add("document-decodes-too-large", "A text in the picture unpacks to more than any text is long.")
    return text
