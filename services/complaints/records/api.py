"""Reading cases, and the owner's withdrawal."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import Case, Reinstate, Withdraw
from services.complaints.records.asking import StaffsFilter, StaffsPage, asked_export, asked_page
from services.complaints.records.export import rows
from services.complaints.records.queries import CaseQueries
from services.complaints.records.views import CaseView, CaseWithRecords, FoundCases, Viewer, case_view, with_records
from shared.access import Role
from shared.httpkit import (
    Route,
    account_of,
    actor_of,
    answered,
    cause_of,
    idempotency_of,
    not_found,
    ok,
    read_json,
)
from shared.kernel.clock import Clock
from shared.policies.terms import PolicyBook

# What every command on a case may end in; a test holds each route's list against the decider's whole table.
CASE_REFUSALS = {"no-such-case": 404}
_WITHDRAWAL_REFUSALS = CASE_REFUSALS | {
    "reason-unknown": 422,
    "case-rejected": 409,
    "case-withdrawn": 409,
    "counter-already-accepted": 409,
    "no-removal-stands": 409,
}
_REINSTATEMENT_REFUSALS = CASE_REFUSALS | {
    "not-a-code": 422,
    "not-upheld": 409,
    "removal-not-acknowledged": 409,
    "no-removal-stands": 409,
}


class ReasonBody(BaseModel):
    """`reason`: a code of the policy, never free text."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=64)


async def own_case(cases: Cases, request: web.Request) -> Case:
    """The case in the address, if it is the caller's; another's looks like one that does not exist."""
    case = await cases.load(request.match_info["case_number"])
    if case is None or case.account_id != account_of(request):
        raise not_found("case")
    return case


async def linked_case(cases: Cases, request: web.Request) -> Case:
    """The case in the address, for the merchant whose link names it; any other looks like one that does not exist."""
    case_id = request.match_info["case_number"]
    actor = actor_of(request)
    case = await cases.load(case_id) if case_id in actor.scoped_to("case") else None
    if case is None or case.merchant_id != actor.id:
        raise not_found("case")
    return case


class RecordsApi:
    def __init__(self, cases: Cases, queries: CaseQueries, book: PolicyBook, clock: Clock) -> None:
        self._cases = cases
        self._queries = queries
        self._book = book
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        one = "/v1/cases/{case_number}"
        return (
            Route(
                "GET",
                "/v1/cases",
                "list-cases",
                "Find cases: newest first, by whatever is known of them",
                self.page,
                query=StaffsPage,
                output=FoundCases,
                problems={"cursor-not-valid": 422},
            ),
            Route(
                "GET",
                "/v1/cases/export",
                "export-cases",
                "Cases as CSV, newest first, by the same filters",
                self.export,
                query=StaffsFilter,
                output_media_type="text/csv",
                problems={"cursor-not-valid": 422},
            ),
            Route("GET", one, "read-case", "A case and its records", self.read, output=CaseWithRecords),
            Route(
                "POST",
                f"{one}/withdrawal",
                "withdraw-complaint",
                "Withdraw a complaint while it is open or a removal stands",
                self.withdraw,
                input=ReasonBody,
                output=CaseView,
                problems=_WITHDRAWAL_REFUSALS,
            ),
            Route(
                "POST",
                f"{one}/reinstatement",
                "reinstate-listing",
                "Let the listing up at the platform's discretion (002 §5)",
                self.reinstate,
                input=ReasonBody,
                output=CaseView,
                problems=_REINSTATEMENT_REFUSALS,
            ),
        )

    async def page(self, request: web.Request) -> web.Response:
        asked = asked_page(request, actor_of(request), self._book, self._clock.now())
        page = await self._queries.page(asked.search, asked.cursor, asked.limit)
        cases = [case_view(case, _viewer(request)) for case in page.cases]
        following = page.following.written() if page.following else None
        return ok(FoundCases(cases=cases, next=following, days_in=asked.zone))

    async def export(self, request: web.Request) -> web.Response:
        """Sent while it is made: a fault on the way breaks the connection off, so that no part passes for the whole."""
        now = self._clock.now()
        asked = asked_export(request, actor_of(request), self._book, now)
        most = self._book.at(now).complaints.export_max_cases
        pieces = rows(self._queries, asked.search, asked.cursor, _viewer(request), most)
        headers = {"Content-Disposition": 'attachment; filename="cases.csv"'}
        return web.Response(body=pieces, content_type="text/csv", charset="utf-8", headers=headers)

    async def read(self, request: web.Request) -> web.Response:
        actor = actor_of(request)
        case = await self._cases.load(request.match_info["case_number"])
        mine = case is not None and case.account_id == actor.account_id
        if case is None or (actor.is_a(Role.COMPLAINANT) and not mine):
            raise not_found("case")
        history = await self._cases.repository.history(case.id)
        return ok(with_records(case, history, "owner" if mine else "staff"))

    async def withdraw(self, request: web.Request) -> web.Response:
        case = await own_case(self._cases, request)
        body = await read_json(request, ReasonBody)
        command = Withdraw(by=case.account_id, reason=body.reason)
        receipt = (await idempotency_of(request)).receipt(case_view)
        return answered(await self._cases.execute(case.id, command, cause_of(request), receipt))

    async def reinstate(self, request: web.Request) -> web.Response:
        body = await read_json(request, ReasonBody)
        command = Reinstate(by=actor_of(request).id, reason=body.reason)
        receipt = (await idempotency_of(request)).receipt(case_view)
        case_id = request.match_info["case_number"]
        return answered(await self._cases.execute(case_id, command, cause_of(request), receipt))


def _viewer(request: web.Request) -> Viewer:
    return "owner" if actor_of(request).is_a(Role.COMPLAINANT) else "staff"
