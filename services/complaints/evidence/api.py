"""Evidence over HTTP: uploaded by a party, read by those who may; readings by others than its author are logged."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from aiohttp import web
from pydantic import BaseModel

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import Case
from services.complaints.evidence import model as m
from services.complaints.evidence.commands import EvidenceFiles, Sender
from services.complaints.evidence.queries import (
    REVIEW_REFUSALS,
    Author,
    Part,
    Statement,
    readable,
    require_review,
    statements_of,
)
from services.complaints.records.api import linked_case
from services.complaints.records.views import Viewer
from shared.access import Role
from shared.disclosures import DisclosureLog, Ground
from shared.files import FILE_REFUSALS, PREVIEW_MEDIA_TYPE
from shared.files.serving import headers_of_file
from shared.httpkit import (
    MIB,
    Route,
    account_of,
    actor_of,
    answered,
    cause_of,
    idempotency_of,
    not_found,
    ok,
    read_form,
)
from shared.httpkit import Part as FormPart
from shared.kernel.decider import Refusal
from shared.kernel.failures import Gone
from shared.policies.platforms import PLATFORMS
from shared.vault import NotThere, SubjectVault

log = structlog.get_logger(__name__)

MAX_FILE_BYTES = 5 * MIB
"""[ours] as for documents of rights. The policy may say less, never more."""

_FILE = FormPart("file", "the file: gif, jpg, jpeg, png, bmp, pdf or tsa", MAX_FILE_BYTES)
_PLATFORM = FormPart("platform", "the marketplace of the complaint that it is for", 100, is_file=False)
_ONE = "/v1/cases/{case_number}/evidence"
_HOLDS_LOCATION = "evidence-holds-location"


class FileView(BaseModel):
    """holds_location: the camera wrote into it where it was taken."""

    evidence_id: str
    kind: m.Kind
    media_type: str
    size: int
    sha256: str
    scan: m.Scan
    holds_location: bool


class UploadView(FileView):
    """kept_until: when it is removed, if nothing refers to it by then."""

    platform: str
    kept_until: datetime


class StatementView(BaseModel):
    """What a party said and sent at one step of the case; number: of the step in the case's records. text: null where
    there is none, and where it was removed."""

    number: int
    part: Part
    author: Author
    at: datetime
    text: str | None
    removed: bool
    files: list[FileView]


class EvidenceOfCase(BaseModel):
    case_id: str
    statements: list[StatementView]


@dataclass
class EvidenceApi:
    cases: Cases
    files: EvidenceFiles
    vault: SubjectVault
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                "/v1/evidence",
                "upload-evidence",
                "Upload a file to name in a complaint, a supplement or an answer (001, Proof of Infringement)",
                self.upload,
                parts=(_PLATFORM, _FILE),
                output=UploadView,
                status=201,
                problems=FILE_REFUSALS | {"platform-unknown": 422, "evidence-file-gone": 409},
            ),
            Route(
                "POST",
                "/v1/merchant/cases/{case_number}/evidence",
                "upload-merchants-evidence",
                "Upload a file to name in a counter-notification",
                self.upload_for_case,
                parts=(_FILE,),
                output=UploadView,
                status=201,
                problems=FILE_REFUSALS | {"evidence-file-gone": 409},
                link_token=True,
            ),
            Route(
                "GET",
                _ONE,
                "read-evidence",
                "What the parties said and sent: for each what is theirs to read, for reviewers all",
                self.read,
                output=EvidenceOfCase,
                problems=REVIEW_REFUSALS,
                link_token=True,
            ),
            Route(
                "GET",
                f"{_ONE}/{{evidence_id}}",
                "read-evidence-file",
                "A file, as it was sent, to be saved",
                self.file,
                output_media_type="application/octet-stream",
                problems=REVIEW_REFUSALS | {_HOLDS_LOCATION: 409},
                link_token=True,
            ),
            Route(
                "GET",
                f"{_ONE}/{{evidence_id}}/preview",
                "read-evidence-file-preview",
                "An image drawn anew, without what the camera wrote into it; not every format has one",
                self.preview,
                output_media_type=PREVIEW_MEDIA_TYPE,
                problems=REVIEW_REFUSALS,
                link_token=True,
            ),
        )

    async def upload(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        platform = form.text("platform")
        if platform not in PLATFORMS:
            known = ", ".join(PLATFORMS)
            raise Refusal("platform-unknown", "There is no such marketplace here.", f"Send one of {known}.")
        return await self._upload(request, Sender(account_of(request), platform))

    async def upload_for_case(self, request: web.Request) -> web.Response:
        case = await linked_case(self.cases, request)
        return await self._upload(request, Sender(actor_of(request).id, case.platform, case.id))

    async def _upload(self, request: web.Request, sender: Sender) -> web.Response:
        sent = (await read_form(request)).file("file")
        view = partial(_upload_view, files=self.files)
        receipt = (await idempotency_of(request)).receipt(view, status=201)
        return answered(await self.files.upload(sender, sent, cause_of(request), receipt))

    async def read(self, request: web.Request) -> web.Response:
        case, statements = await self._readable(request)
        for subject in dict.fromkeys(each.subject for each in statements):
            await self._disclose(request, case, subject, "case-statements")
        known = await self.files.known([file_id for each in statements for file_id in each.files])
        views = await asyncio.gather(*(self._view(each, known) for each in statements))
        return ok(EvidenceOfCase(case_id=case.id, statements=list(views)))

    async def file(self, request: web.Request) -> web.Response:
        case, file = await self._file(request)
        if file.holds_location and self._is_other_party(request, file):
            raise Refusal(
                _HOLDS_LOCATION,
                "The file holds the place where it was taken, which is not yours to know.",
                "Look at its preview.",
            )
        await self._disclose(request, case, file.party, "evidence-file")
        headers = headers_of_file(f"{file.id}.{file.kind}")
        return web.Response(body=await self._opened(file), content_type=file.media_type, headers=headers)

    async def preview(self, request: web.Request) -> web.Response:
        case, file = await self._file(request)
        await self._disclose(request, case, file.party, "evidence-file")
        drawn = await self.files.intake.inspector.preview(await self._opened(file), file.kind)
        if drawn is None:
            raise not_found("preview")
        headers = headers_of_file(f"{file.id}-preview.jpg")
        return web.Response(body=drawn, content_type=PREVIEW_MEDIA_TYPE, headers=headers)

    async def _opened(self, file: m.EvidenceFile) -> bytes:
        """Raises Gone where it was removed. What is in its place but was not sealed there is never given out."""
        try:
            return await self.files.open(file)
        except NotThere:
            log.exception("evidence.not-readable", file=file.id)
            raise not_found("file") from None

    async def _file(self, request: web.Request) -> tuple[Case, m.EvidenceFile]:
        """A file that one of the readable statements refers to; any other looks like one that does not exist."""
        case, statements = await self._readable(request)
        file_id = request.match_info["evidence_id"]
        known = await self.files.known([file_id]) if any(file_id in each.files for each in statements) else {}
        if file_id not in known:
            raise not_found("file")
        return case, known[file_id]

    async def _readable(self, request: web.Request) -> tuple[Case, Sequence[Statement]]:
        case, viewer = await self._visible(request)
        return case, readable(statements_of(case, await self.cases.repository.history(case.id)), viewer)

    async def _visible(self, request: web.Request) -> tuple[Case, Viewer]:
        """The case for its owner, for the merchant whose link names it, for the reviewer who reviews it."""
        actor = actor_of(request)
        if actor.is_a(Role.MERCHANT):
            return await linked_case(self.cases, request), "merchant"
        case = await self.cases.load(request.match_info["case_number"])
        if case is None:
            raise not_found("case")
        if actor.account_id == case.account_id:
            return case, "owner"
        if not actor.is_a(Role.REVIEWER):
            raise not_found("case")
        require_review(case, actor.id)
        return case, "staff"

    async def _view(self, statement: Statement, known: Mapping[str, m.EvidenceFile]) -> StatementView:
        opened = (self.vault.open(statement.subject, ref, statement.place) for ref in statement.refs)
        texts, removed = [], False
        try:
            texts = [each.decode() for each in await asyncio.gather(*opened)]
        except Gone:
            removed = True
        except NotThere:
            log.exception("evidence.not-readable", step=statement.number, subject=statement.subject)
            removed = True
        return StatementView(
            number=statement.number,
            part=statement.part,
            author=statement.author,
            at=statement.at,
            text="\n\n".join(texts) or None,
            removed=removed,
            files=[_file_view(known[file_id]) for file_id in statement.files if file_id in known],
        )

    @staticmethod
    def _is_other_party(request: web.Request, file: m.EvidenceFile) -> bool:
        actor = actor_of(request)
        return not actor.is_a(Role.REVIEWER) and file.party not in (actor.id, actor.account_id)

    async def _disclose(self, request: web.Request, case: Case, subject: str, what: str) -> None:
        """Before anything of another's leaves."""
        actor = actor_of(request)
        if subject in (actor.id, actor.account_id):
            return
        by_reviewer = actor.is_a(Role.REVIEWER)
        ground: Ground = "service" if by_reviewer else "claim"
        purpose = "review" if by_reviewer else "counter-notification"
        await self.disclosures.record(subject, what, purpose, cause_of(request), ground=ground, about=case.id)


def _file_view(file: m.EvidenceFile) -> FileView:
    return FileView(
        evidence_id=file.id,
        kind=file.kind,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        scan=file.scan,
        holds_location=file.holds_location,
    )


def _upload_view(file: m.EvidenceFile, files: EvidenceFiles) -> UploadView:
    kept_until = (file.loose_since or file.begun_at) + files.unused_period()
    return UploadView(**_file_view(file).model_dump(), platform=file.platform, kept_until=kept_until)
