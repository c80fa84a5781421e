"""Data about data: what kinds a file holds, for the record, and scripts in them."""

import struct
import warnings

from PIL import Image

from shared.files.strangers import check_text
from shared.files.verdict import Look

_GPS_IFD = 0x8825


def check_exif(data: bytes, look: Look) -> None:
    """`data`: TIFF-formed, with or without `Exif\\0\\0` before it. What cannot be read of it is no reason to refuse:
    cameras write it in many ways, and nobody is shown it."""
    look.metadata.add("exif")
    check_text(data, "EXIF", look)
    if says_where(data):
        look.metadata.add("gps")


def says_where(exif: bytes) -> bool:
    """Whether the place is written in it. What is too broken to be read says nothing."""
    found = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of what is broken in it
            found.load(exif)
            return bool(found.get_ifd(_GPS_IFD))
    except (ValueError, SyntaxError, KeyError, TypeError, OSError, OverflowError, IndexError, struct.error):
        return False


def check_xmp(data: bytes, look: Look) -> None:
    look.metadata.add("xmp")
    if b"GPSLatitude" in data or b"GPSLongitude" in data:
        look.metadata.add("gps")
    check_text(data, "XMP", look)
