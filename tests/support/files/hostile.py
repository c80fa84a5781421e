"""The hostile corpus."""

from collections.abc import Iterator

from tests.support.files import drawing, payloads, tokens
from tests.support.files.case import Case
from tests.support.files.hostile_documents import hostile_documents
from tests.support.files.hostile_images import hostile_images
from tests.support.files.pdfs import document
from tests.support.files.photos import photo, saved, scene

_MIB = 1_048_576

_OTHER_TYPES: dict[str, bytes] = {
    "nothing at all": b"",
    "zeros": bytes(500),
    "text": b"Certificate No. 1234567\n",
    "html": payloads.HTML,
    "svg": payloads.SVG,
    "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "json": b'{"a": 1}',
    "php": payloads.PHP,
    "shell": payloads.SHELL,
    "postscript": b"%!PS-Adobe-3.0\nshowpage\n",
    "rtf": b"{\\rtf1 hello}",
    "tiff": b"II*\x00\x08\x00\x00\x00" + bytes(40),
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(30),
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40),
    "avif": b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif" + bytes(40),
    "icon": b"\x00\x00\x01\x00\x01\x00\x10\x10" + bytes(40),
    "photoshop": b"8BPS\x00\x01" + bytes(40),
    "jpeg 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40),
    "mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42" + bytes(40),
    "mp3": b"ID3\x04" + bytes(60),
    "looks like a bitmap": b"BM me later, please, and thank you",
    **payloads.BINARIES,
}


def _hostile() -> Iterator[Case]:
    refused = "document-type-not-accepted"
    for number, (name, content) in enumerate(_OTHER_TYPES.items()):
        kind = ("jpg", "png", "gif", "bmp", "pdf", "tsa")[number % 6]
        yield Case("another type", f"{name} named {kind}", f"a.{kind}", lambda content=content: content, refused)
    before = {"zip": payloads.archive(), "html": payloads.HTML, "shell": payloads.SHELL, "program": payloads.PROGRAM}
    for name, first in before.items():
        yield Case(
            "file before a document", f"{name}, then pdf", "a.pdf", lambda first=first: first + document(), refused
        )
        yield Case("file before a document", f"{name}, then jpg", "a.jpg", lambda first=first: first + photo(), refused)
    yield Case(
        "file before a document", "picture, then pdf", "a.pdf", lambda: photo() + document(), "document-ending-differs"
    )
    stamp = lambda: tokens.token(tokens.stamp_of(b"x"))  # noqa: E731
    for name, make in {"pdf": document, "tsa": stamp}.items():
        yield Case("type that identity does not take", name, f"passport.{name}", make, refused, "identity")
    yield from _endings()
    yield from _sizes()
    yield from hostile_images()
    yield from hostile_documents()


def _endings() -> Iterator[Case]:
    differs = "document-ending-differs"
    for name in (
        "a.jpg",
        "a.pdf",
        "a",
        "png",
        "a.png.exe",
        "a.svg",
        "a.html",
        "a.png ",
        "a.png\x00.jpg",
        "",
        ".png/..",
        "a.php",
    ):
        yield Case("another ending", f"png as {name!r}", name, drawing.png, differs)
    yield Case("another ending", "pdf as png", "a.png", document, differs)
    yield Case("another ending", "gif as bmp", "a.bmp", drawing.gif, differs)
    yield Case("another ending", "bmp as gif", "a.gif", drawing.bmp, differs, "identity")


def _sizes() -> Iterator[Case]:
    large = "document-too-large"
    one_over = lambda: drawing.png() + bytes(5 * _MIB - len(drawing.png()) + 1)  # noqa: E731
    yield Case("too large", "one byte over", "a.png", one_over, large)
    yield Case("too large", "identity", "a.png", lambda: drawing.png() + bytes(8 * _MIB), large, "identity")
    yield Case("too large", "bitmap", "a.bmp", lambda: saved(scene(2000, 1500), "BMP"), large)
    yield Case("too large", "pdf", "a.pdf", lambda: document() + bytes(6 * _MIB), large)


HOSTILE = tuple(_hostile())
