"""JPEG without its application data and comments, and without what stands behind its end."""

from shared.files.clean.orientation import exif_of, orientation_of
from shared.files.jpeg import NEXT_MARKER, length_at, marker_at

_EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_JFIF = b"JFIF\x00"
_JFIF_BYTES = 12
_EXIF = b"Exif\x00\x00"


def clean_jpeg(content: bytes) -> bytes:
    """The coded pixels as they are. Kept besides: how colours are meant (JFIF without its small picture, Adobe, ICC)
    and which side is up."""
    first, rest, upright, at = b"", bytearray(), 1, 2
    while True:
        at, marker = marker_at(content, at)
        if marker == _EOI:
            break
        length = length_at(content, at)
        data = content[at + 2 : at + length]
        at += length
        if marker == _APP0 and data.startswith(_JFIF) and not first:
            first = _segment(_APP0, data[:_JFIF_BYTES] + b"\x00\x00")
        elif marker == _APP1 and data.startswith(_EXIF) and upright == 1:
            upright = orientation_of(data)
        elif _is_kept(marker, data):
            rest += _segment(marker, data)
        if marker == _SOS:
            found = NEXT_MARKER.search(content, at)
            end = found.start() if found else len(content)
            rest += content[at:end]
            at = end
    turned = _segment(_APP1, _EXIF + exif_of(upright)) if upright != 1 else b""
    return b"\xff\xd8" + first + turned + bytes(rest) + b"\xff\xd9"


def _is_kept(marker: int, data: bytes) -> bool:
    if marker == _APP2:
        return data.startswith(b"ICC_PROFILE\x00")
    if marker == _APP14:
        return data.startswith(b"Adobe")
    return not (_APP0 <= marker <= _APP15 or marker == _COM)


def _segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2, "big") + data
