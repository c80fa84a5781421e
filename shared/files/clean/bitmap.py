"""BMP: headers, colours and pixels; what lies between and behind them is nothing that is shown."""

import struct

from shared.files.bmp import header_of

_V4, _V5 = 108, 124
_INFO = 40
_MASKS = {3: 12, 6: 16}
"""Bytes that say which bits are which colour, by the way of packing, where the header is too short to hold them."""
_COLOUR_SPACE_AT = 14 + 56
_PROFILE_AT = 14 + 112
_SRGB = b"BGRs"
_WITH_PROFILE = (b"DEBM", b"KNIL")  # embedded, or linked: a path on somebody's machine


def clean_bmp(content: bytes) -> bytes:
    header = header_of(content)
    head = bytearray(content[: 14 + header.size])
    if header.size >= _V4 and bytes(head[_COLOUR_SPACE_AT : _COLOUR_SPACE_AT + 4]) in _WITH_PROFILE:
        head[_COLOUR_SPACE_AT : _COLOUR_SPACE_AT + 4] = _SRGB
    if header.size >= _V5:
        head[_PROFILE_AT : _PROFILE_AT + 8] = bytes(8)
    between = content[14 + header.size : header.start]
    colours = between[: _colour_bytes(content, header.size, header.bits, header.compression)]
    pixels = content[header.start : header.start + header.expected] if header.expected else content[header.start :]
    out = bytes(head) + colours.ljust(len(between), b"\x00") + pixels
    return out[:2] + struct.pack("<I", len(out)) + out[6:]


def _colour_bytes(content: bytes, size: int, bits: int, compression: int) -> int:
    most = 1 << bits if bits <= 8 else 0
    if size < _INFO:
        return most * (3 if size == 12 else 4)
    (used,) = struct.unpack_from("<I", content, 46)
    masks = _MASKS.get(compression, 0) if size == _INFO else 0
    return masks + 4 * (min(used, most) if used and most else most)
