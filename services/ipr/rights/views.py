"""Rights as they are shown."""

from datetime import date, datetime

from pydantic import BaseModel

from services.ipr.rights.model import HANDBOOK_WORDS, Document, DocumentKind, Right, RightType, Scan, Status


class DocumentView(BaseModel):
    """`number` counts from 1, for the address of the document. `scan`: `not_configured` says that nobody looked for
    malware."""

    number: int
    kind: DocumentKind
    name: str
    media_type: str
    size: int
    sha256: str
    scan: Scan


class RightView(BaseModel):
    """status_text: the handbook's word; expired: the last day of validity is over, whatever the status; due: until
    when it is to be authenticated, null while nothing runs or its end is not known."""

    right_id: str
    account_id: str
    principal_id: str | None
    status: Status
    status_text: str
    right_type: RightType
    place: str
    madrid_designations: tuple[str, ...]
    name: str
    registration_number: str
    expires_on: date
    expired: bool
    nice_classes: tuple[int, ...]
    renewed: bool
    assigned: bool
    altered: bool
    reasons: tuple[str, ...]
    round: int
    submitted_at: datetime | None
    due: datetime | None
    overdue: bool
    documents: tuple[DocumentView, ...]


class OwnRightView(RightView):
    """With what only its owner and reviewers see. removed: names of fields that were there and are gone for good."""

    registrant: str | None
    brand: str | None
    removed: tuple[str, ...] = ()


class RightList(BaseModel):
    rights: tuple[RightView, ...]


class CertificateView(BaseModel):
    number: int
    name: str
    media_type: str
    size: int
    sha256: str


class CertificatesView(BaseModel):
    """What is disclosed of a right to the party complained of."""

    right_id: str
    right_type: RightType
    name: str
    registration_number: str
    place: str
    certificates: tuple[CertificateView, ...]


def right_view(right: Right) -> RightView:
    details = right.details
    return RightView(
        right_id=right.id,
        account_id=right.account_id,
        principal_id=right.principal_id,
        status=right.status,
        status_text=HANDBOOK_WORDS[right.status],
        right_type=details.right_type,
        place=details.place,
        madrid_designations=details.madrid_designations,
        name=details.name,
        registration_number=details.registration_number,
        expires_on=details.expires_on,
        expired=right.expired,
        nice_classes=details.nice_classes,
        renewed=details.renewed,
        assigned=details.assigned,
        altered=details.altered,
        reasons=right.reasons,
        round=right.round,
        submitted_at=right.submitted_at,
        due=getattr(right.authentication, "due", None),
        overdue=right.overdue,
        documents=tuple(_document(number, each) for number, each in enumerate(right.documents, start=1)),
    )


def certificates_view(right: Right) -> CertificatesView:
    numbered = enumerate(right.documents, start=1)
    return CertificatesView(
        right_id=right.id,
        right_type=right.details.right_type,
        name=right.details.name,
        registration_number=right.details.registration_number,
        place=right.details.place,
        certificates=tuple(
            CertificateView(number=n, name=d.name, media_type=d.media_type, size=d.size, sha256=d.sha256)
            for n, d in numbered
        ),
    )


def _document(number: int, document: Document) -> DocumentView:
    return DocumentView(
        number=number,
        kind=document.kind,
        name=document.name,
        media_type=document.media_type,
        size=document.size,
        sha256=document.sha256,
        scan=document.scan,
    )
