"""Which side of a picture is up: the one thing of EXIF that it is not seen rightly without."""

import struct
import warnings

from PIL import Image

_ORIENTATION = 0x0112
_SHORT = 3
_UPRIGHT = 1
_MOST = 8


def orientation_of(exif: bytes) -> int:
    """1 to 8 (EXIF 2.32, 4.6.4); 1, upright, where it cannot be read."""
    found = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of what is broken in it
            found.load(exif)
            told = found.get(_ORIENTATION, _UPRIGHT)
    except (ValueError, SyntaxError, KeyError, TypeError, OSError, OverflowError, IndexError, struct.error):
        return _UPRIGHT
    return told if isinstance(told, int) and _UPRIGHT <= told <= _MOST else _UPRIGHT


def exif_of(orientation: int) -> bytes:
    """TIFF-formed, with nothing but this."""
    entry = struct.pack(">HHIHH", _ORIENTATION, _SHORT, 1, orientation, 0)
    return b"MM\x00*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
