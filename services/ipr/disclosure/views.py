"""What the seller complained of is shown of a right: names, numbers, and where the covered pages are read."""

from typing import Literal

from pydantic import BaseModel

from services.ipr.rights.model import Document, Right, RightType

MERCHANTS_CERTIFICATES = "/v1/merchant/rights/{right_id}/certificates"


class MerchantsCertificate(BaseModel):
    """`not_disclosed_yet`: it was not yet said what of it is private, come again later; `pages`: where each page is
    read, with the token of the link; `original_sha256`: of the document on file."""

    number: int
    name: str
    status: Literal["disclosed", "not_disclosed_yet"]
    pages: tuple[str, ...]
    original_sha256: str


class MerchantsCertificates(BaseModel):
    """What the seller complained of may know of the right that the complaint is based on."""

    right_id: str
    right_type: RightType
    name: str
    registration_number: str
    place: str
    certificates: tuple[MerchantsCertificate, ...]


def merchants_certificates(right: Right, token: str) -> MerchantsCertificates:
    """`token`: of the link that was opened; the pages are opened with it as well."""
    details, numbered = right.details, enumerate(right.documents, start=1)
    return MerchantsCertificates(
        right_id=right.id,
        right_type=details.right_type,
        name=details.name,
        registration_number=details.registration_number,
        place=details.place,
        certificates=tuple(_certificate(right, n, each, token) for n, each in numbered if each.is_disclosed),
    )


def _certificate(right: Right, number: int, document: Document, token: str) -> MerchantsCertificate:
    copy, base = right.disclosed_copy(number), f"{MERCHANTS_CERTIFICATES.format(right_id=right.id)}/{number}"
    again = f"&token={token}" if token else ""
    return MerchantsCertificate(
        number=number,
        name=document.name,
        status="disclosed" if copy else "not_disclosed_yet",
        pages=tuple(f"{base}?page={each.page}{again}" for each in (copy.pages if copy else ())),
        original_sha256=document.sha256,
    )
