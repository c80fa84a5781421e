"""Previews: an image drawn anew, upright, small, with nothing of the original but what is to be seen."""

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from shared.files.covers import Cover
from shared.files.pdf_pages import drawn_page, page_count
from shared.files.verdict import Kind

_FORMATS = {"gif": "GIF", "jpg": "JPEG", "png": "PNG", "bmp": "BMP"}
_QUALITY = 85
_WHITE = (255, 255, 255)
COVER = (64, 64, 64)
"""Ours: dark, and no black that a stamp or seal could have."""

_SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "F")


def preview(content: bytes, kind: Kind, side: int, page: int = 1, covers: Sequence[Cover] = ()) -> bytes | None:
    """A JPEG without any metadata, its longer side at most `side` pixels; what lies under the covers is not in it.
    None where there is no such page, and for a time stamp, which shows nothing. Only for files that were accepted."""
    picture = _drawn(content, kind, side, page)
    if picture is None:
        return None
    clean = Image.new("RGB", picture.size, _WHITE)
    clean.paste(picture.convert("RGB"), (0, 0), picture if picture.mode == "RGBA" else None)
    pen = ImageDraw.Draw(clean)
    for cover in covers:
        pen.rectangle(_covered(cover, clean.width, clean.height), fill=COVER)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def pages(content: bytes, kind: Kind) -> int:
    """How many there are to be drawn: of a picture one, of a time stamp none."""
    if kind == "pdf":
        return page_count(content)
    return 1 if kind in _FORMATS else 0


def _drawn(content: bytes, kind: Kind, side: int, page: int) -> Image.Image | None:
    if kind == "pdf":
        return drawn_page(content, page, side)
    if kind not in _FORMATS or page != 1:
        return None
    with Image.open(io.BytesIO(content), formats=(_FORMATS[kind],)) as image:
        image.draft(None, (side, side))
        small = _in_colours(image)
        small.thumbnail((side, side))
        return ImageOps.exif_transpose(small)


def _covered(cover: Cover, width: int, height: int) -> tuple[int, int, int, int]:
    """Pixels, both ends included: what is touched at all is covered."""
    left, top = math.floor(cover.x * width), math.floor(cover.y * height)
    right, bottom = math.ceil((cover.x + cover.width) * width), math.ceil((cover.y + cover.height) * height)
    return left, top, max(left, right - 1), max(top, bottom - 1)


def _in_colours(image: Image.Image) -> Image.Image:
    """RGB or RGBA; grey of 16 bits keeps its upper eight."""
    if image.mode in _SIXTEEN_BITS:
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    has_alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")
