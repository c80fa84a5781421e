"""PDFs and time stamps that people send and that must be taken: scans, forms, signed and updated ones."""

import functools
import io
import zlib
from base64 import a85encode
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pikepdf
import pypdf
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from PIL import Image, ImageDraw
from pypdf.annotations import FreeText, Link
from reportlab.lib.colors import red
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.support.files import packing, pdfs, tokens
from tests.support.files.case import Case, Make
from tests.support.files.drawing import der
from tests.support.files.pdfs import document, flate, objects, stream, updated, written
from tests.support.files.photos import photo, saved, scene

DATE = "D:20260302100000+08'00'"


def benign_documents() -> Iterator[Case]:
    for producer, cases in (
        ("pillow", _scans()),
        ("reportlab", _printed()),
        ("pypdf", _assembled()),
        ("pikepdf", _rewritten()),
        ("by hand", _by_hand()),
        ("packed as long ago", _older_filters()),
    ):
        for name, make in cases:
            yield Case(f"benign-pdf {producer}", name, "certificate.pdf", make)
    for name, make in _stamps():
        yield Case("benign-tsa", name, "work.tsa", make)


def _scans() -> Iterator[tuple[str, Make]]:
    for mode in ("1", "L", "P", "RGB", "CMYK"):
        yield f"scan {mode}", lambda mode=mode: saved(scene().convert(mode), "PDF", creationDate=None)
    pages = [scene(200 + at, 280) for at in range(12)]
    yield "scan of 12 pages", lambda: saved(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=300)
    yield "scan with a title", lambda: saved(scene(), "PDF", title="商标注册证", author="Scanner", resolution=600)


def canvas(draw: Callable[[Canvas], object], **options: Any) -> bytes:
    out = io.BytesIO()
    sheet = Canvas(out, invariant=1, **options)
    draw(sheet)
    sheet.save()
    return out.getvalue()


def _printed() -> Iterator[tuple[str, Make]]:
    yield "text", lambda: canvas(lambda sheet: sheet.drawString(72, 720, "Certificate No. 1234567"))
    yield "not compressed", lambda: canvas(lambda sheet: sheet.drawString(72, 720, "plain"), pageCompression=0)
    yield "40 pages", lambda: canvas(_many_pages)
    yield "chinese", lambda: canvas(_chinese)
    yield "links", lambda: canvas(_links)
    yield "outline", lambda: canvas(_outline)
    yield "form", lambda: canvas(_form)
    yield "graphics", lambda: canvas(lambda sheet: (sheet.setFillColor(red), sheet.circle(200, 400, 90, fill=1)))
    for version in ((1, 3), (1, 5), (1, 7)):
        yield (
            f"version {version}",
            lambda version=version: canvas(lambda s: s.drawString(9, 9, "x"), pdfVersion=version),
        )


def _many_pages(sheet: Canvas) -> None:
    for number in range(40):
        sheet.drawString(72, 720, f"page {number + 1}")
        sheet.showPage()


def _chinese(sheet: Canvas) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    sheet.setFont("STSong-Light", 16)
    sheet.drawString(72, 720, "商标注册证")


def _links(sheet: Canvas) -> None:
    sheet.linkURL("https://sbj.cnipa.gov.cn/?a=1&b=2", (72, 700, 200, 720))
    sheet.linkURL("mailto:ipr@platform.example", (72, 600, 200, 620))
    sheet.drawString(72, 700, "the register")


def _outline(sheet: Canvas) -> None:
    sheet.drawString(72, 740, "First")
    sheet.bookmarkPage("first")
    sheet.addOutlineEntry("First", "first")
    sheet.linkAbsolute("to it", "first", (10, 10, 90, 30))


def _form(sheet: Canvas) -> None:
    sheet.drawString(72, 740, "Application")
    form = sheet.acroForm
    form.textfield(name="name", value="ACME", x=72, y=700, width=200, height=20)
    form.checkbox(name="agreed", checked=True, x=72, y=650)
    form.choice(name="class", value="25", options=["25", "35"], x=72, y=600, width=90, height=20)


def _assembled() -> Iterator[tuple[str, Make]]:
    yield "blank", lambda: _written(lambda writer: writer.add_blank_page(595, 842))
    yield "merged", lambda: _written(_merged)
    yield "described", lambda: _written(_described)
    yield "annotated", lambda: _written(_annotated)
    yield "compressed", lambda: _written(_compressed)
    yield "filled form", lambda: _written(_filled)
    yield "update", _incremental
    yield "rotated and cropped", lambda: _written(_rotated)


