"""One's consents: read with their texts, given one by one, withdrawn at any time."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.accounts.model import Account, Language
from services.identity.consents.model import give_consent, withdraw_consent
from services.identity.consents.purposes import Purposes
from services.identity.consents.views import ConsentsView, consents_view
from services.identity.privacy.model import ConsentGiven
from shared.httpkit import Route, answered, cause_of, idempotency_of, ok, read_json
from shared.kernel.clock import Clock

_CONSENTS = "/v1/accounts/{account_id}/consents"


class ConsentBody(BaseModel):
    """One purpose, and exactly the text that was read."""

    model_config = ConfigDict(extra="forbid")

    purpose: str = Field(max_length=64)
    version: str = Field(max_length=20)
    language: Language
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


@dataclass
class ConsentsApi:
    accounts: AccountCommands
    purposes: Purposes
    clock: Clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                _CONSENTS,
                "read-consents",
                "What consent is asked for, with the texts, and what was given or withdrawn",
                self.read,
                output=ConsentsView,
            ),
            Route(
                "POST",
                _CONSENTS,
                "give-consent",
                "Agree to the text of one purpose",
                self.give,
                input=ConsentBody,
                output=ConsentsView,
                problems={
                    "purpose-unknown": 404,
                    "consent-outdated": 422,
                    "no-such-account": 404,
                    "account-closed": 409,
                    "email-not-verified": 403,
                },
            ),
            Route(
                "POST",
                f"{_CONSENTS}/{{purpose}}/withdrawal",
                "withdraw-consent",
                "Withdraw the consent for one purpose; what was done before stays lawful",
                self.withdraw,
                output=ConsentsView,
                problems={"purpose-unknown": 404, "consent-not-given": 409, "no-such-account": 404},
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        return ok(self._view(await visible_account(self.accounts, request)))

    async def give(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        body = await read_json(request, ConsentBody)
        self.purposes.check(body.purpose, body.version, body.language, body.sha256)
        given = ConsentGiven(body.purpose, body.version, body.language, body.sha256, self.clock.now())
        receipt = (await idempotency_of(request)).receipt(self._view)
        done = await self.accounts.repository.execute(
            account.id, lambda known: give_consent(known, given), cause_of(request), receipt
        )
        return answered(done)

    async def withdraw(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        purpose = self.purposes.latest(request.match_info["purpose"]).code
        receipt = (await idempotency_of(request)).receipt(self._view)
        done = await self.accounts.repository.execute(
            account.id, lambda known: withdraw_consent(known, purpose, self.clock.now()), cause_of(request), receipt
        )
        return answered(done)

    def _view(self, account: Account) -> ConsentsView:
        return consents_view(self.purposes, account)
