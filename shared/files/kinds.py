"""What a file is, by its first bytes, and whether its name says the same (001, Steps 2 and 3)."""

from pathlib import PurePath

from shared.files.verdict import Kind

ENDINGS = {"jpeg": "jpg"}

# OID 1.2.840.113549.1.9.16.1.4 in DER: every RFC 3161 time-stamp token says that it holds a TSTInfo.
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_DER_SEQUENCE = 0x30
_BMP_RESERVED = slice(6, 10)
_BMP_HEADER = 26
_BEFORE_PDF = b"\xef\xbb\xbf\r\n\t \x00"
_MOST_BEFORE_PDF = 16


def kind_of(content: bytes) -> Kind | None:
    """`gif`, `jpg`, `png`, `bmp`, `pdf`, `tsa` by the bytes; None for everything else."""
    match content:
        case _ if content.startswith((b"GIF87a", b"GIF89a")):
            return "gif"
        case _ if content.startswith(b"\xff\xd8\xff"):
            return "jpg"
        case _ if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return "png"
        case _ if content.startswith(b"BM") and len(content) >= _BMP_HEADER and content[_BMP_RESERVED] == bytes(4):
            return "bmp"
        case _ if pdf_start(content) is not None:
            return "pdf"
        case _ if content[:1] == bytes([_DER_SEQUENCE]) and TST_INFO in content[:4096]:
            return "tsa"
        case _:
            return None


def pdf_start(content: bytes) -> int | None:
    """Where `%PDF-` stands: at the start, or after a few blanks or a byte order mark that some programs leave."""
    head = content[: _MOST_BEFORE_PDF + 5]
    rest = head.lstrip(_BEFORE_PDF)
    return len(head) - len(rest) if rest.startswith(b"%PDF-") else None


def ending_of(filename: str) -> str:
    """The kind that the name claims: its ending in small letters, `jpeg` as `jpg`."""
    ending = PurePath(filename).suffix.lower().removeprefix(".")
    return ENDINGS.get(ending, ending)
