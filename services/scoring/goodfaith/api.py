"""Reading how an account stands in the Good Faith Program, with the figures that say why."""

from datetime import date

from aiohttp import web
from pydantic import BaseModel

from services.scoring.goodfaith.store import StatusRecords
from shared.access import Role
from shared.contracts.scoring.goodfaith import GoodFaithStatus
from shared.httpkit import Route, actor_of, not_found, ok


class StatusView(BaseModel):
    """One account × principal on a day in Asia/Shanghai; rates between 0 and 1, null over nothing."""

    principal_id: str | None
    eligible: bool
    day: date
    window_from: date
    window_to: date
    requests: int
    decided: int
    upheld: int
    counter_successes: int
    success_rate: float | None
    counter_success_rate: float | None
    unmet: tuple[str, ...]
    barred_until: date | None
    policy_version: str


class AccountView(BaseModel):
    account_id: str
    statuses: tuple[StatusView, ...]


class GoodFaithApi:
    def __init__(self, records: StatusRecords) -> None:
        self._records = records

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/goodfaith/{account_id}",
                "read-good-faith",
                "How an account stands in the Good Faith Program; none before its first request",
                self.read,
                output=AccountView,
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        actor, account_id = actor_of(request), request.match_info["account_id"]
        if actor.is_a(Role.COMPLAINANT) and actor.account_id != account_id:
            raise not_found("account")
        statuses = await self._records.of_account(account_id)
        return ok(AccountView(account_id=account_id, statuses=tuple(map(_view, statuses))))


def _view(status: GoodFaithStatus) -> StatusView:
    return StatusView.model_validate(status.model_dump())
