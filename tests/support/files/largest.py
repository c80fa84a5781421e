"""The most that a file within the limits can ask for: to be taken or refused, but never to fill the memory."""

from collections.abc import Iterator

from PIL import Image

from tests.support.files.case import Case
from tests.support.files.pdfs import document, flate
from tests.support.files.photos import saved

_SIDE = 8900
"""79,210,000 pixels, of 80,000,000 that the policy allows."""


def _flat(mode: str) -> Image.Image:
    return Image.new(mode, (_SIDE, _SIDE))


def largest() -> Iterator[Case]:
    yield Case("largest", "progressive", "a.jpg", lambda: saved(_flat("RGB"), "JPEG", progressive=True, quality=5))
    yield Case("largest", "baseline", "a.jpg", lambda: saved(_flat("RGB"), "JPEG", quality=5))
    yield Case("largest", "png", "a.png", lambda: saved(_flat("RGB"), "PNG"))
    yield Case("largest", "gif", "a.gif", lambda: saved(_flat("L"), "GIF"))
    yield Case("largest", "pdf of one array", "a.pdf", lambda: document([b"[" + b"0 " * 199_000 + b"]"]))
    yield Case("largest", "pdf of many arrays", "a.pdf", lambda: document([b"[" + b"[]" * 90_000 + b"]"] * 25))
    yield Case("largest", "pdf of fewer arrays", "a.pdf", lambda: document([b"[" + b"[]" * 90_000 + b"]"] * 11))
    yield Case("largest", "pdf of many numbers", "a.pdf", lambda: document([b"[" + b"0 " * 195_000 + b"]"] * 13))
    yield Case("largest", "pdf of fewer numbers", "a.pdf", lambda: document([b"[" + b"0 " * 195_000 + b"]"] * 5))
    packed = b"/Type /ObjStm /N 1 /First 4"
    numbers = b"[" + b"0 " * 190_000 + b"]"
    yield Case("largest", "packed numbers", "a.pdf", lambda: document([flate(b"9 0 " + numbers * 40, packed)]))
