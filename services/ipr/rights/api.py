"""Rights over HTTP: sent with their documents, shown to their owner, withdrawn; what is disclosed of them."""

from dataclasses import dataclass
from typing import get_args

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.ipr.places import BRAND, DOCUMENT, REGISTRANT
from services.ipr.rights.accounts import AccountNotYetKnown
from services.ipr.rights.commands import Files, RightCommands
from services.ipr.rights.inputs import PageQuery, RightBody, WithdrawalBody
from services.ipr.rights.model import Document, DocumentKind, WithdrawRight
from services.ipr.rights.queries import RightQueries
from services.ipr.rights.reading import RightReading
from services.ipr.rights.views import (
    CertificatesView,
    OwnRightView,
    RightList,
    RightView,
    certificates_view,
    right_view,
)
from shared.files import PREVIEW_MEDIA_TYPE, kind_of
from shared.files.serving import COPY_REFUSALS, OriginalQuery, PageNumber, headers_of_file, without_metadata
from shared.httpkit import (
    MIB,
    Form,
    Part,
    Problem,
    Route,
    account_of,
    answered,
    cause_of,
    idempotency_of,
    not_found,
    ok,
    parse_json,
    read_form,
    read_json,
    read_query,
)
from shared.kernel.failures import Gone
from shared.kernel.ids import derived_id

MAX_DOCUMENT_BYTES = 5 * MIB
"""001, Step 3: at most 5 MB. The policy may say less, never more."""

_ONE = "/v1/rights/{right_id}"
_FORMATS = "gif, jpg, jpeg, png, bmp, pdf or tsa"
_PARTS = (
    Part("submission", "what the certificate states, as JSON (RightBody)", 32_768, is_file=False),
    Part("certificate", f"a certificate: {_FORMATS}", MAX_DOCUMENT_BYTES, required=False, repeated=True),
    Part("renewal", f"the proof of renewal: {_FORMATS}", MAX_DOCUMENT_BYTES, required=False, repeated=True),
    Part("assignment", f"the proof of assignment: {_FORMATS}", MAX_DOCUMENT_BYTES, required=False, repeated=True),
    Part("alteration", f"the proof of alteration: {_FORMATS}", MAX_DOCUMENT_BYTES, required=False, repeated=True),
)
_SEND_REFUSALS = {
    "account-not-yet-known": 503,
    "account-not-in-standing": 403,
    "account-restricted": 403,
    "account-leaving": 403,
    "right-not-acceptable": 422,
    "document-not-scanned": 503,
    "right-registered-already": 409,
    "right-submitted-already": 409,
    "authentication-under-way": 409,
    "right-authenticated-already": 409,
    "right-withdrawn": 409,
}


class CertificatesQuery(BaseModel):
    """For the log of disclosures, ids only. about: the case that it is for; for: the merchant whom a letter goes to."""

    model_config = ConfigDict(extra="forbid")

    about: str = Field(default="", pattern=r"^\S{0,128}$")
    passed_to: str = Field(default="", alias="for", pattern=r"^\S{0,128}$")


