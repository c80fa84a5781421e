"""A person's own requests about their data: filed with the password again, seen, withdrawn."""

from dataclasses import dataclass

from aiohttp import web

from services.identity import places
from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.privacy_requests.commands import Filing, RequestCommands, Told
from services.identity.privacy_requests.model import PrivacyRequest, WithdrawRequest
from services.identity.privacy_requests.views import (
    REMOVED,
    OwnRequestView,
    RequestBody,
    RequestsView,
    RequestView,
    own_view,
    request_view,
)
from shared.httpkit import Route, answered, cause_of, idempotency_of, not_found, ok, read_json
from shared.kernel.failures import Gone

_REQUESTS = "/v1/accounts/{account_id}/privacy-requests"
_ONE = f"{_REQUESTS}/{{request_id}}"
_FILING_REFUSALS = {
    "credentials-wrong": 401,
    "too-many-attempts": 429,
    "account-closed": 409,
    "email-not-verified": 403,
    "no-such-account": 404,
    "not-offered-here": 403,
    "country-missing": 422,
    "request-current-already": 409,
}


@dataclass
class PrivacyRequestsApi:
    accounts: AccountCommands
    commands: RequestCommands

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                _REQUESTS,
                "file-privacy-request",
                "Ask for a correction, object, ask for a restriction, or ask something else about one's data",
                self.file,
                input=RequestBody,
                output=RequestView,
                status=201,
                problems=_FILING_REFUSALS,
            ),
            Route("GET", _REQUESTS, "list-privacy-requests", "One's own requests", self.mine, output=RequestsView),
            Route(
                "GET",
                _ONE,
                "read-privacy-request",
                "One of one's own requests, with what was written on both sides",
                self.read,
                output=OwnRequestView,
            ),
            Route(
                "POST",
                f"{_ONE}/withdrawal",
                "withdraw-privacy-request",
                "Withdraw a request; what was granted by it, an objection or a restriction, ends",
                self.withdraw,
                output=RequestView,
                problems={"no-such-request": 404, "request-answered-already": 409},
            ),
        )

    async def file(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        body = await read_json(request, RequestBody)
        filing = Filing(body.kind, body.about, Told(text=body.text, country=body.country))
        receipt = (await idempotency_of(request)).receipt(request_view, status=201)
        password = body.password.get_secret_value()
        return answered(await self.commands.file(account.id, password, filing, receipt, cause_of(request)))

    async def mine(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        found = await self.commands.queries.of_account(account.id)
        return ok(RequestsView(requests=[request_view(each) for each in found]))

    async def read(self, request: web.Request) -> web.Response:
        known = await self._own(request)
        told = await self._opened(known, known.text_ref, places.PRIVACY_REQUEST)
        text = REMOVED if told is None else Told.model_validate_json(told).text
        statement = None
        if known.statement_ref is not None:
            answer = await self._opened(known, known.statement_ref, places.PRIVACY_ANSWER)
            statement = REMOVED if answer is None else answer.decode()
        return ok(own_view(known, text, statement))

    async def withdraw(self, request: web.Request) -> web.Response:
        known = await self._own(request)
        receipt = (await idempotency_of(request)).receipt(request_view)
        return answered(await self.commands.execute(known.id, WithdrawRequest(), cause_of(request), receipt))

    async def _own(self, request: web.Request) -> PrivacyRequest:
        """Another's looks like one that does not exist."""
        account = await visible_account(self.accounts, request)
        loaded = await self.commands.repository.load(request.match_info["request_id"])
        if loaded is None or loaded.state.account_id != account.id:
            raise not_found("request")
        return loaded.state

    async def _opened(self, known: PrivacyRequest, ref: str, place: str) -> bytes | None:
        """None where it was removed."""
        try:
            return await self.commands.vault.open(known.account_id, ref, place)
        except Gone:
            return None
