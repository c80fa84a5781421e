"""What a right is and says. The registrant, the brand and the documents are in the vault: only references are here."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shared.kernel.ids import derived_id
from shared.policies.calendars import Deadline, Undated

Status = Literal["draft", "under_authentication", "authentication_failed", "authenticated", "withdrawn"]
# The handbook's words (001, IPR Management: "Status of Authorization"; Draft: "save as draft").
HANDBOOK_WORDS: dict[Status, str] = {
    "draft": "Draft",
    "under_authentication": "Under authentication",
    "authentication_failed": "Authentication failed",
    "authenticated": "Authenticated",
    "withdrawn": "Withdraw",
}
RightType = Literal["trademark"]
Scan = Literal["clean", "not_configured"]
"""What the malware scanner said, or that there was none."""
DocumentKind = Literal["certificate", "renewal", "assignment", "alteration"]
RunningDeadline = Deadline | Undated

DISCLOSED_KINDS: frozenset[DocumentKind] = frozenset({"certificate", "renewal", "assignment", "alteration"})
"""What a right's documents are disclosed to the sellers complained of (001, Step 3: the attachments). A kind that is
not named here, such as a power of attorney, never is."""

RIGHT_AUTHENTICATION = "right-authentication"
RIGHT_EXPIRY = "right-expiry"
TIMESTAMP = "application/timestamp-reply"
# A Madrid mark has one number at the International Bureau, whichever offices it designates (WIPO ST.3: WO).
INTERNATIONAL_BUREAU = "WO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A part of a page as it is drawn, in shares of its width and height, from the left upper corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRedaction:
    """What is to be covered on a page, which counts from 1; nothing: nothing private is on it."""

    page: int
    rectangles: tuple[Rectangle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedPage:
    """A page as it is shown to the sellers complained of. ref: the image in the vault; sha256: of the image."""

    page: int
    rectangles: tuple[Rectangle, ...]
    ref: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedCopy:
    """number: of the document, from 1; document_sha256: of the original that it was drawn from; by: who said what is
    covered."""

    number: int
    document_sha256: str
    pages: tuple[DisclosedPage, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of the right. `ref`: in the vault; `name` is ours, because a file's own name may name a person.

    metadata: what kinds of data about data the original holds (`gps`: where it was taken), None where that was not
    noted; pages: that can be drawn, None likewise; proposed: what the owner would have covered.
    """

    kind: DocumentKind
    name: str
    media_type: str
    size: int
    sha256: str
    ref: str
    scan: Scan = "not_configured"
    metadata: tuple[str, ...] | None = None
    pages: int | None = None
    proposed: tuple[PageRedaction, ...] = ()

    @property
    def is_disclosed(self) -> bool:
        """Of a time stamp there is nothing to be shown."""
        return self.kind in DISCLOSED_KINDS and self.media_type != TIMESTAMP


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is said of a right (DOMAIN, Rights 1).

    place: ISO 3166 alpha-2 of the office's country or region (CN, HK, MO or another); madrid_designations: where an
    international registration was extended to; expires_on: last day of validity; renewed, assigned, altered: each
    "yes" comes with its document.
    """

    right_type: RightType
    place: str
    madrid_designations: tuple[str, ...]
    name: str
    registration_number: str
    registrant_ref: str
    brand_ref: str | None
    expires_on: date
    nice_classes: tuple[int, ...]
    renewed: bool = False
    assigned: bool = False
    altered: bool = False

    @property
    def fingerprint(self) -> str:
        """The same for all accounts that register the same right: type, office and number."""
        office = INTERNATIONAL_BUREAU if self.madrid_designations else self.place
        return derived_id("fp", self.right_type, office, normalized_number(self.registration_number))


def normalized_number(text: str) -> str:
    """As registers compare numbers: letters and digits only, capital, in their plain form."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """authentication, expiry: the deadlines that run; reasons: why the last authentication failed; disclosed: copies
    of its documents that may be shown, by the number of the document."""

    id: str
    account_id: str
    principal_id: str | None
    status: Status
    details: Details
    documents: tuple[Document, ...]
    round: int = 0
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    withdrawn_because: str = ""
    overdue: bool = False
    expired: bool = False
    authentication: RunningDeadline | None = None
    expiry: RunningDeadline | None = None
    disclosed: tuple[DisclosedCopy, ...] = ()

    def disclosed_copy(self, number: int) -> DisclosedCopy | None:
        return next((copy for copy in self.disclosed if copy.number == number), None)

    @property
    def undisclosed(self) -> tuple[int, ...]:
        """Numbers of documents that are to be disclosed, and for which nobody said yet what is to be covered."""
        numbered = enumerate(self.documents, start=1)
        return tuple(n for n, document in numbered if document.is_disclosed and self.disclosed_copy(n) is None)

    @property
    def deadlines(self) -> tuple[RunningDeadline, ...]:
        return tuple(each for each in (self.authentication, self.expiry) if each is not None)

    @property
    def counts(self) -> bool:
        """Whether it stands in the way of the same right being registered again in the same name."""
        return self.status != "withdrawn" and not self.expired
