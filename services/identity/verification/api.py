"""Submitting an identity; the reviewers' queue, what they look at, and their decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity import places
from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.accounts.model import Scan
from services.identity.accounts.views import VerificationView, verification_view
from services.identity.verification.commands import VerificationCommands
from services.identity.verification.details import IdentityDetails
from services.identity.verification.model import DecideVerification, FailureReason
from services.identity.verification.queries import VerificationQueries
from shared.disclosures import DisclosureLog
from shared.files import FILE_REFUSALS, MEDIA_TYPES, PREVIEW_MEDIA_TYPE, Kind, kind_of
from shared.files.serving import COPY_REFUSALS, OriginalQuery, headers_of_file, without_metadata
from shared.httpkit import (
    MIB,
    Instant,
    Part,
    Route,
    actor_of,
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

_ONE = "/v1/accounts/{account_id}"
MAX_DOCUMENT_BYTES = 8 * MIB
"""001 Step 2: at most 8 MB. The policy may say less, never more."""

_SUBMISSION_REFUSALS = {
    "no-such-account": 404,
    "account-closed": 409,
    "email-not-verified": 403,
    "account-verified-already": 409,
    "consent-missing": 403,
    "verification-under-way": 409,
    "subject-taken": 409,
    "method-not-allowed-here": 422,
    "method-not-offered": 422,
    "provider-not-confirmed": 422,
    "document-missing": 422,
    **FILE_REFUSALS,
}
_DECISION_REFUSALS = {
    "no-such-account": 404,
    "verification-not-queued": 409,
    "verification-round-over": 409,
    "reasons-missing": 422,
}


class QueueQuery(BaseModel):
    """`after`: the `queued_at` of the last one seen."""

    model_config = ConfigDict(extra="forbid")

    after: Instant | None = None
    limit: int = Field(default=50, ge=1, le=200)


class QueuedView(VerificationView):
    queued_at: datetime | None


class QueueView(BaseModel):
    queued: list[QueuedView]


class IdentityView(BaseModel):
    """What a reviewer compares with the image; confidential. document_scan: `not_configured` says that nobody looked
    for malware; document_sha256: of the image as it came, what is handed out is a copy without metadata;
    holds_location: whether the image as it came says where it was taken, null where that was not noted; details: null
    where they were removed, as their time was over."""

    account_id: str
    round: int
    document_kind: str
    has_document: bool
    document_scan: Scan
    document_sha256: str
    holds_location: bool | None
    provider_reference: str | None
    details: IdentityDetails | None


class DecisionBody(BaseModel):
    """`round`: which submission was looked at; it protects from deciding about a later one."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["verified", "failed"]
    reasons: list[FailureReason] = Field(default_factory=list, max_length=8)
    round: int | None = None


