"""Files of rights: told by their bytes and by their name's ending, which must say the same (001, Step 3)."""

from pathlib import PurePath

from services.ipr.rights.model import TIMESTAMP, Finding
from shared.httpkit import Upload
from shared.policies.policy import FileLimit

MEDIA_TYPES = {
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "tsa": TIMESTAMP,
}
_ENDINGS = {"jpeg": "jpg"}

# OID 1.2.840.113549.1.9.16.1.4 in DER: every RFC 3161 time-stamp token says that it holds a TSTInfo.
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_DER_SEQUENCE = 0x30
_BMP_RESERVED = slice(6, 10)


def kind_of(content: bytes) -> str | None:
    """`gif`, `jpg`, `png`, `bmp`, `pdf`, `tsa` by the bytes; None for everything else."""
    match content:
        case _ if content.startswith((b"GIF87a", b"GIF89a")):
            return "gif"
        case _ if content.startswith(b"\xff\xd8\xff"):
            return "jpg"
        case _ if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return "png"
        case _ if content.startswith(b"BM") and content[_BMP_RESERVED] == bytes(4):
            return "bmp"
        case _ if content.startswith(b"%PDF-"):
            return "pdf"
        case _ if content[:1] == bytes([_DER_SEQUENCE]) and _TST_INFO in content[:4096]:
            return "tsa"
        case _:
            return None


def check_file(upload: Upload, limit: FileLimit, pointer: str) -> list[Finding]:
    """What stands in the way of this file."""
    if len(upload.content) > limit.max_bytes:
        detail = f"The file is larger than {limit.max_bytes} bytes."
        return [Finding("document-too-large", detail, f"Send at most {limit.max_bytes} bytes.", pointer)]
    kind = kind_of(upload.content)
    mend = f"Send {', '.join(limit.types)}."
    if kind is None or kind not in limit.types:
        return [Finding("document-type-not-accepted", "The file is of no accepted type.", mend, pointer)]
    ending = PurePath(upload.filename).suffix.lower().removeprefix(".")
    if _ENDINGS.get(ending, ending) != kind:
        detail = f"The file is a {kind}, and its name does not end so."
        return [Finding("document-ending-differs", detail, f"Name the file *.{kind}.", pointer)]
    return []
