"""PNG with the parts that show something, and no others."""

import zlib

from shared.files.clean.orientation import exif_of, orientation_of
from shared.files.png import chunks

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SHOWN = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"sBIT",
        b"bKGD",
        b"pHYs",
        b"cICP",
        b"mDCV",
        b"cLLI",
    }
)


def clean_png(content: bytes) -> bytes:
    """The coded pixels as they are; how colours are meant and which side is up stay."""
    out, upright = bytearray(_SIGNATURE), 1
    for name, data, _ in chunks(content):
        if name == b"eXIf":
            upright = orientation_of(data)
        elif name in _SHOWN:
            if name == b"IEND" and upright != 1:
                out += _chunk(b"eXIf", exif_of(upright))
            out += _chunk(name, data)
        if name == b"IEND":
            break
    return bytes(out)


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(data, zlib.crc32(name)).to_bytes(4, "big")
