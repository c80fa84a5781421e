"""Files written by hand, byte by byte from their standards, so that each can be bent where a case wants it."""

import struct
import zlib
from collections.abc import Iterable, Sequence

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png_lines(width: int, height: int, bits: int = 24, seed: int = 1) -> bytes:
    """Lines without a filter, of pixels that differ."""
    stride = (width * bits + 7) // 8
    return b"".join(b"\x00" + bytes((seed * 37 + x * 9 + y * 5) % 256 for x in range(stride)) for y in range(height))


def png(
    width: int = 16,
    height: int = 12,
    *,
    before: Iterable[bytes] = (),
    after: Iterable[bytes] = (),
    depth: int = 8,
    colour: int = 2,
    lines: bytes | None = None,
    parts: int = 1,
) -> bytes:
    """A PNG; `before` and `after`: whole chunks around the pixels; `parts`: how many IDAT the pixels come in."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    packed = zlib.compress(png_lines(width, height, depth * channels) if lines is None else lines)
    size = -(-len(packed) // parts)
    data = [png_chunk(b"IDAT", packed[at : at + size]) for at in range(0, len(packed), size)]
    chunks = [png_header(width, height, depth, colour), *before, *data, *after, png_chunk(b"IEND")]
    return PNG_SIGNATURE + b"".join(chunks)


def sub_blocks(data: bytes) -> bytes:
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\x00"


def gif_frame(width: int = 4, height: int = 4) -> bytes:
    """A frame of one colour, its codes written without compression: a clear code before every other pixel."""
    clear, end, size = 4, 5, 3
    bits = "".join(f"{code:03b}"[::-1] for _ in range((width * height + 1) // 2) for code in (clear, 1, 1))
    bits += f"{end:03b}"[::-1]
    data = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    return b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + bytes([size - 1]) + sub_blocks(data)


def gif_extension(label: int, data: bytes) -> bytes:
    return b"\x21" + bytes([label]) + sub_blocks(data)


def gif(
    width: int = 4,
    height: int = 4,
    *,
    version: bytes = b"89a",
    parts: Sequence[bytes] | None = None,
    tail: bytes = b"\x3b",
) -> bytes:
    palette = bytes((0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255))
    screen = struct.pack("<HHBBB", width, height, 0x81, 0, 0)
    return b"GIF" + version + screen + palette + b"".join(parts or [gif_frame(width, height)]) + tail


def bmp(
    width: int = 5,
    height: int = 4,
    *,
    bits: int = 24,
    compression: int = 0,
    data: bytes | None = None,
    gap: bytes = b"",
) -> bytes:
    stride = (width * bits + 31) // 32 * 4
    colours = 4 * (1 << bits) if bits <= 8 else 0
    pixels = bytes((7 * at) % 256 for at in range(stride * abs(height))) if data is None else data
    start = 54 + colours + len(gap)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 2835, 2835, 0, 0)
    palette = b"".join(bytes((at % 256, at % 256, at % 256, 0)) for at in range(colours // 4))
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + info + palette + gap + pixels


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """The segments right behind the start of an existing JPEG."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 128:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray([40 * first + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        out += bytes(reversed(groups))
    return der(0x06, bytes(out))
