"""PDF (ISO 32000): read by qpdf; everything that acts, hides or waits in it is looked for in every object.

A reviewer opens the file in whatever viewer there is, so nothing that a viewer may run, fetch or unpack is let in.
Forms without scripts, signatures, links to web pages, updates and linearized files are ordinary and pass.
"""

import io
import re
from collections.abc import Iterator

import pikepdf
from pikepdf import settings

from shared.files.kinds import pdf_start
from shared.files.pdf_streams import check_streams, unescaped
from shared.files.strangers import check_text, check_trailer
from shared.files.verdict import Broken, Look
from shared.policies.policy import FileLimit

_MIB = 1_048_576
_END = re.compile(rb"%%EOF")
_OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b")
_HEADER = re.compile(rb"%PDF-[12]\.\d")
_ENCRYPTED = re.compile(rb"/Encrypt\s*(\d+\s+\d+\s+R|<<)")
_RAW = (
    (re.compile(rb"/S\s*/JavaScript\b"), "document-holds-javascript", "There is a script in it."),
    (re.compile(rb"/S\s*/(Launch|SubmitForm|ImportData)\b"), "document-holds-action", "It wants to start something."),
    (re.compile(rb"/Type\s*/EmbeddedFile\b"), "document-holds-files", "There are files inside it."),
    (re.compile(rb"/Subtype\s*/RichMedia\b"), "document-holds-media", "There is a film or sound in it."),
)
_ACTIONS = {
    "/Launch": "starts a program",
    "/SubmitForm": "sends data away",
    "/ImportData": "fetches data",
    "/GoToR": "opens another file",
    "/Thread": "opens another file",
}
_MEDIA = frozenset(
    {"/RichMedia", "/3D", "/Movie", "/Sound", "/Screen", "/RichMediaExecute", "/Rendition", "/GoTo3DView"}
)
_LINKS = frozenset({"http", "https", "mailto", "tel", "sms", "ftp", "ftps", "urn", "doi", "geo", "about"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d)")
_ONE_BIT = 8
"""Times as many pixels may a picture of one bit have: it takes as much room."""
_MOST_OBJECTS = 200_000
_DEEPEST = 100


def _bound_parser() -> None:
    """What qpdf may use for one stream, one array, one damaged file. For the whole process."""
    settings.set_qpdf_limits(
        doc_max_warnings=500,
        parser_max_container_size=200_000,
        flate_max_memory=32 * _MIB,
        run_length_max_memory=32 * _MIB,
        png_max_memory=32 * _MIB,
        tiff_max_memory=32 * _MIB,
        dct_max_memory=32 * _MIB,
    )


def inspect_pdf(content: bytes, limit: FileLimit, look: Look) -> None:
    """Raises Broken where it is no whole PDF."""
    _check_ends(content, look)
    check_streams(content, limit, look)
    _check_raw(content, look)
    if look.has("document-decodes-too-large"):
        return
    _bound_parser()
    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                look.add("document-encrypted", "It is protected by a password or by restrictions.")
            else:
                _check_document(pdf, limit, look)
    except pikepdf.PasswordError:
        look.add("document-encrypted", "It is protected by a password.")
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OverflowError) as problem:
        if not look.has("document-encrypted"):
            raise Broken("document-corrupt", "It cannot be read as a PDF.") from problem


def _check_ends(content: bytes, look: Look) -> None:
    start = pdf_start(content) or 0
    if any(content[found.start() - 1] in b"\r\n" for found in _HEADER.finditer(content, start + 6)):
        look.add("document-holds-another-file", "A second PDF stands behind the first.")
    ends = [found.end() for found in _END.finditer(content)]
    if not ends or _OBJECT.search(content, ends[-1]):
        raise Broken("document-truncated", "The PDF breaks off.")
    check_trailer(content[ends[-1] :], look)


def _check_raw(content: bytes, look: Look) -> None:
    """What stands in it for whoever reads it otherwise than by its tables: also in versions that were replaced."""
    plain = unescaped(content)
    if _ENCRYPTED.search(plain):
        look.add("document-encrypted", "It is protected by a password or by restrictions.")
    for pattern, code, detail in _RAW:
        if pattern.search(plain):
            look.add(code, detail)


def _check_document(pdf: pikepdf.Pdf, limit: FileLimit, look: Look) -> None:
    pages = _count_pages(pdf, limit.max_pages)
    look.pages = pages
    if not pages:
        raise Broken("document-corrupt", "The PDF has no pages.")
    if pages > limit.max_pages:
        look.add("document-too-many-pages", f"The PDF has more than {limit.max_pages} pages.")
        return
    if len(pdf.objects) > _MOST_OBJECTS:
        look.add("document-decodes-too-large", "The PDF has far more parts than its pages need.")
        return
    for each in (pdf.trailer, *pdf.objects):
        for thing in _within(each):
            _check_dictionary(thing, limit, look)
    _check_texts(pdf, look)


