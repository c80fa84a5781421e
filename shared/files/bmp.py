"""BMP: the headers of Windows and OS/2; the size that they promise against the bytes that are there."""

import struct
from dataclasses import dataclass

from shared.files.pixels import decode
from shared.files.strangers import check_text, check_trailer
from shared.files.verdict import Broken, Look
from shared.policies.policy import FileLimit

_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_RGB, _RLE8, _RLE4, _BITFIELDS, _ALPHA_BITFIELDS = 0, 1, 2, 3, 6
_V5 = 124
_MOST_GAP = 1024


@dataclass(frozen=True)
class _Header:
    start: int
    size: int
    width: int
    height: int
    bits: int
    compression: int
    image_size: int

    @property
    def expected(self) -> int:
        """Bytes of the pixels: each line is filled up to 4 bytes. Of packed ones only the header knows."""
        if self.compression in (_RLE8, _RLE4):
            return self.image_size
        return (self.width * self.bits + 31) // 32 * 4 * self.height


def inspect_bmp(content: bytes, limit: FileLimit, look: Look) -> None:
    """Raises Broken where the headers say what cannot be."""
    header = header_of(content)
    look.width, look.height = header.width, header.height
    pixels = header.width * header.height
    if pixels > limit.max_pixels:
        look.add("document-too-many-pixels", f"The picture has {header.width} × {header.height} pixels.")
        return
    if pixels * max(header.bits, 8) // 8 > limit.max_decoded_bytes:
        look.add("document-decodes-too-large", "The picture needs too much memory to be unpacked.")
        return
    end = header.start + header.expected
    if end > len(content):
        raise Broken("document-truncated", "Lines of the picture are missing.")
    told = max(end, _profile_end(content, header))
    check_text(content[14 + header.size : min(header.start, 14 + header.size + 65_536)], "header", look)
    check_trailer(content[told:], look)
    if header.compression in (_RLE8, _RLE4) and not look.findings:
        decode(content, "bmp", look)  # of others the bytes were counted, and any bytes are pixels


def header_of(content: bytes) -> _Header:
    start, size = struct.unpack_from("<II", content, 10)
    if size not in _HEADERS:
        raise Broken("document-corrupt", "The picture's header is of no known form.")
    if len(content) < 14 + size:
        raise Broken("document-truncated", "The picture breaks off.")
    if size == 12:
        width, height, planes, bits = struct.unpack_from("<HHHH", content, 18)
        compression = image_size = 0
    else:
        width, height, planes, bits = struct.unpack_from("<iiHH", content, 18)
        compression, image_size = struct.unpack_from("<II", content, 30) if size >= 40 else (0, 0)
    if width <= 0 or not height or planes != 1 or bits not in (1, 4, 8, 16, 24, 32):
        raise Broken("document-corrupt", "The picture's header says what no BMP can be.")
    if compression not in (_RGB, _RLE8, _RLE4, _BITFIELDS, _ALPHA_BITFIELDS):
        raise Broken("document-corrupt", "The picture is packed in a way that is not of the format.")
    if start < 14 + size:
        raise Broken("document-corrupt", "The picture's header says what no BMP can be.")
    if start > 14 + size + 1024 + _MOST_GAP:
        raise Broken("document-corrupt", "Between the header and the picture there is something else.")
    return _Header(start, size, width, abs(height), bits, compression, image_size)


def _profile_end(content: bytes, header: _Header) -> int:
    """The last header may name a colour profile behind the pixels."""
    if header.size < _V5:
        return 0
    offset, size = struct.unpack_from("<II", content, 14 + 112)
    end = 14 + int(offset) + int(size)
    return end if size and end <= len(content) else 0
