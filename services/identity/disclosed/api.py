"""Who got what of a person: shown to that person, and to auditors."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.disclosed.queries import DisclosureQueries, Entry
from shared.access import Role
from shared.disclosures import Ground, Position
from shared.disclosures.serving import MOST
from shared.httpkit import Route, actor_of, ok, read_query
from shared.kernel.decider import Refusal

STAFF = "staff"


class DisclosuresQuery(BaseModel):
    """`cursor`: the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=MOST - 1)


class DisclosureView(BaseModel):
    """service: from whose keeping; what: a code of the data; purpose and ground: why; to: who received it: a role for
    our staff, `yourself`, one of our services, or an id; passed_to: whom a service fetched it for, such as the merchant
    of a letter; about: the case or right that it was for."""

    at: datetime
    service: str
    what: str
    purpose: str
    ground: Ground
    to: str
    passed_to: str
    about: str


class DisclosuresView(BaseModel):
    """The oldest first. next: the cursor of what follows, null on the last page. not_answered: services that could not
    be asked: what they disclosed is missing here; ask for the page again."""

    account_id: str
    disclosures: list[DisclosureView]
    next: str | None
    not_answered: list[str]


@dataclass
class DisclosedApi:
    accounts: AccountCommands
    queries: DisclosureQueries

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/accounts/{account_id}/disclosures",
                "read-disclosures",
                "To whom a person's data went, from all services; `me` is one's own account",
                self.read,
                query=DisclosuresQuery,
                output=DisclosuresView,
                problems={"cursor-not-valid": 422},
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        query = read_query(request, DisclosuresQuery)
        account = await visible_account(self.accounts, request)
        after = _position(query.cursor) if query.cursor else None
        found = await self.queries.page(account.id, after, query.limit)
        names: Mapping[str, str] = {}
        if not actor_of(request).is_a(Role.AUDITOR):
            names = {**await self.queries.roles_of([each.to for each in found.entries]), account.id: "yourself"}
        view = DisclosuresView(
            account_id=account.id,
            disclosures=[_view(each, names, ids=actor_of(request).is_a(Role.AUDITOR)) for each in found.entries],
            next=_cursor(found.entries[-1].position) if found.more else None,
            not_answered=list(found.not_answered),
        )
        return ok(view)


def _view(entry: Entry, names: Mapping[str, str], *, ids: bool) -> DisclosureView:
    """Whoever of our staff it was is told by their role; a member that is not known any more is staff all the same."""
    to = entry.to if ids else names.get(entry.to, STAFF if entry.to.startswith("staff-") else entry.to)
    return DisclosureView(
        at=entry.at,
        service=entry.service,
        what=entry.what,
        purpose=entry.purpose,
        ground=entry.ground,
        to=to,
        passed_to=entry.passed_to,
        about=entry.about,
    )


def _cursor(position: Position) -> str:
    at, entry_id = position
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{entry_id}".encode()).decode()


def _position(cursor: str) -> Position:
    """Raises Refusal for what is no cursor of ours."""
    try:
        at, _, entry_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return datetime.fromisoformat(at).astimezone(UTC), entry_id
    except (binascii.Error, ValueError, OverflowError) as problem:
        raise Refusal("cursor-not-valid", "This is no cursor of ours.", "Start again without a cursor.") from problem
