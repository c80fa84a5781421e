"""What is said of a file: accepted with what it is, or refused with everything that is wrong and what would mend it."""

from dataclasses import dataclass, field
from typing import Literal

Scan = Literal["clean", "not_configured"]
Kind = Literal["gif", "jpg", "png", "bmp", "pdf", "tsa"]

MEDIA_TYPES: dict[Kind, str] = {
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "tsa": "application/timestamp-reply",
}

PREVIEW_MEDIA_TYPE = "image/jpeg"

MENDS: dict[str, str] = {
    "document-too-large": "Make the file smaller: fewer pages, or a picture of fewer pixels.",
    "document-type-not-accepted": "Save it in one of the accepted formats and send it again.",
    "document-ending-differs": "Give the file the ending of what it is.",
    "document-truncated": "The file breaks off before its end. Copy or scan it again and send it whole.",
    "document-corrupt": "The file is damaged. Open it, save or scan it anew, and send the new file.",
    "document-too-many-pixels": "Send the picture with fewer pixels.",
    "document-too-many-frames": "Send a still picture.",
    "document-too-many-pages": "Send the pages that matter, or split the file.",
    "document-decodes-too-large": "Save it in the ordinary way, or print it to a new PDF.",
    "document-holds-another-file": "Save the picture or document anew with an ordinary program: the rest is left out.",
    "document-holds-script": "Remove descriptions and comments from the file: save it without metadata.",
    "document-encrypted": "Remove the password and all restrictions from the PDF.",
    "document-holds-javascript": "Print it to a new PDF: scripts are left out.",
    "document-holds-action": "Print it to a new PDF: actions are left out.",
    "document-holds-files": "Send attached files each on its own, and the PDF without them.",
    "document-holds-xfa": "Print the filled form to a new PDF.",
    "document-holds-media": "Print it to a new PDF: video, sound and 3D are left out.",
    "document-infected": "Clean the machine that it comes from, and send a clean copy.",
    "document-not-scanned": "Nothing is wrong with the file. Send it again in some minutes.",
}
"""Every code that a file can be refused with, and what a person can do about it. Codes are never renamed."""


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One thing that stands in the way. `code`: stable, one of MENDS."""

    code: str
    detail: str
    mend: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """width, height: pixels of an image, as stored; pages: of a PDF; metadata: what kinds of data about data it holds
    (`exif`, `gps`, `xmp`, `iptc`, `text`, `comment`, `video`): kept in the sealed original, never in a preview; scan:
    what the malware scanner said."""

    kind: Kind
    media_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    metadata: tuple[str, ...] = ()
    scan: Scan = "not_configured"

    @property
    def holds_location(self) -> bool:
        return "gps" in self.metadata


@dataclass(frozen=True, slots=True)
class Refused:
    findings: tuple[FileFinding, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(each.code for each in self.findings)


Verdict = Accepted | Refused


class Broken(Exception):
    """The format's structure cannot be followed further."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass
class Look:
    """What has been seen of a file so far. A code is named once, with its first detail."""

    findings: list[FileFinding] = field(default_factory=list)
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    metadata: set[str] = field(default_factory=set)

    def add(self, code: str, detail: str, mend: str = "") -> None:
        if all(each.code != code for each in self.findings):
            self.findings.append(FileFinding(code, detail, mend or MENDS[code]))

    def has(self, code: str) -> bool:
        return any(each.code == code for each in self.findings)
