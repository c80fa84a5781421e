"""Asking for erasure, looking at how far it is, staying after all; the operators' list."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.identity.access.commands import AccessCommands
from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.erasure.commands import ErasureCommands
from services.identity.erasure.model import Erasure, Ground, RequestErasure, Status, WithdrawErasure
from services.identity.erasure.queries import ErasureQueries
from shared.httpkit import Route, actor_of, answered, cause_of, idempotency_of, not_found, ok, read_json, read_query

_ERASURE = "/v1/accounts/{account_id}/erasure"
_REQUEST_REFUSALS = {
    "credentials-wrong": 401,
    "too-many-attempts": 429,
    "account-closed": 409,
    "no-such-account": 404,
    "email-not-verified": 403,
    "erasure-under-way": 409,
    "erasure-completed": 409,
}


class ErasureBody(BaseModel):
    """password: once more, before anything is erased (000 V.5). ground: 000 V.3 (1) to (4)."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr = Field(max_length=128)
    ground: Ground = "no-longer-used"


class ConfirmationView(BaseModel):
    """What a recipient confirmed to have erased, by kind; figures only."""

    recipient: str
    counts: dict[str, int]


class ErasureView(BaseModel):
    """due: the first instant that is too late for an answer (30 days, exclusive), null once the person was answered.
    deferred_for: what stands in the way, as `<who>:<code>`; it goes on by itself when nothing does any more."""

    account_id: str
    request: int
    ground: Ground
    status: Status
    requested_at: datetime
    due: datetime | None
    overdue: bool
    deferred_for: tuple[str, ...]
    confirmations: list[ConfirmationView]
    completed_at: datetime | None


class OpenQuery(BaseModel):
    """How many at most."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)


class OpenErasures(BaseModel):
    erasures: list[ErasureView]


@dataclass
class ErasureApi:
    accounts: AccountCommands
    access: AccessCommands
    commands: ErasureCommands
    queries: ErasureQueries

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                _ERASURE,
                "request-erasure",
                "Ask that everything that is held of you be erased, everywhere",
                self.request,
                input=ErasureBody,
                output=ErasureView,
                status=201,
                problems=_REQUEST_REFUSALS,
            ),
            Route("GET", _ERASURE, "read-erasure", "How far an erasure is", self.read, output=ErasureView),
            Route(
                "POST",
                f"{_ERASURE}/withdrawal",
                "withdraw-erasure",
                "Stay after all, before anything is erased",
                self.withdraw,
                output=ErasureView,
                problems={"no-erasure": 404, "erasure-ordered": 409, "erasure-overtaken": 409, "no-such-account": 404},
            ),
            Route(
                "GET",
                "/v1/erasures",
                "read-erasures",
                "Erasures that are not completed, the oldest first",
                self.open,
                query=OpenQuery,
                output=OpenErasures,
            ),
        )

    async def request(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        body = await read_json(request, ErasureBody)
        receipt = (await idempotency_of(request)).receipt(erasure_view, status=201)
        await self.access.confirm(account.id, body.password.get_secret_value())
        command = RequestErasure(
            account_id=account.id, language=account.language, ground=body.ground, by=actor_of(request).id
        )
        return answered(await self.commands.execute(account.id, command, cause_of(request), receipt))

    async def read(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        erasure = await self.commands.of(account.id)
        if erasure is None:
            raise not_found("erasure")
        return ok(erasure_view(erasure))

    async def withdraw(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        receipt = (await idempotency_of(request)).receipt(erasure_view)
        return answered(await self.commands.execute(account.id, WithdrawErasure(), cause_of(request), receipt))

    async def open(self, request: web.Request) -> web.Response:
        query = read_query(request, OpenQuery)
        return ok(OpenErasures(erasures=[erasure_view(each) for each in await self.queries.open(query.limit)]))


def erasure_view(erasure: Erasure) -> ErasureView:
    return ErasureView(
        account_id=erasure.account_id,
        request=erasure.request,
        ground=erasure.ground,
        status=erasure.status,
        requested_at=erasure.requested_at,
        due=erasure.deadline.due if erasure.deadline else None,
        overdue=erasure.overdue,
        deferred_for=erasure.deferred_for,
        confirmations=[ConfirmationView(recipient=who, counts=dict(counts)) for who, counts in erasure.erased],
        completed_at=erasure.completed_at,
    )
