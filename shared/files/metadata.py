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
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of what is broken in it
            exif.load(data)
            if exif.get_ifd(_GPS_IFD):
                look.metadata.add("gps")
    except (ValueError, SyntaxError, KeyError, TypeError, OSError, OverflowError, IndexError, struct.error):
        return


def check_xmp(data: bytes, look: Look) -> None:
    look.metadata.add("xmp")
    if b"GPSLatitude" in data or b"GPSLongitude" in data:
        look.metadata.add("gps")
    check_text(data, "XMP", look)