def _written(fill: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter()
    fill(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _merged(writer: pypdf.PdfWriter) -> None:
    for _, make in _printed():
        writer.append(io.BytesIO(make()))


def _described(writer: pypdf.PdfWriter) -> None:
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": "商标注册证 <ACME>", "/Author": "R & D", "/CreationDate": DATE})
    writer.add_outline_item(title="Page 1", page_number=0)


def _annotated(writer: pypdf.PdfWriter) -> None:
    writer.add_blank_page(595, 842)
    writer.add_annotation(0, FreeText(text="see here", rect=(50, 550, 200, 650)))
    writer.add_annotation(0, Link(rect=(50, 50, 90, 90), url="https://example.com/a"))


def _compressed(writer: pypdf.PdfWriter) -> None:
    writer.append(io.BytesIO(canvas(_many_pages, pageCompression=0)))
    for page in writer.pages:
        page.compress_content_streams()


def _filled(writer: pypdf.PdfWriter) -> None:
    writer.append(io.BytesIO(canvas(_form)))
    writer.update_page_form_field_values(writer.pages[0], {"name": "ACME Widgets"})


def _incremental() -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(canvas(_form)), incremental=True)
    writer.add_metadata({"/Title": "updated"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _rotated(writer: pypdf.PdfWriter) -> None:
    page = writer.add_blank_page(595, 842)
    page.rotate(90)
    page.cropbox.upper_right = (300, 400)


def _rewritten() -> Iterator[tuple[str, Make]]:
    options: dict[str, dict[str, Any]] = {
        "plain": {},
        "linearized": {"linearize": True},
        "object streams": {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        "linearized with object streams": {"linearize": True, "object_stream_mode": pikepdf.ObjectStreamMode.generate},
        "readable": {"qdf": True},
        "nothing compressed": {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.generalized},
        "as version 2": {"force_version": "2.0"},
    }
    for name, more in options.items():
        yield name, lambda more=more: _resaved(canvas(_form), **more)
    yield "with xmp", lambda: _resaved(canvas(_links), xmp=True)
    yield "a scan, linearized", lambda: _resaved(saved(scene(), "PDF"), linearize=True)


def _resaved(pdf: bytes, *, xmp: bool = False, **options: Any) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        if xmp:
            with opened.open_metadata() as metadata:
                metadata["dc:title"] = "商标注册证 <ACME> & more"
                metadata["pdfaid:part"] = "2"
        out = io.BytesIO()
        opened.save(out, deterministic_id=True, **options)
    return out.getvalue()


def _by_hand() -> Iterator[tuple[str, Make]]:
    for version in (b"1.0", b"1.3", b"1.4", b"1.6", b"2.0"):
        head = b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n"
        yield f"version {version.decode()}", lambda head=head: written(objects(), head=head)
    yield "blanks before", lambda: written(objects(), head=b"\r\n%PDF-1.4\n")
    yield "byte order mark before", lambda: written(objects(), head=b"\xef\xbb\xbf%PDF-1.4\n")
    for name, tail in {"nothing behind": b"", "line ends behind": b"\n\r\n\n", "zeros behind": bytes(300)}.items():
        yield name, lambda tail=tail: document().rstrip() + tail
    yield "updated", lambda: updated(document(), {4: stream(b"BT ET q Q")}, 5)
    yield "updated twice", lambda: updated(updated(document(), {4: stream(b"q Q")}, 5), {4: stream(b"")}, 5)
    yield (
        "table in a stream",
        lambda: pdfs.packed({3: pdfs.PAGE, 4: stream(b"BT ET")}, held={1: objects()[0], 2: objects()[1]}),
    )
    yield "compressed", lambda: document(contents=flate(b"0 0 m 100 100 l S\n" * 2000))
    yield "a photo", lambda: document([_picture(photo(640, 480), 640, 480)])
    links = (
        b"https://example.com:8443/a?b=c:d",
        b"example.com:8080/a",
        b"www.example.com",
        b"tel:+865718502",
        b"#page=2",
    )
    for target in links:
        yield f"link to {target.decode()}", lambda target=target: document(page=_link(target))
    fine = b"/Type /XObject /Subtype /Image /Width 14000 /Height 9900 /ImageMask true /BitsPerComponent 1"
    yield "a drawing at 1200 dpi", lambda: document([flate(bytes(17_325_000), fine)])
    yield "opens at page 1", lambda: document(catalog=b"/OpenAction [3 0 R /Fit]")
    yield "opens by a jump", lambda: document(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>")
    yield (
        "next page button",
        lambda: document(
            page=b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /Named /N /NextPage >> >>]"
        ),
    )
    yield (
        "empty name trees",
        lambda: document(catalog=b"/Names << /EmbeddedFiles << /Names [] >> /JavaScript << /Names [] >> >>"),
    )
    yield (
        "words of programmers",
        lambda: document(contents=stream(b"BT (JavaScript and Launch are words, /JS too) Tj ET")),
    )
    yield "signed", signed
    yield "signed, then stamped", lambda: updated(signed(), {4: stream(b"q Q")}, 8)
    yield (
        "tree of pages",
        lambda: document(
            [b"<< /Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 >>"],
            pages=b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>",
        ),
    )


def _older_filters() -> Iterator[tuple[str, Make]]:
    """As programs of the nineties and scanners of today pack them."""
    words = b"q 0.8 0.1 0.4 rg 40 40 300 500 re f Q " * 400
    lzw, runs = packing.lzw(words), packing.run_lengths(words)
    yield "LZW", lambda: document(contents=stream(lzw, b"/Filter /LZWDecode"))
    late = b"/Filter /LZWDecode /DecodeParms << /EarlyChange 0 >>"
    yield "LZW, late change", lambda: document(contents=stream(packing.lzw(words, 0), late))
    printable = b"/Filter [/ASCII85Decode /LZWDecode]"
    yield "LZW in printable characters", lambda: document(contents=stream(a85encode(lzw) + b"~>", printable))
    digits = b"/Filter [/ASCIIHexDecode /RunLengthDecode]"
    yield "run lengths in hexadecimal", lambda: document(contents=stream(runs.hex().encode() + b">", digits))
    yield "run lengths", lambda: document(contents=stream(runs, b"/Filter /RunLengthDecode"))
    yield "a scan in run lengths", _scan_in_runs
    both = b"/Filter [/ASCII85Decode /FlateDecode]"
    yield (
        "zlib in printable characters",
        lambda: document(contents=stream(a85encode(zlib.compress(words)) + b"~>", both)),
    )


def _scan_in_runs() -> bytes:
    """A page of 300 dots per inch in black and white: 1.1 MB, packed to a few thousand bytes."""
    sheet = Image.new("1", (2480, 3508), 1)
    ImageDraw.Draw(sheet).rectangle((300, 300, 2100, 900), outline=0, width=9)
    entries = (
        b"/Type /XObject /Subtype /Image /Width 2480 /Height 3508 /ColorSpace /DeviceGray /BitsPerComponent 1"
        b" /Filter /RunLengthDecode"
    )
    return document(
        [stream(packing.run_lengths(sheet.tobytes()), entries)],
        page=b"/Resources << /XObject << /P 5 0 R >> >>",
        contents=stream(b"q 595 0 0 842 0 0 cm /P Do Q"),
    )


def _link(target: bytes) -> bytes:
    action = b"<< /S /URI /URI (" + target + b") >>"
    return b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A " + action + b" >>]"


def _picture(jpeg: bytes, width: int, height: int) -> bytes:
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB" % (width, height)
    return stream(jpeg, entries + b" /BitsPerComponent 8 /Filter /DCTDecode")


@functools.cache
def signed() -> bytes:
    """A detached CMS signature over everything but itself (ISO 32000, 12.8), in a signature field."""
    room = 4096
    value = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached"
    value += b" /ByteRange [%s] /Contents <%s> /M (%s) >>"
    field = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /V 6 0 R /Rect [0 0 0 0] /F 132 /P 3 0 R >>"
    more = [field, value % (b"0" * 43, b"0" * room, DATE.encode())]
    pdf = document(more, catalog=b"/AcroForm << /Fields [5 0 R] /SigFlags 3 >>", page=b"/Annots [5 0 R]")
    start = pdf.index(b"/Contents <") + 10
    end = start + room + 2
    spans = b"%010d %010d %010d %010d" % (0, start, end, len(pdf) - end)
    pdf = pdf.replace(b"[" + b"0" * 43 + b"]", b"[" + spans + b"]")
    key, certificate = tokens.signer()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(pdf[:start] + pdf[end:])
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    cms = builder.add_signer(certificate, key, hashes.SHA256()).sign(serialization.Encoding.DER, options)
    return pdf[: start + 1] + cms.hex().encode().ljust(room, b"0") + pdf[end - 1 :]


def _stamps() -> Iterator[tuple[str, Make]]:
    stamp = tokens.stamp_of(b"the work")
    yield "token", partial(tokens.token, stamp)
    yield "without certificate", partial(tokens.token, stamp, with_certificate=False)
    yield "whole answer", lambda: tokens.answer(tokens.token(stamp))
    yield "line end behind", lambda: tokens.token(stamp) + b"\n"
    long = tokens.stamp_of(b"x")[:-17] + der(0x18, b"20260302020000.123Z")
    yield "fractions of a second", lambda: tokens.token(der(0x30, long[2:]))
