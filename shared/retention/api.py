"""What was removed of a person and why, for that person and for those who answer them: never content."""

from dataclasses import dataclass
from datetime import date, datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from shared.access import Role
from shared.httpkit import Route, account_of, actor_of, not_found, ok, read_query
from shared.policies.policy import Text
from shared.policies.retention import RetentionBook
from shared.retention.ledger import Entry, Ledger

READ_REMOVALS = frozenset({Role.COMPLAINANT, Role.OPERATOR, Role.AUDITOR})
"""Who may read them: a person theirs, operators and auditors anybody's."""


class RemovalQuery(BaseModel):
    """`subject`: an account's or a merchant's id, for operators and auditors; people are told of themselves."""

    model_config = ConfigDict(extra="forbid")

    subject: str | None = None


class Words(BaseModel):
    en: str
    zh: str


class RemovalView(BaseModel):
    """On `day`, `count` things went, or were kept back because of `kept_back` (`legal-hold`, `restriction`; empty where
    they went). counted_from: since when the oldest of them counted; about: cases or rights that they belonged to."""

    at: datetime
    day: date
    what: Words
    why: Words
    count: int
    period: str
    counted_from: date
    about: tuple[str, ...]
    kept_back: str
    rule: str
    rules_version: str


class RemovalList(BaseModel):
    """The oldest first."""

    subject: str
    removals: list[RemovalView]


@dataclass
class RemovalsApi:
    ledger: Ledger
    book: RetentionBook

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/removals",
                "read-removals",
                "What was removed of oneself as its time was over, and why",
                self.read,
                query=RemovalQuery,
                output=RemovalList,
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        asked = read_query(request, RemovalQuery).subject
        if actor_of(request).is_a(Role.OPERATOR, Role.AUDITOR):
            if asked is None:
                raise not_found("subject")
            subject = asked
        else:
            subject = account_of(request)
            if asked not in (None, subject):
                raise not_found("subject")
        found = await self.ledger.of_person(subject)
        return ok(RemovalList(subject=subject, removals=[self._view(entry, count) for entry, count in found]))

    def _view(self, entry: Entry, count: int) -> RemovalView:
        version = self.book.at(entry.at)
        rule = version.rules.get(entry.rule)
        unknown = Text(entry.place, entry.place)
        what, why = (rule.what, rule.why) if rule else (unknown, unknown)
        return RemovalView(
            at=entry.at,
            day=version.day(entry.at),
            what=Words(en=what.en, zh=what.zh),
            why=Words(en=why.en, zh=why.zh),
            count=count,
            period=rule.period if rule else "",
            counted_from=version.day(entry.oldest),
            about=entry.about,
            kept_back=entry.because,
            rule=entry.rule,
            rules_version=entry.version,
        )
