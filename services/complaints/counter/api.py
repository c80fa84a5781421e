"""The merchant's answer through the signed link of the notice; the owner's answers to it and to supplement requests."""

from functools import partial
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import (
    AcceptCounterNotification,
    Case,
    Command,
    RejectCounterNotification,
    SubmitCounterNotification,
    SubmitSupplement,
)
from services.complaints.places import of_case
from services.complaints.records.api import CASE_REFUSALS, own_case
from services.complaints.records.views import CaseView, CaseWithRecords, Viewer, case_view, with_records
from shared.httpkit import Route, actor_of, answered, cause_of, idempotency_of, not_found, ok, read_json
from shared.kernel.clock import Clock
from shared.vault import SubjectVault

_ANSWER_REFUSALS = CASE_REFUSALS | {"too-late": 409, "case-withdrawn": 409}
_COUNTER_REFUSALS = _ANSWER_REFUSALS | {
    "not-upheld": 409,
    "removal-not-acknowledged": 409,
    "counter-pending": 409,
    "counter-already-accepted": 409,
    "finally-decided": 409,
}
_RESPONSE_REFUSALS = _ANSWER_REFUSALS | {
    "no-counter-pending": 409,
    "dispute-open": 409,
    "counter-already-accepted": 409,
    "finally-decided": 409,
}
_SUPPLEMENT_REFUSALS = _ANSWER_REFUSALS | {"no-supplement-awaited": 409, "already-decided": 409}


class CounterBody(BaseModel):
    """statement: why the listing does not infringe, in the merchant's own words (kept sealed)."""

    model_config = ConfigDict(extra="forbid")

    statement: str = Field(min_length=1, max_length=10_000)


class CounterResponseBody(BaseModel):
    """accept: the complaint is withdrawn by it; reject: the platform decides the dispute."""

    model_config = ConfigDict(extra="forbid")

    response: Literal["accept", "reject"]
    statement: str | None = Field(default=None, max_length=10_000)


class SupplementBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=10_000)


class CounterApi:
    def __init__(self, cases: Cases, vault: SubjectVault, clock: Clock) -> None:
        self._cases = cases
        self._vault = vault
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        one = "/v1/cases/{case_number}"
        return (
            Route(
                "GET",
                "/v1/merchant/cases/{case_number}",
                "read-merchants-case",
                "The case of a notice, for the merchant who got it",
                self.read,
                output=CaseWithRecords,
                link_token=True,
            ),
            Route(
                "POST",
                f"{one}/counter-notification",
                "send-counter-notification",
                "Dispute the removal (001, Counter-Notifications)",
                self.counter,
                input=CounterBody,
                output=CaseView,
                problems=_COUNTER_REFUSALS,
                link_token=True,
            ),
            Route(
                "POST",
                f"{one}/counter-response",
                "answer-counter-notification",
                "Accept or reject the merchant's counter-notification",
                self.respond,
                input=CounterResponseBody,
                output=CaseView,
                problems=_RESPONSE_REFUSALS,
            ),
            Route(
                "POST",
                f"{one}/supplement",
                "send-supplement",
                "Send the supplementary information that was asked for",
                self.supplement,
                input=SupplementBody,
                output=CaseView,
                problems=_SUPPLEMENT_REFUSALS,
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        case = await self._merchants_case(request)
        return ok(with_records(case, await self._cases.repository.history(case.id), "merchant"))

    async def counter(self, request: web.Request) -> web.Response:
        received_at = self._clock.now()
        case = await self._merchants_case(request)
        body = await read_json(request, CounterBody)
        merchant = actor_of(request).id
        sealed = await self._seal(request, merchant, of_case(case.platform, case.id, "counter"), body.statement)
        command = SubmitCounterNotification(by=merchant, received_at=received_at, statement=sealed)
        return await self._execute(request, case, command, "merchant")

    async def respond(self, request: web.Request) -> web.Response:
        received_at = self._clock.now()
        case = await own_case(self._cases, request)
        body = await read_json(request, CounterResponseBody)
        by = case.account_id
        if body.response == "accept":
            return await self._execute(request, case, AcceptCounterNotification(by=by, received_at=received_at))
        statement = body.statement
        sealed = (
            None
            if statement is None
            else await self._seal(request, by, of_case(case.platform, case.id, "dispute"), statement)
        )
        command = RejectCounterNotification(by=by, received_at=received_at, statement=sealed)
        return await self._execute(request, case, command)

    async def supplement(self, request: web.Request) -> web.Response:
        received_at = self._clock.now()
        case = await own_case(self._cases, request)
        body = await read_json(request, SupplementBody)
        sealed = await self._seal(request, case.account_id, of_case(case.platform, case.id, "supplement"), body.text)
        command = SubmitSupplement(by=case.account_id, received_at=received_at, evidence=(sealed,))
        return await self._execute(request, case, command)

    async def _seal(self, request: web.Request, subject: str, place: str, text: str) -> str:
        """A retry finds what the first attempt sealed, and leaves no second copy behind."""
        attempt = await idempotency_of(request)
        return await self._vault.seal(subject, place, text.encode(), f"{attempt.key}/{attempt.body_hash}")

    async def _execute(
        self, request: web.Request, case: Case, command: Command, viewer: Viewer = "owner"
    ) -> web.Response:
        receipt = (await idempotency_of(request)).receipt(partial(case_view, viewer=viewer))
        return answered(await self._cases.execute(case.id, command, cause_of(request), receipt))

    async def _merchants_case(self, request: web.Request) -> Case:
        """The link names one case; any other looks like one that does not exist."""
        case_id = request.match_info["case_number"]
        actor = actor_of(request)
        case = await self._cases.load(case_id) if case_id in actor.scoped_to("case") else None
        if case is None or case.merchant_id != actor.id:
            raise not_found("case")
        return case
