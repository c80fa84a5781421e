"""A service's log of disclosures over HTTP, for identity, which shows those of all services to the person."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from shared.disclosures.log import Disclosure, DisclosureLog, Ground, Position
from shared.httpkit import Instant, Route, ok, read_query

MOST = 200
"""Entries of a page."""

READ_OWN_LOG = "read-disclosures-here"


class LogQuery(BaseModel):
    """after_at and after_id: time and id of the last entry that was seen; without them from the beginning."""

    model_config = ConfigDict(extra="forbid")

    after_at: Instant | None = None
    after_id: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=MOST)

    @property
    def position(self) -> Position | None:
        return (self.after_at, self.after_id) if self.after_at is not None else None


class LoggedEntry(BaseModel):
    """One entry as it is kept: ids and codes only."""

    model_config = ConfigDict(extra="ignore")

    id: str
    what: str
    purpose: str
    ground: Ground
    to: str
    passed_to: str
    about: str
    at: datetime


class LogPage(BaseModel):
    """The oldest first."""

    model_config = ConfigDict(extra="ignore")

    entries: list[LoggedEntry]


@dataclass
class ServedLog:
    """The route of one service. Each service's `api.py` names a class of its own after it."""

    log: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/internal/accounts/{account_id}/disclosures",
                READ_OWN_LOG,
                "What this service disclosed of an account, for identity, which shows it to the person",
                self.page,
                query=LogQuery,
                output=LogPage,
            ),
        )

    async def page(self, request: web.Request) -> web.Response:
        """An account of which nothing was disclosed looks like one that nobody knows here."""
        query = read_query(request, LogQuery)
        found = await self.log.page(request.match_info["account_id"], query.position, query.limit)
        return ok(LogPage(entries=[logged(each) for each in found]))


def logged(disclosure: Disclosure) -> LoggedEntry:
    return LoggedEntry(
        id=disclosure.id,
        what=disclosure.what,
        purpose=disclosure.purpose,
        ground=disclosure.ground,
        to=disclosure.to,
        passed_to=disclosure.passed_to,
        about=disclosure.about,
        at=disclosure.at,
    )
