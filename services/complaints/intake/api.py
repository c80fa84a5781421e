"""Filing by account: one request, many listings, one case each (001, Submitting Takedown Requests)."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.complaints.intake.addresses import AddressRefused, canonical_url, recognize
from services.complaints.intake.checks import Notice, Where
from services.complaints.intake.commands import Intake, look_at
from services.complaints.intake.findings import NotQualified, row_text
from services.complaints.intake.model import RefusedRow, Submission
from shared.access import Role
from shared.httpkit import Route, account_of, actor_of, answered, cause_of, idempotency_of, not_found, ok, read_json

Code = Annotated[str, Field(max_length=100)]
"""A code or an id: it is repeated in what is said about it, so it must not be endless."""


class ListingRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2_000)
    where: list[Where] = Field(default_factory=list)


class Evidence(BaseModel):
    """text: why the listing infringes, in the filer's own words (kept sealed); files: ids of what was uploaded."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(default="", max_length=10_000)
    files: list[Code] = Field(default_factory=list, max_length=100)


class SubmissionBody(BaseModel):
    """One marketplace, one complaint type, one right, one reason, many listings."""

    model_config = ConfigDict(extra="forbid")

    platform: Code
    complaint_type: Code
    right_id: Code
    reason: Code
    listings: Annotated[list[ListingRow], Field(min_length=1, max_length=1_000)]
    evidence: Evidence = Evidence()
    statements: list[Code] = Field(default_factory=list, max_length=20)

    def notice(self) -> Notice:
        return Notice(
            platform=self.platform,
            complaint_type=self.complaint_type,
            reason=self.reason,
            listings=tuple((row.url, tuple(row.where)) for row in self.listings),
            has_evidence=bool(self.evidence.text.strip() or self.evidence.files),
            statements=frozenset(self.statements),
            files=tuple(self.evidence.files),
        )


class CaseOfRow(BaseModel):
    """`row` counts from 1, as sent."""

    row: int
    case_id: str
    listing_id: str


class RefusalOfRow(BaseModel):
    """known_case_id: the case that the row repeats, where it is the filer's own."""

    row: int
    code: str
    detail: str
    mend: str
    known_case_id: str | None = None


class SubmissionView(BaseModel):
    submission_id: str
    platform: str
    cases: list[CaseOfRow]
    refused: list[RefusalOfRow]


class DryRow(BaseModel):
    """A row that would become a case. warnings: codes that stop nothing."""

    row: int
    listing_id: str
    warnings: tuple[str, ...]


class WhatIsWrong(BaseModel):
    """pointer: into the request (RFC 6901)."""

    pointer: str
    code: str
    detail: str
    mend: str


class DryRunView(BaseModel):
    """problems: what stands in the way of the whole; where there is any, nothing would be filed. cases, refused: what
    would become of each row now; until it is filed somebody else may file first."""

    would_file: bool
    problems: list[WhatIsWrong]
    cases: list[DryRow]
    refused: list[RefusalOfRow]


class ListingQuestion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    platform: Code
    urls: Annotated[list[Annotated[str, Field(max_length=2_000)]], Field(min_length=1, max_length=1_000)]


class ListingAnswer(BaseModel):
    """One pasted address: its canonical form, or why it is not taken."""

    url: str
    listing_id: str | None = None
    canonical_url: str | None = None
    code: str | None = None
    detail: str | None = None
    mend: str | None = None


class ListingAnswers(BaseModel):
    listings: list[ListingAnswer]


