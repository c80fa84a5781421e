"""Certificates for the seller complained of, through the signed link of the notice: what was covered stays covered."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from services.ipr.disclosure.copies import DisclosedCopies
from services.ipr.rights.inputs import PageNumber
from services.ipr.rights.model import Document, Right, RightType
from services.ipr.rights.reading import RightReading
from shared.disclosures import DisclosureLog
from shared.files import PREVIEW_MEDIA_TYPE
from shared.files.serving import headers_of_file
from shared.httpkit import Route, actor_of, cause_of, not_found, ok, read_query

_ALL = "/v1/merchant/rights/{right_id}/certificates"


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


@dataclass
class MerchantsApi:
    copies: DisclosedCopies
    reading: RightReading
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                _ALL,
                "read-merchants-certificates",
                "The certificates of the right that a notice is about, for the merchant who got it",
                self.list,
                output=MerchantsCertificates,
                link_token=True,
            ),
            Route(
                "GET",
                f"{_ALL}/{{number}}",
                "read-merchants-certificate",
                "A page of a certificate, what is private on it covered, for the merchant who got the notice",
                self.page,
                query=PageNumber,
                output_media_type=PREVIEW_MEDIA_TYPE,
                link_token=True,
            ),
        )

    async def list(self, request: web.Request) -> web.Response:
        right = await self._merchants_right(request)
        await self._record(request, right, "certificates")
        details = right.details
        view = MerchantsCertificates(
            right_id=right.id,
            right_type=details.right_type,
            name=details.name,
            registration_number=details.registration_number,
            place=details.place,
            certificates=_certificates(right, request.query.get("token", "")),
        )
        return ok(view)

    async def page(self, request: web.Request) -> web.Response:
        """The log is written before the page leaves, and only for one that there is."""
        right = await self._merchants_right(request)
        number, document = self.reading.numbered(request, right)
        page = read_query(request, PageNumber).page
        image = await self.copies.page(right, number, page) if document.is_disclosed else None
        if image is None:
            raise not_found("certificate")
        await self._record(request, right, document.kind)
        headers = headers_of_file(f"{document.name.partition('.')[0]}-{page}.jpg")
        return web.Response(body=image, content_type=PREVIEW_MEDIA_TYPE, headers=headers)

    async def _merchants_right(self, request: web.Request) -> Right:
        """The link names one right and one case, after whose takedown it was sent; any other right looks like one that
        does not exist."""
        right_id = request.match_info["right_id"]
        actor = actor_of(request)
        right = await self.reading.load(right_id) if right_id in actor.scoped_to("right") else None
        if right is None or not actor.scoped_to("case"):
            raise not_found("right")
        return right

    async def _record(self, request: web.Request, right: Right, what: str) -> None:
        about = ",".join(sorted(actor_of(request).scoped_to("case")))
        await self.disclosures.record(
            right.account_id, what, "complaint", cause_of(request), ground="claim", about=about
        )


def _certificates(right: Right, token: str) -> tuple[MerchantsCertificate, ...]:
    numbered = enumerate(right.documents, start=1)
    return tuple(_certificate(right, number, each, token) for number, each in numbered if each.is_disclosed)


def _certificate(right: Right, number: int, document: Document, token: str) -> MerchantsCertificate:
    """`token`: of the link that was opened; the pages are opened with it as well."""
    copy, base = right.disclosed_copy(number), f"{_ALL.format(right_id=right.id)}/{number}"
    again = f"&token={token}" if token else ""
    return MerchantsCertificate(
        number=number,
        name=document.name,
        status="disclosed" if copy else "not_disclosed_yet",
        pages=tuple(f"{base}?page={each.page}{again}" for each in (copy.pages if copy else ())),
        original_sha256=document.sha256,
    )