@dataclass
class RightsApi:
    commands: RightCommands
    queries: RightQueries
    reading: RightReading

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                "/v1/rights",
                "submit-right",
                "Submit a right with its documents, or save it as a draft",
                self.submit,
                parts=_PARTS,
                output=RightView,
                status=201,
                problems=_SEND_REFUSALS,
            ),
            Route(
                "POST",
                f"{_ONE}/submission",
                "resubmit-right",
                "Submit a draft, or edit and resubmit a right whose authentication failed",
                self.resubmit,
                parts=_PARTS,
                output=RightView,
                problems=_SEND_REFUSALS,
            ),
            Route("GET", "/v1/rights", "list-rights", "One's own rights", self.list, query=PageQuery, output=RightList),
            Route(
                "GET",
                _ONE,
                "read-right",
                "A right",
                self.read,
                output=OwnRightView,
                discloses="right-registrant",
            ),
            Route(
                "POST",
                f"{_ONE}/withdrawal",
                "withdraw-right",
                "Withdraw a right",
                self.withdraw,
                input=WithdrawalBody,
                output=RightView,
                problems={"right-withdrawn": 409},
            ),
            Route(
                "GET",
                f"{_ONE}/documents/{{number}}",
                "read-right-document",
                "One document of a right, in a copy without metadata",
                self.document,
                output_media_type="application/octet-stream",
                discloses="right-document",
                problems=COPY_REFUSALS,
            ),
            Route(
                "GET",
                f"{_ONE}/documents/{{number}}/original",
                "read-right-original",
                "One document as it came, with what was written into it: where a copy does not do, and logged with why",
                self.original,
                query=OriginalQuery,
                output_media_type="application/octet-stream",
                discloses="right-document",
            ),
            Route(
                "GET",
                f"{_ONE}/documents/{{number}}/preview",
                "read-right-document-preview",
                "A page as an image drawn anew, with nothing but what is to be seen; of time stamps there is none",
                self.preview,
                query=PageNumber,
                output_media_type=PREVIEW_MEDIA_TYPE,
                discloses="right-document",
            ),
            Route(
                "GET",
                "/v1/internal/rights/{right_id}/certificates",
                "read-certificates",
                "What is disclosed of a right to the party complained of",
                self.certificates,
                query=CertificatesQuery,
                output=CertificatesView,
                discloses="right-certificates",
            ),
        )

    async def submit(self, request: web.Request) -> web.Response:
        """The id follows from account and key: a retry meets the right that it made."""
        idempotency = await idempotency_of(request)
        right_id = derived_id("rgt", account_of(request), idempotency.key)
        return await self._send(request, right_id, status=201)

    async def resubmit(self, request: web.Request) -> web.Response:
        right = await self.reading.visible(request)
        return await self._send(request, right.id, status=200)

    async def _send(self, request: web.Request, right_id: str, status: int) -> web.Response:
        form = await read_form(request)
        body = parse_json(form.text("submission"), RightBody, prefix="/submission")
        receipt = (await idempotency_of(request)).receipt(right_view, status=status)
        account_id, cause = account_of(request), cause_of(request)
        try:
            return answered(await self.commands.send(account_id, right_id, body, _files(form), receipt, cause))
        except AccountNotYetKnown:
            raise Problem(
                "account-not-yet-known",
                "This account has not reached us yet.",
                "Try again in a few seconds.",
                503,
                headers={"Retry-After": "1"},
            ) from None

    async def list(self, request: web.Request) -> web.Response:
        query = read_query(request, PageQuery)
        rights = await self.queries.of_account(account_of(request), query.after, query.limit)
        return ok(RightList(rights=tuple(map(right_view, rights))))

    async def read(self, request: web.Request) -> web.Response:
        right = await self.reading.visible(request)
        await self.reading.record(request, right, "right-registrant")
        vault, details = self.commands.vault, right.details
        removed: list[str] = []

        async def opened(name: str, ref: str | None, place: str) -> str | None:
            if ref is None:
                return None
            try:
                return (await vault.open(right.account_id, ref, place)).decode()
            except Gone:
                removed.append(name)
                return None

        registrant = await opened("registrant", details.registrant_ref, REGISTRANT)
        brand = await opened("brand", details.brand_ref, BRAND)
        known = right_view(right).model_dump()
        return ok(OwnRightView(**known, registrant=registrant, brand=brand, removed=tuple(removed)))

    async def withdraw(self, request: web.Request) -> web.Response:
        right = await self.reading.visible(request)
        body = await read_json(request, WithdrawalBody)
        receipt = (await idempotency_of(request)).receipt(right_view)
        command = WithdrawRight(reason=body.reason)
        return answered(await self.commands.execute(right.id, command, cause_of(request), receipt))

    async def document(self, request: web.Request) -> web.Response:
        document, content = await self._document(request)
        copy = await without_metadata(self.commands.intake.inspector, content)
        return web.Response(body=copy, content_type=document.media_type, headers=headers_of_file(document.name))

    async def original(self, request: web.Request) -> web.Response:
        purpose = read_query(request, OriginalQuery).purpose
        right = await self.reading.visible(request)
        _, document = self.reading.numbered(request, right)
        await self.reading.record(request, right, "right-document-original", purpose)
        content = await self.commands.vault.open(right.account_id, document.ref, DOCUMENT)
        return web.Response(body=content, content_type=document.media_type, headers=headers_of_file(document.name))

    async def preview(self, request: web.Request) -> web.Response:
        page = read_query(request, PageNumber).page
        document, content = await self._document(request)
        kind = kind_of(content)
        side = self.commands.policy.at(self.commands.clock.now()).files.drawing.side
        drawn = await self.commands.intake.inspector.preview(content, kind, side, page) if kind else None
        if drawn is None:
            raise not_found("preview")
        headers = headers_of_file(f"{document.name.partition('.')[0]}-preview.jpg")
        return web.Response(body=drawn, content_type=PREVIEW_MEDIA_TYPE, headers=headers)

    async def _document(self, request: web.Request) -> tuple[Document, bytes]:
        right = await self.reading.visible(request)
        _, document = self.reading.numbered(request, right)
        await self.reading.record(request, right, "right-document")
        return document, await self.commands.vault.open(right.account_id, document.ref, DOCUMENT)

    async def certificates(self, request: web.Request) -> web.Response:
        query = read_query(request, CertificatesQuery)
        right = await self.reading.visible(request)
        await self.reading.disclosures.record(
            right.account_id,
            "right-certificates",
            "takedown-notice",
            cause_of(request),
            ground="claim",
            about=query.about or right.id,
            passed_to=query.passed_to,
        )
        return ok(certificates_view(right))


def _files(form: Form) -> Files:
    kinds: tuple[DocumentKind, ...] = get_args(DocumentKind)
    return [(kind, upload) for kind in kinds for upload in form.files.get(kind, ())]