class IntakeApi:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                "/v1/submissions",
                "file-submission",
                "File complaints: each listing becomes a case or is refused by itself",
                self.file,
                input=SubmissionBody,
                output=SubmissionView,
                status=201,
                problems={"notice-not-qualified": 422, "account-not-yet-known": 503, "right-not-yet-known": 503},
                max_body=4 * 1_048_576,
            ),
            Route(
                "POST",
                "/v1/submissions/dry-run",
                "dry-run-submission",
                "What filing this would come to: the same report, and nothing is filed",
                self.dry_run,
                input=SubmissionBody,
                output=DryRunView,
                problems={"account-not-yet-known": 503, "right-not-yet-known": 503},
                changes=False,
                max_body=4 * 1_048_576,
            ),
            Route(
                "GET",
                "/v1/submissions/{submission_id}",
                "read-submission",
                "What became of each row",
                self.read,
                output=SubmissionView,
            ),
            Route(
                "POST",
                "/v1/listings/verification",
                "verify-listings",
                "Verify listings: recognize addresses before filing, changing nothing",
                self.verify,
                input=ListingQuestion,
                output=ListingAnswers,
                changes=False,
            ),
        )

    async def file(self, request: web.Request) -> web.Response:
        body = await read_json(request, SubmissionBody)
        receipt = (await idempotency_of(request)).receipt(
            partial(submission_view, urls=[r.url for r in body.listings]), 201
        )
        account_id = account_of(request)
        return answered(
            await self._intake.file(
                account_id, body.notice(), body.right_id, body.evidence.text, cause_of(request), receipt
            )
        )

    async def dry_run(self, request: web.Request) -> web.Response:
        body = await read_json(request, SubmissionBody)
        try:
            submission = await self._intake.dry_run(account_of(request), body.notice(), body.right_id)
        except NotQualified as refused:
            return ok(not_qualified_view(refused))
        return ok(dry_run_view(submission, [row.url for row in body.listings]))

    async def read(self, request: web.Request) -> web.Response:
        loaded = await self._intake.submissions.load(request.match_info["submission_id"])
        actor = actor_of(request)
        if loaded is None or (actor.is_a(Role.COMPLAINANT) and loaded.state.account_id != actor.account_id):
            raise not_found("submission")
        return ok(submission_view(loaded.state))

    async def verify(self, request: web.Request) -> web.Response:
        body = await read_json(request, ListingQuestion)
        await look_at(body.platform, body.urls)
        return ok(ListingAnswers(listings=[_verified(url, body.platform) for url in body.urls]))


def submission_view(submission: Submission, urls: Sequence[str] = ()) -> SubmissionView:
    """`urls`: the rows as sent, where they are still at hand: the store does not keep what was refused."""
    return SubmissionView(
        submission_id=submission.id,
        platform=submission.platform,
        cases=[CaseOfRow(row=row.row, case_id=row.case_id, listing_id=row.listing_id) for row in submission.cases],
        refused=[_refused(row, submission.platform, urls) for row in submission.refused],
    )


def dry_run_view(submission: Submission, urls: Sequence[str]) -> DryRunView:
    known = {each.case_id for each in submission.cases}
    refused = [_refused(row, submission.platform, urls) for row in submission.refused]
    # A row that repeats one of the same request names its case, which does not exist yet.
    told = [
        each.model_copy(update={"known_case_id": None}) if each.known_case_id in known else each for each in refused
    ]
    cases = [DryRow(row=each.row, listing_id=each.listing_id, warnings=each.warnings) for each in submission.cases]
    return DryRunView(would_file=bool(cases), problems=[], cases=cases, refused=told)


def not_qualified_view(refused: NotQualified) -> DryRunView:
    problems = [
        WhatIsWrong(pointer=each.pointer, code=each.code, detail=each.detail, mend=each.mend)
        for each in refused.problems
    ]
    return DryRunView(would_file=False, problems=problems, cases=[], refused=[])


def _refused(row: RefusedRow, platform: str, urls: Sequence[str]) -> RefusalOfRow:
    url = urls[row.row - 1] if row.row <= len(urls) else None
    detail, mend = row_text(row.problem, platform, url)
    return RefusalOfRow(row=row.row, code=row.problem, detail=detail, mend=mend, known_case_id=row.known_case_id)


def _verified(url: str, platform: str) -> ListingAnswer:
    found = recognize(url, platform)
    if isinstance(found, AddressRefused):
        return ListingAnswer(url=url, code=found.code, detail=found.message, mend=found.mend)
    return ListingAnswer(url=url, listing_id=found.id, canonical_url=canonical_url(found))
