"""`GET /v1/reporting-history`: an account's figures."""

from datetime import date

from aiohttp import web
from pydantic import BaseModel

from services.complaints.records.asking import Code, Days, instants
from services.complaints.records.figures import Figures
from services.complaints.records.history.queries import Asked, Histories
from shared.access import Role
from shared.httpkit import FieldProblem, Route, actor_of, ok, read_query
from shared.httpkit.problems import standard
from shared.kernel.clock import Clock
from shared.policies.good_faith import months_before
from shared.policies.terms import PolicyBook

MONTHS = 12  # of a history that names no first day (ours)


class HistoryFilter(Days):
    """Days of filing, both included, in the zone of Good Faith (Asia/Shanghai), whatever the marketplace: by default
    the last twelve months. account_id: for staff, whose history it is."""

    right_id: Code | None = None
    principal_id: Code | None = None


class StaffsHistoryFilter(HistoryFilter):
    account_id: Code | None = None


class FiguresView(BaseModel):
    """Rates between 0 and 1, null over nothing."""

    requests: int
    decided: int
    upheld: int
    rejected: int
    withdrawn: int
    counter_notified: int
    counter_successes: int
    success_rate: float | None
    counter_success_rate: float | None


class HistoryView(BaseModel):
    """filed_from, filed_to: the days that count, both included, in the zone `days_in`."""

    account_id: str
    filed_from: date
    filed_to: date
    days_in: str
    total: FiguresView
    by_platform: dict[str, FiguresView]
    by_month: dict[str, FiguresView]
    by_right: dict[str, FiguresView]


class HistoryApi:
    def __init__(self, histories: Histories, book: PolicyBook, clock: Clock) -> None:
        self._histories = histories
        self._book = book
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/reporting-history",
                "read-reporting-history",
                "What became of an account's requests, with success rates",
                self.read,
                query=StaffsHistoryFilter,
                output=HistoryView,
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        actor, now = actor_of(request), self._clock.now()
        owner = actor.account_id if actor.is_a(Role.COMPLAINANT) else None
        query: HistoryFilter = read_query(request, HistoryFilter if owner else StaffsHistoryFilter)
        account = query.account_id if isinstance(query, StaffsHistoryFilter) else owner
        if account is None:
            missing = FieldProblem("?account_id", "missing", "Whose history it is.", "Send this field.")
            detail = "1 thing is wrong in the request."
            raise standard("query-not-valid", detail, "Name the account.", problems=(missing,))
        zone = self._book.default_calendar(now).zone
        last = query.filed_to or self._book.default_calendar(now).local_day(now)
        first = query.filed_from or months_before(last, MONTHS)
        filed_from, filed_before = instants(first, last, zone)
        asked = Asked(account, zone, filed_from, filed_before, query.platform, query.right_id, query.principal_id)
        found = await self._histories.of(asked)
        return ok(
            HistoryView(
                account_id=account,
                filed_from=first,
                filed_to=last,
                days_in=zone,
                total=_view(found.total),
                by_platform={name: _view(each) for name, each in found.by_platform.items()},
                by_month={name: _view(each) for name, each in found.by_month.items()},
                by_right={name: _view(each) for name, each in found.by_right.items()},
            )
        )


def _view(figures: Figures) -> FiguresView:
    return FiguresView(
        requests=figures.requests,
        decided=figures.decided,
        upheld=figures.upheld,
        rejected=figures.rejected,
        withdrawn=figures.withdrawn,
        counter_notified=figures.counter_notified,
        counter_successes=figures.counter_successes,
        success_rate=figures.success_rate,
        counter_success_rate=figures.counter_success_rate,
    )
