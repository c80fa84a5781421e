"""Pictures as Pillow writes them, with what cameras, phones and programs add. All drawn, none random."""

import functools
import io
import struct
from typing import Any

from PIL import Image

from tests.support.files.drawing import jpeg_segment, with_segments

XMP_NAME = b"http://ns.adobe.com/xap/1.0/\x00"


@functools.cache
def scene(width: int = 320, height: int = 240) -> Image.Image:
    """Something with edges, surfaces and noise of its own."""
    red = Image.effect_mandelbrot((width, height), (-2.0, -1.5, 1.0, 1.5), 60)
    green = Image.linear_gradient("L").resize((width, height))
    blue = Image.radial_gradient("L").resize((width, height))
    return Image.merge("RGB", (red, green, blue))


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def exif(
    make: str = "Apple", model: str = "iPhone 15 Pro", *, gps: bool = False, turned: int = 1, **more: Any
) -> bytes:
    """As phones write it. `more`: `e0x9286` and so on, an EXIF tag with its value."""
    data = Image.Exif()
    data[0x010F], data[0x0110], data[0x0112], data[0x0132] = make, model, turned, "2026:03:02 10:00:00"
    details = data.get_ifd(0x8769)
    details[0x9003], details[0x829A] = "2026:03:02 10:00:00", 0.01
    for name, value in more.items():
        (details if name.startswith("e") else data)[int(name[1:], 16)] = value
    if gps:
        place = data.get_ifd(0x8825)
        place[1], place[2], place[3], place[4] = "N", (30.0, 14.0, 51.2), "E", (120.0, 9.0, 18.4)
    return data.tobytes()


def photo(width: int = 320, height: int = 240, **options: Any) -> bytes:
    return saved(scene(width, height), "JPEG", **{"quality": 85, **options})


def xmp(description: str, attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
        f'{attributes}><dc:description><rdf:Alt><rdf:li xml:lang="x-default">{description}</rdf:li></rdf:Alt>'
        '</dc:description></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def with_xmp(jpeg: bytes, packet: bytes) -> bytes:
    return with_segments(jpeg, jpeg_segment(0xE1, XMP_NAME + packet))


def film(size: int = 3000) -> bytes:
    """A short ISO media file: its boxes only, for nobody plays it."""
    body = bytes((at * 31) % 251 for at in range(size))
    boxes = ((b"ftyp", b"mp42\x00\x00\x00\x00isommp42"), (b"mdat", body), (b"moov", bytes(64)))
    return b"".join(struct.pack(">I", len(data) + 8) + name + data for name, data in boxes)


def motion_photo(
    jpeg: bytes, video: bytes, attributes: str = 'GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"'
) -> bytes:
    return with_xmp(jpeg, xmp("", attributes)) + video


def multi_picture(first: bytes, second: bytes, order: str = ">") -> bytes:
    """Two pictures in one file (CIPA DC-007): an index in the first says where the second begins."""
    header = b"MM\x00*" if order == ">" else b"II*\x00"

    def index(size: int, start: int) -> bytes:
        entries = struct.pack(order + "IIIHH", 0x030000, size, 0, 0, 0)
        entries += struct.pack(order + "IIIHH", 0, len(second), start, 0, 0)
        tags = struct.pack(order + "HHI4s", 0xB000, 7, 4, b"0100")
        tags += struct.pack(order + "HHII", 0xB001, 4, 1, 2)
        tags += struct.pack(order + "HHII", 0xB002, 7, len(entries), 8 + 2 + 36 + 4)
        return (
            b"MPF\x00" + header + struct.pack(order + "I", 8) + struct.pack(order + "H", 3) + tags + bytes(4) + entries
        )

    whole = with_segments(first, jpeg_segment(0xE2, index(0, 0)))
    base = 2 + 4 + 4  # start of image; marker and length; the name before the index's own header
    return with_segments(first, jpeg_segment(0xE2, index(len(whole), len(whole) - base))) + second


def samsung(jpeg: bytes, *blocks: tuple[int, bytes, bytes]) -> bytes:
    """Behind the picture: blocks of a kind, name and data, their directory, and its length at the very end."""
    body, directory = b"", b""
    parts = [struct.pack("<HHI", 0, kind, len(name)) + name + data for kind, name, data in blocks]
    total = sum(map(len, parts))
    for (kind, _, _), part in zip(blocks, parts, strict=True):
        directory += struct.pack("<HHII", 0, kind, total - len(body), len(part))
        body += part
    head = b"SEFH" + struct.pack("<II", 107, len(blocks)) + directory
    return jpeg + body + head + struct.pack("<I", len(head)) + b"SEFT"