def _count_pages(pdf: pikepdf.Pdf, most: int) -> int:
    """Leaves of the page tree, counted up to one over `most`; a tree that turns in on itself ends there too."""
    count, waiting, steps = 0, [pdf.Root.Pages], 0
    while waiting and count <= most and steps < 50 * (most + 1):
        node = waiting.pop()
        steps += 1
        if not isinstance(node, pikepdf.Dictionary):
            continue
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            if len(kids) > 50 * (most + 1):
                return most + 1
            waiting += list(kids)
        else:
            count += 1
    return count if not waiting else most + 1


def _within(top: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The dictionaries and streams in an object, but not what it refers to: that has its own turn."""
    waiting = [(top, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > _DEEPEST:
            raise Broken("document-corrupt", "The PDF's parts are nested without end.")
        if isinstance(each, pikepdf.Array):
            children = list(each)
        elif isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            yield each
            children = [value for _, value in each.items()]
        else:
            continue
        waiting += [
            (child, depth + 1)
            for child in children
            if isinstance(child, pikepdf.Array | pikepdf.Dictionary) and not child.is_indirect
        ]


def _check_dictionary(thing: pikepdf.Object, limit: FileLimit, look: Look) -> None:
    kind, subtype, action = (_name(thing, key) for key in ("/Type", "/Subtype", "/S"))
    _check_action(thing, action, look)
    if "/EF" in thing or kind == "/EmbeddedFile" or subtype == "/FileAttachment" or action == "/GoToE":
        look.add("document-holds-files", "There are files inside it.")
    if "/XFA" in thing:
        look.add("document-holds-xfa", "It is a form of a kind (XFA) that only few programs show.")
    if subtype in _MEDIA or action in _MEDIA:
        look.add("document-holds-media", "There is a film, a sound or a 3D model in it.")
    if isinstance(thing, pikepdf.Stream):
        if subtype == "/PS":
            look.add("document-holds-action", "There is a program for printers in it.")
        if "/F" in thing or "/Ref" in thing or "/OPI" in thing:
            look.add("document-holds-action", "Parts of it lie in another file.")
        if subtype == "/Image":
            _check_image(thing, limit, look)
    if kind == "/Sig" or "/ByteRange" in thing:
        look.metadata.add("signature")


def _check_action(thing: pikepdf.Object, action: str, look: Look) -> None:
    if "/JS" in thing or action == "/JavaScript":
        look.add("document-holds-javascript", "There is a script in it.")
    if action in _ACTIONS:
        look.add("document-holds-action", f"Something in it {_ACTIONS[action]}.")
    if "/URI" in thing:
        _check_link(thing.get("/URI"), look)


def _check_link(target: object, look: Look) -> None:
    told = str(target) if isinstance(target, pikepdf.String) else ""
    text = re.sub(r"[\x00-\x20]", "", told.lower())  # viewers pass over them
    if text.startswith(("javascript:", "vbscript:", "data:")):
        look.add("document-holds-javascript", "A link in it runs a script.")
        return
    scheme = _SCHEME.match(text)
    if text.startswith("\\\\") or (scheme and scheme[1] not in _LINKS):
        look.add("document-holds-action", "A link in it opens something else than a web page.")


def _check_image(image: pikepdf.Stream, limit: FileLimit, look: Look) -> None:
    width, height = image.get("/Width"), image.get("/Height")
    is_one_bit = image.get("/BitsPerComponent") == 1 or bool(image.get("/ImageMask", False))
    most = limit.max_pixels * (_ONE_BIT if is_one_bit else 1)
    if isinstance(width, int) and isinstance(height, int) and width * height > most:
        look.add("document-too-many-pixels", f"A picture in it has {width} × {height} pixels.")


def _check_texts(pdf: pikepdf.Pdf, look: Look) -> None:
    info = pdf.trailer.get("/Info")
    if isinstance(info, pikepdf.Dictionary) and len(info.keys()):
        look.metadata.add("text")
        texts = [bytes(value) for _, value in info.items() if isinstance(value, pikepdf.String)]
        check_text(b"\n".join(texts), "title and description", look)
    packet = pdf.Root.get("/Metadata")
    if isinstance(packet, pikepdf.Stream):
        look.metadata.add("xmp")
        check_text(packet.read_bytes(), "XMP", look)


def _name(thing: pikepdf.Object, key: str) -> str:
    value = thing.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""
