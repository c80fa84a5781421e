"""Legal holds: placed and released by operators, read by auditors too; our services ask who is kept back."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity.accounts.commands import Accounts
from services.identity.accounts.model import Account
from services.identity.holds.model import Hold, PlaceHold, ReleaseHold, holds_in, place, release
from services.identity.retention import KeptBackHere
from shared.httpkit import Route, actor_of, answered, cause_of, idempotency_of, not_found, ok, read_json, read_query
from shared.kernel.clock import Clock
from shared.kernel.ids import derived_id
from shared.policies.retention import RetentionBook

_HOLDS = "/v1/accounts/{account_id}/legal-holds"
_CODE = "^[a-z][a-z0-9-]{2,63}$"


class HoldBody(BaseModel):
    """reason: a code such as `litigation` or `authority-request`. reference: the order's number in your register, never
    a name or a text. review_on: the day on which somebody asks whether it is still needed."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(pattern=_CODE)
    reference: str = Field(pattern="^[A-Za-z0-9][A-Za-z0-9./_-]{1,63}$")
    review_on: date


class ReleaseBody(BaseModel):
    """reason: a code such as `settled`."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(pattern=_CODE)


class HoldView(BaseModel):
    """review_due: somebody has to ask whether it is still needed; it holds until it is released."""

    hold_id: str
    reason: str
    reference: str
    review_on: date
    review_due: bool
    placed_by: str
    placed_at: datetime
    release_reason: str
    released_by: str
    released_at: datetime | None


class HoldsView(BaseModel):
    """The oldest first; released ones too."""

    account_id: str
    holds: list[HoldView]


class HeldView(BaseModel):
    """`held`: whether something still keeps what is the account's."""

    account_id: str
    hold_id: str
    held: bool


class PageQuery(BaseModel):
    """`after`: the last account that was seen."""

    model_config = ConfigDict(extra="forbid")

    after: str = ""
    limit: int = Field(default=200, ge=1, le=1000)


class HeldAccounts(BaseModel):
    """Accounts with holds in force, in the order of their ids."""

    accounts: list[HoldsView]
    more: bool


class KeptBackView(BaseModel):
    """because: `legal-hold` or `restriction`."""

    account_id: str
    because: str


class KeptBackPage(BaseModel):
    accounts: list[KeptBackView]
    more: bool


def _held_view(hold_id: str, account: Account) -> HeldView:
    return HeldView(account_id=account.id, hold_id=hold_id, held=bool(account.legal_holds))


@dataclass
class HoldsApi:
    accounts: Accounts
    kept_back: KeptBackHere
    book: RetentionBook
    clock: Clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                _HOLDS,
                "place-legal-hold",
                "Keep everything of an account from being removed or erased",
                self.place,
                input=HoldBody,
                output=HeldView,
                status=201,
                problems={"no-such-account": 404, "review-in-the-past": 422},
            ),
            Route(
                "POST",
                f"{_HOLDS}/{{hold_id}}/release",
                "release-legal-hold",
                "End a hold: what is due is removed by the next run",
                self.release,
                input=ReleaseBody,
                output=HeldView,
                problems={"no-such-account": 404, "no-such-hold": 409},
            ),
            Route("GET", _HOLDS, "read-legal-holds", "The holds of an account", self.read, output=HoldsView),
            Route(
                "GET",
                "/v1/legal-holds",
                "list-legal-holds",
                "All accounts that are under a legal hold",
                self.list,
                query=PageQuery,
                output=HeldAccounts,
            ),
            Route(
                "GET",
                "/v1/internal/kept-back",
                "read-kept-back",
                "Accounts of which nothing may be removed now, for our services",
                self.all_kept_back,
                query=PageQuery,
                output=KeptBackPage,
            ),
        )

    async def place(self, request: web.Request) -> web.Response:
        body = await read_json(request, HoldBody)
        attempt, account_id = await idempotency_of(request), request.match_info["account_id"]
        hold_id = derived_id("lgh", account_id, attempt.key)
        by = actor_of(request).id
        command = PlaceHold(hold_id, body.reason, body.reference, body.review_on, by, self._today())
        receipt = attempt.receipt(partial(_held_view, hold_id), status=201)
        done = await self.accounts.execute(
            account_id, lambda account: place(account, command, self.clock.now()), cause_of(request), receipt
        )
        return answered(done)

    async def release(self, request: web.Request) -> web.Response:
        body = await read_json(request, ReleaseBody)
        hold_id = request.match_info["hold_id"]
        command = ReleaseHold(hold_id, body.reason, actor_of(request).id)
        receipt = (await idempotency_of(request)).receipt(partial(_held_view, hold_id))
        account_id = request.match_info["account_id"]
        done = await self.accounts.execute(
            account_id, lambda account: release(account, command, self.clock.now()), cause_of(request), receipt
        )
        return answered(done)

    async def read(self, request: web.Request) -> web.Response:
        account_id = request.match_info["account_id"]
        if await self.accounts.load(account_id) is None:
            raise not_found("account")
        return ok(await self._view(account_id))

    async def list(self, request: web.Request) -> web.Response:
        query = read_query(request, PageQuery)
        found = await self.kept_back.page(query.after, query.limit)
        views = [await self._view(account_id, in_force=True) for account_id in found]
        held = [view for view in views if view.holds]
        return ok(HeldAccounts(accounts=held, more=len(found) == query.limit))

    async def all_kept_back(self, request: web.Request) -> web.Response:
        query = read_query(request, PageQuery)
        found = await self.kept_back.page(query.after, query.limit)
        views = [KeptBackView(account_id=account_id, because=because) for account_id, because in found.items()]
        return ok(KeptBackPage(accounts=views, more=len(found) == query.limit))

    async def _view(self, account_id: str, *, in_force: bool = False) -> HoldsView:
        history = await self.accounts.history(account_id)
        holds = [self._hold(hold) for hold in holds_in(entry.event for entry in history)]
        shown = [hold for hold in holds if hold.released_at is None or not in_force]
        return HoldsView(account_id=account_id, holds=shown)

    def _hold(self, hold: Hold) -> HoldView:
        said = {name: getattr(hold, name) for name in Hold.__dataclass_fields__}
        return HoldView(**said, review_due=hold.review_is_due(self._today()))

    def _today(self) -> date:
        now = self.clock.now()
        return self.book.at(now).day(now)
