"""Documents that pass for scans: small, valid images made here, so that nothing has to be shipped."""

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(seed: int, side: int = 24) -> bytes:
    """A valid PNG of `side` × `side` coloured pixels (RFC 2083: header, data, end)."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    lines = bytearray()
    for y in range(side):
        lines.append(0)  # no filter
        for x in range(side):
            lines += bytes(((seed * 37 + x * 9) % 256, (seed * 101 + y * 7) % 256, (seed + x * y) % 256))
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(lines))) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