@dataclass
class VerificationApi:
    accounts: AccountCommands
    commands: VerificationCommands
    queries: VerificationQueries
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                f"{_ONE}/identity",
                "submit-identity",
                "Submit what identifies the registrant, or a corrected version after a failed verification",
                self.submit,
                parts=(
                    Part("details", "the form of one method, as JSON (IdentityDetails)", 16_384, is_file=False),
                    Part("document", "an image: jpg, jpeg, bmp, gif or png", MAX_DOCUMENT_BYTES, required=False),
                ),
                output=VerificationView,
                status=201,
                problems=_SUBMISSION_REFUSALS,
            ),
            Route(
                "GET",
                "/v1/verifications",
                "read-verifications",
                "Accounts that wait for a decision, longest first",
                self.queue,
                query=QueueQuery,
                output=QueueView,
            ),
            Route(
                "GET",
                f"{_ONE}/identity",
                "read-identity",
                "What was submitted",
                self.identity,
                output=IdentityView,
                discloses="identity-details",
            ),
            Route(
                "GET",
                f"{_ONE}/identity/document",
                "read-identity-document",
                "The image that was submitted, in a copy without what the camera wrote into it",
                self.document,
                output_media_type="application/octet-stream",
                discloses="identity-document",
                problems=COPY_REFUSALS,
            ),
            Route(
                "GET",
                f"{_ONE}/identity/document/original",
                "read-identity-original",
                "The image as it came: where a copy does not do, and logged with why",
                self.original,
                query=OriginalQuery,
                output_media_type="application/octet-stream",
                discloses="identity-document",
            ),
            Route(
                "GET",
                f"{_ONE}/identity/document/preview",
                "read-identity-document-preview",
                "The image drawn anew: upright, small, without what the camera wrote into it",
                self.preview,
                output_media_type=PREVIEW_MEDIA_TYPE,
                discloses="identity-document",
            ),
            Route(
                "POST",
                "/v1/verifications/{account_id}/decision",
                "decide-verification",
                "Verified, or failed with reasons",
                self.decide,
                input=DecisionBody,
                output=VerificationView,
                problems=_DECISION_REFUSALS,
            ),
        )

    async def submit(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        form = await read_form(request)
        details = parse_json(form.text("details"), IdentityDetails, prefix="/details").root
        image = form.file("document") if "document" in form.files else None
        receipt = (await idempotency_of(request)).receipt(verification_view, status=201)
        return answered(await self.commands.submit(account, details, image, receipt, cause_of(request)))

    async def queue(self, request: web.Request) -> web.Response:
        query = read_query(request, QueueQuery)
        views = []
        for account_id in await self.queries.queued(query.after, query.limit):
            loaded = await self.accounts.repository.load(account_id)
            if loaded is not None and loaded.state.verification == "queued":
                known = verification_view(loaded.state).model_dump()
                views.append(QueuedView(**known, queued_at=loaded.state.queued_at))
        return ok(QueueView(queued=views))

    async def identity(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        identity = account.identity
        if identity is None:
            raise not_found("identity")
        await self.disclosures.record(
            account.id, "identity-details", "verification", cause_of(request), ground="service"
        )
        try:
            sealed = await self.accounts.vault.open(account.id, identity.details_ref, places.IDENTITY_DETAILS)
            details = IdentityDetails.model_validate_json(sealed)
        except Gone:
            details = None
        view = IdentityView(
            account_id=account.id,
            round=account.round,
            document_kind=identity.document_kind,
            has_document=identity.document_ref is not None,
            document_scan=identity.document_scan,
            document_sha256=identity.document_sha256,
            holds_location=None if identity.document_metadata is None else "gps" in identity.document_metadata,
            provider_reference=identity.provider_reference,
            details=details,
        )
        return ok(view)

    async def document(self, request: web.Request) -> web.Response:
        content, kind = await self._image(request)
        copy = await without_metadata(self.commands.intake.inspector, content)
        headers = headers_of_file(f"document.{kind}")
        return web.Response(body=copy, content_type=MEDIA_TYPES[kind], headers=headers)

    async def original(self, request: web.Request) -> web.Response:
        purpose = read_query(request, OriginalQuery).purpose
        content, kind = await self._image(request, "identity-document-original", purpose)
        headers = headers_of_file(f"document.{kind}")
        return web.Response(body=content, content_type=MEDIA_TYPES[kind], headers=headers)

    async def preview(self, request: web.Request) -> web.Response:
        content, kind = await self._image(request)
        side = self.commands.policy.at(self.commands.clock.now()).files.drawing.side
        drawn = await self.commands.intake.inspector.preview(content, kind, side)
        if drawn is None:
            raise not_found("preview")
        return web.Response(
            body=drawn, content_type=PREVIEW_MEDIA_TYPE, headers=headers_of_file("document-preview.jpg")
        )

    async def _image(
        self, request: web.Request, what: str = "identity-document", purpose: str = "verification"
    ) -> tuple[bytes, Kind]:
        account = await visible_account(self.accounts, request)
        ref = account.identity.document_ref if account.identity else None
        if ref is None:
            raise not_found("document")
        await self.disclosures.record(account.id, what, purpose, cause_of(request), ground="service")
        content = await self.accounts.vault.open(account.id, ref, places.IDENTITY_DOCUMENT)
        kind = kind_of(content)
        if kind is None:
            raise not_found("document")
        return content, kind

    async def decide(self, request: web.Request) -> web.Response:
        body = await read_json(request, DecisionBody)
        command = DecideVerification(body.result, tuple(body.reasons), actor_of(request).id, body.round)
        receipt = (await idempotency_of(request)).receipt(verification_view)
        account_id = request.match_info["account_id"]
        return answered(await self.commands.execute(account_id, command, cause_of(request), receipt))
