"""All rights of a person to their data in one place, with where each of them stands."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.accounts.model import Account, Language
from services.identity.consents.purposes import Purposes
from services.identity.consents.views import State, consents_view
from services.identity.privacy.rights import Applies, PersonalRight
from services.identity.privacy_requests.model import PrivacyRequest
from services.identity.privacy_requests.queries import RequestQueries
from services.identity.privacy_requests.views import RequestView, request_view
from shared.httpkit import Route, ok, read_query
from shared.kernel.clock import Clock
from shared.policies.terms import PolicyBook


class PrivacyQuery(BaseModel):
    """country: where you live (ISO 3166 alpha-2); without it, rights that depend on it say for whom they are."""

    model_config = ConfigDict(extra="forbid")

    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")


class PersonalRightView(BaseModel):
    """yours: whether it applies to a resident of the country given; null where none was and it depends on it."""

    right: str
    applies: Applies
    yours: bool | None
    how: tuple[str, ...]
    source: str
    texts: dict[Language, str]


class ConsentStateView(BaseModel):
    purpose: str
    version: str
    state: State


class PrivacyView(BaseModel):
    """restricted: the data are kept and not used; leaving: erasure was asked for; under_hold: something keeps the data
    from being erased; objections: the purposes for which they are no longer processed. open_requests: by due date."""

    account_id: str
    rights: list[PersonalRightView]
    consents: list[ConsentStateView]
    open_requests: list[RequestView]
    restricted: bool
    leaving: bool
    under_hold: bool
    objections: tuple[str, ...]


@dataclass
class PrivacyApi:
    accounts: AccountCommands
    queries: RequestQueries
    purposes: Purposes
    rights: tuple[PersonalRight, ...]
    policy: PolicyBook
    clock: Clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/accounts/{account_id}/privacy",
                "read-privacy",
                "One's rights to one's own data, how to use them, and where each stands",
                self.read,
                query=PrivacyQuery,
                output=PrivacyView,
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        country = read_query(request, PrivacyQuery).country
        eea = country in self.policy.at(self.clock.now()).privacy.eea_countries if country else None
        requests = [each for each in await self.queries.of_account(account.id) if each.open]
        return ok(self._view(account, sorted(requests, key=lambda each: each.due), eea))

    def _view(self, account: Account, requests: list[PrivacyRequest], eea: bool | None) -> PrivacyView:
        consents = consents_view(self.purposes, account).consents
        return PrivacyView(
            account_id=account.id,
            rights=[_right(each, eea) for each in self.rights],
            consents=[
                ConsentStateView(purpose=each.purpose, version=each.version, state=each.state) for each in consents
            ],
            open_requests=[request_view(each) for each in requests],
            restricted=account.restricted,
            leaving=account.leaving,
            under_hold=bool(account.legal_holds),
            objections=account.choices.objected_to,
        )


def _right(one: PersonalRight, eea: bool | None) -> PersonalRightView:
    return PersonalRightView(
        right=one.right,
        applies=one.applies,
        yours=True if one.applies == "everybody" else eea,
        how=one.how,
        source=one.source,
        texts=dict(one.texts),
    )
