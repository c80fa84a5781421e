"""What has no business in a document: scripts in its texts, and files of another format in or behind it.

The words are looked for where a program other than a viewer would find them: a web server that guesses a type, a PHP
host that runs what it finds, an unpacker that reads from the end.
"""

import html
import io
import re
import zipfile

from shared.files.verdict import Look

_PADDING = b"\x00\xff \t\r\n"
UNKNOWN_TRAILER_BYTES = 65_536
"""Ours: cameras and phones leave small blocks of their own behind a picture; more is a file of its own."""

# Long enough not to appear by chance in 8 MB of compressed data; small letters, for the text is made so.
_SCRIPT_ANYWHERE = (
    b"<script",
    b"<?php",
    b"<?=$_",
    b"<?=`",
    b"<iframe",
    b"<!doctype html",
    b"<html",
    b"javascript:",
    b"vbscript:",
    b"__halt_compiler",
)
# Of one beginning, so that one pass finds them all.
_MARKUP = re.compile(b"<(?:%s)" % b"|".join(re.escape(each[1:]) for each in _SCRIPT_ANYWHERE if each[:1] == b"<"))
_CALLS = tuple(each for each in _SCRIPT_ANYWHERE if each[:1] != b"<")
_SCRIPT_IN_TEXT = re.compile(
    rb"""<svg[\s/>] | <object[\s>] | <embed[\s>] | <!entity\s
    | <%[ =@][\x20-\x7e]{6} | <\?=[\x20-\x7e]{4} | <\?\s[\x20-\x7e]{4}
    | <[a-z][^<>]{0,200}[\s/"']on[a-z]{3,20}\s*=
    | \*/\s*= | \balert\(["'\d] | \beval\((?:atob|["'$]) | document\.(?:cookie|write|location|domain)
    | window\.(?:location|open) | \bfunction\s*\w*\([\w\s,]*\)\s*\{ | \brequire\(["'] | \$_(?:get|post|request|server)\b
    | \bbase64_decode\( | \bshell_exec\( | data:text/html | ^\#!\s*/ | powershell(?:\.exe)?\s+-""",
    re.VERBOSE | re.MULTILINE,
)
# Of an archive's entry also version, flags and method, as they can be: four bytes alone may stand there by chance.
_FORMATS_ANYWHERE = (
    (
        re.compile(rb"PK\x03\x04[\x00-\x3f][\x00-\x03][\x00-\xff][\x00\x08][\x00\x08\x09\x0c\x0e\x5f\x63]\x00"),
        "a ZIP archive",
    ),
    (re.compile(rb"Rar!\x1a\x07"), "a RAR archive"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "a 7z archive"),
    (re.compile(rb"MSCF\x00\x00\x00\x00"), "a cabinet archive"),
    (re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01"), "a program"),
    (re.compile(rb"This program cannot be run in DOS mode"), "a program"),
)
_FORMATS_AT_START = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"%PDF-", "a PDF"),
    (b"%!PS", "a PostScript file"),
    (b"PK", "a ZIP archive"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"RIFF", "a media file"),
    (b"OggS", "a media file"),
    (b"ID3", "a media file"),
    (b"\x1aE\xdf\xa3", "a media file"),
    (b"FWS", "a Flash film"),
    (b"CWS", "a Flash film"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"SQLite format 3\x00", "a database"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "a Windows shortcut"),
    (b"\x00asm", "a program"),
)

_TELLING = 6
"""Bytes of a beginning that do not stand in a small block by chance."""

_JPEG_INSIDE = re.compile(rb"\xff\xd8\xff[\xdb\xe0-\xe2\xee]")


def check_text(data: bytes, where: str, look: Look) -> None:
    """Text inside a file (a comment, EXIF, XMP): also in UTF-16, and also written with entities."""
    small = data.lower()
    forms = [small]
    if b"\x00" in small:
        forms.append(small.replace(b"\x00", b""))
    if b"&" in small:
        forms.append(html.unescape(small.decode("latin-1")).encode("latin-1", "replace"))
    for form in forms:
        if any(each in form for each in _SCRIPT_ANYWHERE) or _SCRIPT_IN_TEXT.search(form):
            look.add("document-holds-script", f"There is a script in its {where}.")
            return


def check_whole(content: bytes, look: Look, *, is_pdf: bool) -> None:
    """The whole file, whatever its structure says: what other programs would find in it."""
    small = content.lower()
    links = (b"javascript:", b"vbscript:") if is_pdf else ()  # of a PDF each link is looked at by itself
    if _MARKUP.search(small) or any(each in small for each in _CALLS if each not in links):
        look.add("document-holds-script", "There are lines of a script or a web page in it.")
    for pattern, name in _FORMATS_ANYWHERE:
        if pattern.search(content):
            look.add("document-holds-another-file", f"It is also {name}, or holds one.")
    if not is_pdf and b"%PDF-" in content:
        look.add("document-holds-another-file", "It is also a PDF, or holds one.")
    try:
        is_archive = zipfile.is_zipfile(io.BytesIO(content))
    except (ValueError, OverflowError):
        is_archive = True
    if is_archive:
        look.add("document-holds-another-file", "It is also a ZIP archive.")


def check_trailer(trailer: bytes, look: Look) -> None:
    """What stands behind the end of a picture or document and is not accounted for. Padding and small blocks of
    cameras pass; another format, a script or much of anything does not."""
    rest = trailer.strip(_PADDING)
    if not rest:
        return
    check_text(rest, "end, behind the document itself", look)
    starts = (trailer, trailer.lstrip(b"\x00 \t\r\n"), rest)
    known = next((name for start, name in _FORMATS_AT_START if any(each.startswith(start) for each in starts)), None)
    if known is None:
        known = next((name for start, name in _FORMATS_AT_START if len(start) >= _TELLING and start in rest), None)
    if known is None and _JPEG_INSIDE.search(rest):
        known = "a JPEG picture"
    if known is None and b"ftyp" in rest[:12]:
        known = "a video"
    if known is None and any(each[257:262] == b"ustar" for each in starts):
        known = "a tar archive"
    if known is not None:
        look.add("document-holds-another-file", f"Behind its end there is {known}.")
    elif len(rest) > UNKNOWN_TRAILER_BYTES:
        look.add("document-holds-another-file", f"Behind its end there are {len(rest)} more bytes.")
