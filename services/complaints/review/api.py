"""The reviewers' desk."""

import asyncio
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import BeginReview, Case, Command, DecideDispute, Reject, RequestSupplement, Uphold
from services.complaints.records.api import CASE_REFUSALS
from services.complaints.records.queries import CaseQueries
from services.complaints.records.views import CasePage, CaseView, case_view
from shared.httpkit import Route, actor_of, answered, cause_of, idempotency_of, ok, read_json, read_query
from shared.kernel.decider import Refusal

_REVIEW_REFUSALS = CASE_REFUSALS | {
    "review-not-begun": 409,
    "under-review-by-another": 409,
    "already-under-review": 409,
    "already-decided": 409,
    "supplement-awaited": 409,
    "nothing-missing": 422,
    "not-a-code": 422,
    "reason-unknown": 422,
    "case-withdrawn": 409,
}
_DETERMINATION_REFUSALS = CASE_REFUSALS | {
    "no-dispute": 409,
    "decided-first-by-same-reviewer": 403,
    "counter-already-accepted": 409,
    "finally-decided": 409,
    "case-withdrawn": 409,
}


class QueueFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    platform: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class DecisionBody(BaseModel):
    """reason_code: for a rejection, a code of the policy; missing: for a request, what is missing, as codes."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["uphold", "reject", "request_supplement"]
    reason_code: str | None = Field(default=None, max_length=64)
    missing: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=20)

    @model_validator(mode="after")
    def _complete(self) -> "DecisionBody":
        if self.decision == "reject" and not self.reason_code:
            raise ValueError("a rejection names its reason_code")
        if self.decision == "request_supplement" and not self.missing:
            raise ValueError("a request for supplementary information names what is missing")
        return self

    def command(self, by: str) -> Command:
        match self.decision:
            case "uphold":
                return Uphold(by=by)
            case "reject":
                return Reject(by=by, reason_code=self.reason_code or "")
            case "request_supplement":
                return RequestSupplement(by=by, missing=tuple(self.missing))


class ClaimsBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    case_ids: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=100)


class ClaimResult(BaseModel):
    """`refused`: the code of the reason where the case was not given to this reviewer."""

    case_id: str
    state: str | None = None
    refused: str | None = None


class ClaimsAnswer(BaseModel):
    claims: list[ClaimResult]


class DeterminationBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    determination: Literal["upheld", "overturned"]


class ReviewApi:
    def __init__(self, cases: Cases, queries: CaseQueries) -> None:
        self._cases = cases
        self._queries = queries

    def routes(self) -> tuple[Route, ...]:
        one = "/v1/cases/{case_number}"
        return (
            Route(
                "GET",
                "/v1/review/queue",
                "read-review-queue",
                "Cases that wait for a reviewer, the oldest first",
                self.queue,
                query=QueueFilter,
                output=CasePage,
            ),
            Route(
                "POST",
                "/v1/review/claims",
                "begin-review",
                "Take cases under review; each is given or refused by itself, and a repeat is given again",
                self.claim,
                input=ClaimsBody,
                output=ClaimsAnswer,
                # Each claim is idempotent by itself: whose case it is already, is given it again.
                changes=False,
            ),
            Route(
                "POST",
                f"{one}/decision",
                "decide-case",
                "The first decision: uphold, reject with a reason code, or ask for what is missing",
                self.decide,
                input=DecisionBody,
                output=CaseView,
                problems=_REVIEW_REFUSALS,
            ),
            Route(
                "POST",
                f"{one}/determination",
                "determine-dispute",
                "The determination of a dispute, by another reviewer than the first",
                self.determine,
                input=DeterminationBody,
                output=CaseView,
                problems=_DETERMINATION_REFUSALS,
            ),
        )

    async def queue(self, request: web.Request) -> web.Response:
        query = read_query(request, QueueFilter)
        cases = await self._queries.queue(query.platform, query.limit)
        return ok(CasePage(cases=[case_view(case, "staff") for case in cases], next=None))

    async def claim(self, request: web.Request) -> web.Response:
        body = await read_json(request, ClaimsBody)
        claims = [self._claim(request, case_id) for case_id in dict.fromkeys(body.case_ids)]
        return ok(ClaimsAnswer(claims=list(await asyncio.gather(*claims))))

    async def _claim(self, request: web.Request, case_id: str) -> ClaimResult:
        command = BeginReview(by=actor_of(request).id)
        try:
            done = await self._cases.execute(case_id, command, cause_of(request))
        except Refusal as refusal:
            if refusal.code == "already-under-review":
                return ClaimResult(case_id=case_id, state="under_review")
            return ClaimResult(case_id=case_id, refused=refusal.code)
        return ClaimResult(case_id=case_id, state=done.state.state)

    async def decide(self, request: web.Request) -> web.Response:
        body = await read_json(request, DecisionBody)
        return await self._execute(request, body.command(actor_of(request).id))

    async def determine(self, request: web.Request) -> web.Response:
        body = await read_json(request, DeterminationBody)
        return await self._execute(request, DecideDispute(by=actor_of(request).id, determination=body.determination))

    async def _execute(self, request: web.Request, command: Command) -> web.Response:
        receipt = (await idempotency_of(request)).receipt(_staff_view)
        case_id = request.match_info["case_number"]
        return answered(await self._cases.execute(case_id, command, cause_of(request), receipt))


def _staff_view(case: Case) -> CaseView:
    return case_view(case, "staff")
