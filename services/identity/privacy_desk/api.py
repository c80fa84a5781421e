"""The operators' desk: requests by due date, what their persons wrote, and the answer."""

from dataclasses import dataclass

from aiohttp import web

from services.identity import places
from services.identity.privacy_desk.views import (
    DecisionBody,
    DeskQuery,
    DeskRequestView,
    DeskView,
    RequestTextView,
    desk_view,
)
from services.identity.privacy_requests.commands import Answer, RequestCommands, Told
from services.identity.privacy_requests.model import AnnounceLifting, BeginExamination, PrivacyRequest
from shared.disclosures import DisclosureLog
from shared.httpkit import (
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

_DESK = "/v1/privacy-requests"
_ONE = f"{_DESK}/{{request_id}}"
_KNOWN = {"no-such-request": 404, "request-answered-already": 409}


@dataclass
class PrivacyDeskApi:
    commands: RequestCommands
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                _DESK,
                "read-privacy-desk",
                "Requests that wait for an answer, soonest due first",
                self.queue,
                query=DeskQuery,
                output=DeskView,
            ),
            Route("GET", _ONE, "read-desk-request", "A request", self.read, output=DeskRequestView),
            Route(
                "GET",
                f"{_ONE}/text",
                "read-privacy-request-text",
                "What the person wrote; logged as a disclosure",
                self.text,
                output=RequestTextView,
                discloses="privacy-request-text",
            ),
            Route(
                "POST",
                f"{_ONE}/examination",
                "examine-privacy-request",
                "Say that it is being looked at",
                self.examine,
                output=DeskRequestView,
                problems=_KNOWN,
            ),
            Route(
                "POST",
                f"{_ONE}/decision",
                "decide-privacy-request",
                "Grant a request, or refuse it with a reason",
                self.decide,
                input=DecisionBody,
                output=DeskRequestView,
                problems={
                    **_KNOWN,
                    "correction-missing": 422,
                    "correction-not-asked-for": 422,
                    "no-fee-here": 422,
                },
            ),
            Route(
                "POST",
                f"{_ONE}/lifting",
                "announce-lifting",
                "Tell the person that the restriction is about to be lifted; it is, once that notice was served",
                self.lift,
                output=DeskRequestView,
                problems={"no-such-request": 404, "nothing-to-lift": 409},
            ),
        )

    async def queue(self, request: web.Request) -> web.Response:
        query = read_query(request, DeskQuery)
        after = await self._known(query.after) if query.after else None
        found = await self.commands.queries.desk(after, query.limit)
        return ok(DeskView(requests=[desk_view(each) for each in found]))

    async def read(self, request: web.Request) -> web.Response:
        return ok(desk_view(await self._known(request.match_info["request_id"])))

    async def text(self, request: web.Request) -> web.Response:
        known = await self._known(request.match_info["request_id"])
        account_id, cause = known.account_id, cause_of(request)
        await self.disclosures.record(
            account_id, "privacy-request-text", "privacy-answer", cause, ground="service", about=known.id
        )
        told = Told.model_validate_json(
            await self.commands.vault.open(account_id, known.text_ref, places.PRIVACY_REQUEST)
        )
        return ok(RequestTextView(request_id=known.id, account_id=account_id, country=told.country, text=told.text))

    async def examine(self, request: web.Request) -> web.Response:
        receipt = (await idempotency_of(request)).receipt(desk_view)
        command = BeginExamination(actor_of(request).id)
        request_id = request.match_info["request_id"]
        return answered(await self.commands.execute(request_id, command, cause_of(request), receipt))

    async def decide(self, request: web.Request) -> web.Response:
        body = await read_json(request, DecisionBody)
        answer = Answer(actor_of(request).id, body.reason, body.statement, body.category, body.registrant)
        receipt = (await idempotency_of(request)).receipt(desk_view)
        request_id = request.match_info["request_id"]
        return answered(await self.commands.answer(request_id, answer, receipt, cause_of(request)))

    async def lift(self, request: web.Request) -> web.Response:
        receipt = (await idempotency_of(request)).receipt(desk_view)
        command = AnnounceLifting(actor_of(request).id)
        request_id = request.match_info["request_id"]
        return answered(await self.commands.execute(request_id, command, cause_of(request), receipt))

    async def _known(self, request_id: str) -> PrivacyRequest:
        loaded = await self.commands.repository.load(request_id)
        if loaded is None:
            raise not_found("request")
        return loaded.state
