"""Copies without metadata: the same picture or pages, bit for bit where the format allows it, and nothing of who made
it, where and with what. The sealed original stays as it is.

Loads decoders: only for the worker's process.
"""

from collections.abc import Callable, Mapping

from shared.files.clean.bitmap import clean_bmp
from shared.files.clean.blocks import clean_gif
from shared.files.clean.chunks import clean_png
from shared.files.clean.document import clean_pdf
from shared.files.clean.segments import clean_jpeg
from shared.files.verdict import Kind

_CLEAN: Mapping[Kind, Callable[[bytes], bytes]] = {
    "jpg": clean_jpeg,
    "png": clean_png,
    "gif": clean_gif,
    "bmp": clean_bmp,
    "pdf": clean_pdf,
    "tsa": bytes,  # a stamping server's answer says nothing of who asked
}


def cleaned(content: bytes, kind: Kind) -> bytes:
    """Only for files that were accepted. Raises what the readers raise where it cannot be done."""
    return _CLEAN[kind](content)
