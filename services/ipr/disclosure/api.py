"""What is covered on certificates before they are disclosed, by reviewers; and what sellers complained of see of it,
through the signed link of the notice."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.ipr.disclosure.copies import DisclosedCopies
from services.ipr.disclosure.inputs import DisclosureBody
from services.ipr.disclosure.views import MERCHANTS_CERTIFICATES, MerchantsCertificates, merchants_certificates
from services.ipr.rights.model import Right
from services.ipr.rights.queries import RightQueries
from services.ipr.rights.reading import RightReading
from services.ipr.rights.views import RightView, right_view
from shared.disclosures import DisclosureLog
from shared.files import PREVIEW_MEDIA_TYPE
from shared.files.serving import PageNumber, headers_of_file
from shared.httpkit import (
    Instant,
    Route,
    actor_of,
    answered,
    cause_of,
    idempotency_of,
    not_found,
    ok,
    read_json,
    read_query,
)

_ONE = "/v1/rights/{right_id}/documents/{number}/disclosure"


class WaitingQuery(BaseModel):
    """`after`: the `submitted_at` of the last one seen."""

    model_config = ConfigDict(extra="forbid")

    after: Instant | None = None
    limit: int = Field(default=50, ge=1, le=200)


class WaitingView(BaseModel):
    """The longest waiting first."""

    waiting: tuple[RightView, ...]


@dataclass
class DisclosureApi:
    copies: DisclosedCopies
    reading: RightReading
    queries: RightQueries

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/disclosures",
                "read-disclosures",
                "Rights with documents of which nobody said yet what is to be covered",
                self.waiting,
                query=WaitingQuery,
                output=WaitingView,
            ),
            Route(
                "POST",
                _ONE,
                "decide-disclosure",
                "Say what is covered on each page of a document, and disclose it to the sellers complained of",
                self.decide,
                input=DisclosureBody,
                output=RightView,
                problems={
                    "no-such-document": 404,
                    "right-not-disclosed": 409,
                    "document-not-disclosed": 409,
                    "document-changed": 409,
                    "document-not-drawn": 422,
                    "too-many-pages-to-disclose": 422,
                    "pages-missing": 422,
                },
            ),
            Route(
                "GET",
                _ONE,
                "read-disclosed-copy",
                "A page of a document as the sellers complained of see it",
                self.read,
                query=PageNumber,
                output_media_type=PREVIEW_MEDIA_TYPE,
                discloses="disclosed-copy",
            ),
        )

    async def waiting(self, request: web.Request) -> web.Response:
        query = read_query(request, WaitingQuery)
        rights = await self.queries.undisclosed(query.after, query.limit)
        return ok(WaitingView(waiting=tuple(map(right_view, rights))))

    async def decide(self, request: web.Request) -> web.Response:
        right = await self.reading.visible(request)
        number, _ = self.reading.numbered(request, right)
        body = await read_json(request, DisclosureBody)
        receipt = (await idempotency_of(request)).receipt(right_view)
        pages = [each.redaction() for each in body.pages]
        done = await self.copies.disclose(
            right, number, body.document_sha256, pages, actor_of(request).id, receipt, cause_of(request)
        )
        return answered(done)

    async def read(self, request: web.Request) -> web.Response:
        right = await self.reading.visible(request)
        number, document = self.reading.numbered(request, right)
        page = read_query(request, PageNumber).page
        image = await self.copies.page(right, number, page)
        if image is None:
            raise not_found("disclosed page")
        await self.reading.record(request, right, "right-disclosed-copy")
        name = f"{document.name.partition('.')[0]}-disclosed-{page}.jpg"
        return web.Response(body=image, content_type=PREVIEW_MEDIA_TYPE, headers=headers_of_file(name))


@dataclass
class MerchantsApi:
    copies: DisclosedCopies
    reading: RightReading
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                MERCHANTS_CERTIFICATES,
                "read-merchants-certificates",
                "The certificates of the right that a notice is about, for the merchant who got it",
                self.list,
                output=MerchantsCertificates,
                discloses="certificates",
                link_token=True,
            ),
            Route(
                "GET",
                f"{MERCHANTS_CERTIFICATES}/{{number}}",
                "read-merchants-certificate",
                "A page of a certificate, what is private on it covered, for the merchant who got the notice",
                self.page,
                query=PageNumber,
                output_media_type=PREVIEW_MEDIA_TYPE,
                discloses="certificates",
                link_token=True,
            ),
        )

    async def list(self, request: web.Request) -> web.Response:
        right = await self._merchants_right(request)
        await self._record(request, right, "right-certificates")
        return ok(merchants_certificates(right, request.query.get("token", "")))

    async def page(self, request: web.Request) -> web.Response:
        """The log is written before the page leaves, and only for one that there is."""
        right = await self._merchants_right(request)
        number, document = self.reading.numbered(request, right)
        page = read_query(request, PageNumber).page
        image = await self.copies.page(right, number, page) if document.is_disclosed else None
        if image is None:
            raise not_found("certificate")
        await self._record(request, right, "right-disclosed-copy")
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
