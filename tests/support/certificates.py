"""The smallest files of each accepted format that are what they say."""

import functools
import io

from PIL import Image

from tests.support.files import drawing
from tests.support.files.pdfs import document
from tests.support.files.tokens import stamp_of, token


@functools.cache
def _jpg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    return out.getvalue()


GIF = drawing.gif()
JPG = _jpg()
PNG = drawing.png()
BMP = drawing.bmp()
PDF = document()
TSA = token(stamp_of(b"a work"))
