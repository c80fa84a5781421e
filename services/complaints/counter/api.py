"""The merchant's answer through the signed link of the notice; the owner's answers to it and to supplement requests."""

from functools import partial
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.complaints.cases.commands import Cases
from services.complaints.cases.model import (
    AcceptCounterNotification,
    Case,
    Command,
    RejectCounterNotification,
    SubmitCounterNotification,
    SubmitSupplement,
)
from services.complaints.evidence.commands import EvidenceFiles, FilesNotUsable
from services.complaints.evidence.model import Claim, Use
from services.complaints.places import of_case
from services.complaints.records.api import CASE_REFUSALS, linked_case, own_case
from services.complaints.records.views import CaseView, CaseWithRecords, Viewer, case_view, with_records
from shared.httpkit import Route, actor_of, answered, cause_of, idempotency_of, ok, read_json
from shared.kernel.clock import Clock
from shared.vault import SubjectVault

_ANSWER_REFUSALS = CASE_REFUSALS | {"too-late": 409, "case-withdrawn": 409, "evidence-not-usable": 422}
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


Files = Annotated[list[Annotated[str, Field(max_length=100)]], Field(default_factory=list, max_length=100)]
"""Ids of uploaded evidence; how many of them are taken is the policy's."""


class CounterBody(BaseModel):
    """statement: why the listing does not infringe, in the merchant's own words (kept sealed); files: the evidence."""

    model_config = ConfigDict(extra="forbid")

    statement: str = Field(min_length=1, max_length=10_000)
    files: Files


class CounterResponseBody(BaseModel):
    """accept: the complaint is withdrawn by it; reject: the platform decides the dispute, with what is said here."""

    model_config = ConfigDict(extra="forbid")

    response: Literal["accept", "reject"]
    statement: str | None = Field(default=None, max_length=10_000)
    files: Files

    @model_validator(mode="after")
    def _to_a_dispute(self) -> "CounterResponseBody":
        if self.response == "accept" and self.files:
            raise ValueError("files belong to a rejection")
        return self


class SupplementBody(BaseModel):
    """A text, files, or both."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(default="", max_length=10_000)
    files: Files

    @model_validator(mode="after")
    def _something(self) -> "SupplementBody":
        if not self.text.strip() and not self.files:
            raise ValueError("a supplement has a text or files")
        return self


class CounterApi:
    def __init__(self, cases: Cases, files: EvidenceFiles, vault: SubjectVault, clock: Clock) -> None:
        self._cases = cases
        self._files = files
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
        case = await linked_case(self._cases, request)
        return ok(with_records(case, await self._cases.repository.history(case.id), "merchant"))

    async def counter(self, request: web.Request) -> web.Response:
        received_at = self._clock.now()
        case = await linked_case(self._cases, request)
        body = await read_json(request, CounterBody)
        merchant, files = actor_of(request).id, tuple(body.files)
        await self._claim(request, case, merchant, files)
        sealed = await self._seal(request, merchant, of_case(case.platform, case.id, "counter"), body.statement)
        command = SubmitCounterNotification(by=merchant, received_at=received_at, statement=sealed, files=files)
        return await self._execute(request, case, command, "merchant", files)

    async def respond(self, request: web.Request) -> web.Response:
        received_at = self._clock.now()
        case = await own_case(self._cases, request)
        body = await read_json(request, CounterResponseBody)
        by = case.account_id
        if body.response == "accept":
            return await self._execute(request, case, AcceptCounterNotification(by=by, received_at=received_at))
        statement, files = body.statement, tuple(body.files)
        await self._claim(request, case, by, files)
        sealed = (
            None
            if statement is None
            else await self._seal(request, by, of_case(case.platform, case.id, "dispute"), statement)
        )
        command = RejectCounterNotification(by=by, received_at=received_at, statement=sealed, files=files)
        return await self._execute(request, case, command, files=files)

    async def supplement(self, request: web.Request) -> web.Response:
        received_at = self._clock.now()
        case = await own_case(self._cases, request)
        body = await read_json(request, SupplementBody)
        by, files = case.account_id, tuple(body.files)
        await self._claim(request, case, by, files)
        place = of_case(case.platform, case.id, "supplement")
        sealed = (await self._seal(request, by, place, body.text),) if body.text.strip() else ()
        command = SubmitSupplement(by=by, received_at=received_at, evidence=sealed, files=files)
        return await self._execute(request, case, command, files=files)

    async def _claim(self, request: web.Request, case: Case, party: str, files: tuple[str, ...]) -> None:
        """Before the answer is written. Raises FilesNotUsable with all that is wrong."""
        claim = Claim(party=party, platform=case.platform, case_id=case.id, use=_use(case))
        if files:
            problems = await self._files.examine(files, claim)
            if problems:
                raise FilesNotUsable(problems)
            await self._files.claim(files, claim, cause_of(request))

    async def _seal(self, request: web.Request, subject: str, place: str, text: str) -> str:
        """A retry finds what the first attempt sealed, and leaves no second copy behind."""
        attempt = await idempotency_of(request)
        return await self._vault.seal(subject, place, text.encode(), f"{attempt.key}/{attempt.body_hash}")

    async def _execute(
        self,
        request: web.Request,
        case: Case,
        command: Command,
        viewer: Viewer = "owner",
        files: tuple[str, ...] = (),
    ) -> web.Response:
        receipt = (await idempotency_of(request)).receipt(partial(case_view, viewer=viewer))
        done = await self._cases.execute(case.id, command, cause_of(request), receipt)
        await self._files.attach(files, _use(case), cause_of(request))
        return answered(done)


def _use(case: Case) -> Use:
    return Use(kind="case", id=case.id)
