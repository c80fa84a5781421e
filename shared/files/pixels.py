"""Decoding, for whether it can be done at all. Only after the header was checked against the limits."""

import io
import warnings

from PIL import Image

from shared.files.verdict import Kind, Look

_FORMATS = {"gif": "GIF", "jpg": "JPEG", "png": "PNG", "bmp": "BMP"}
_DRAFT = 8


def decode(content: bytes, kind: Kind, look: Look) -> None:
    """A JPEG is unpacked at an eighth of its size: all of it is read, and little of it is held."""
    try:
        with warnings.catch_warnings(action="ignore"):
            _load(content, kind)
    except MemoryError:
        look.add("document-decodes-too-large", "The picture needs too much memory to be unpacked.")
    except Exception:  # a decoder's own: what kind it is differs from format to format and from version to version
        look.add("document-corrupt", "The picture cannot be unpacked.")


def _load(content: bytes, kind: Kind) -> None:
    with Image.open(io.BytesIO(content), formats=(_FORMATS[kind],)) as image:
        if kind == "jpg":
            image.draft(None, (max(1, image.width // _DRAFT), max(1, image.height // _DRAFT)))
        image.load()
