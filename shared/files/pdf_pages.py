"""Pages of a PDF as images, drawn by PDFium: no scripts (it is built without them), no forms, no links, no sound.

What a form shows is drawn beforehand by qpdf, as part of the page. Fonts that are neither in the file nor on the
machine leave gaps: what cannot be drawn is not disclosed either.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pikepdf
import pypdfium2
from PIL import Image

from shared.files.pdf import bound_parser


def page_count(content: bytes) -> int:
    """Raises what the readers raise where it is no PDF."""
    with _opened(content) as document:
        return len(document)


def drawn_page(content: bytes, number: int, side: int) -> Image.Image | None:
    """`number` counts from 1; `side`: pixels of the longer side. None where there is no such page."""
    with _opened(_with_forms(content)) as document:
        if not 1 <= number <= len(document):
            return None
        page = document[number - 1]
        scale = side / max(*page.get_size(), 1.0)
        bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True, fill_color=(255, 255, 255, 255))
        picture: Image.Image = bitmap.to_pil().convert("RGB")
        return picture.copy()  # its own memory: PDFium's goes with the document


@contextmanager
def _opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(content)
    try:
        yield document
    finally:
        document.close()


def _with_forms(content: bytes) -> bytes:
    """The same pages, with what stands in form fields as a part of them."""
    if b"/AcroForm" not in content and b"/ObjStm" not in content:
        return content
    bound_parser()
    with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
        if "/AcroForm" not in pdf.Root:
            return content
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("screen")
        out = io.BytesIO()
        pdf.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
        return out.getvalue()
