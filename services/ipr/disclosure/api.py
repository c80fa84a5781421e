"""What is covered on certificates before they are disclosed: the reviewers' work, and what came of it."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.ipr.disclosure.copies import DisclosedCopies
from services.ipr.disclosure.inputs import DisclosureBody
from services.ipr.rights.inputs import PageNumber
from services.ipr.rights.queries import RightQueries
from services.ipr.rights.reading import RightReading
from services.ipr.rights.views import RightView, right_view
from shared.files import PREVIEW_MEDIA_TYPE
from shared.files.serving import headers_of_file
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
        name = f"{document.name.partition('.')[0]}-disclosed-{page}.jpg"
        return web.Response(body=image, content_type=PREVIEW_MEDIA_TYPE, headers=headers_of_file(name))
