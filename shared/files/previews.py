"""Previews: an image drawn anew, upright, small, with nothing of the original but what is to be seen."""

import io

from PIL import Image, ImageOps

from shared.files.verdict import Kind

SIDE = 1600
"""Ours: pixels of the longer side; a certificate of a page stays readable."""

_FORMATS = {"gif": "GIF", "jpg": "JPEG", "png": "PNG", "bmp": "BMP"}
_QUALITY = 85
_WHITE = (255, 255, 255)
_SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "F")


def preview(content: bytes, kind: Kind, side: int = SIDE) -> bytes | None:
    """A JPEG without any metadata; None for a PDF or a time stamp: of these there are no previews, for drawing them
    needs a viewer. Only for files that were accepted."""
    if kind not in _FORMATS:
        return None
    with Image.open(io.BytesIO(content), formats=(_FORMATS[kind],)) as image:
        image.draft(None, (side, side))
        small = _in_colours(image)
        small.thumbnail((side, side))
        upright = ImageOps.exif_transpose(small)
    clean = Image.new("RGB", upright.size, _WHITE)
    clean.paste(upright.convert("RGB"), (0, 0), upright if upright.mode == "RGBA" else None)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _in_colours(image: Image.Image) -> Image.Image:
    """RGB or RGBA; grey of 16 bits keeps its upper eight."""
    if image.mode in _SIXTEEN_BITS:
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    has_alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")
