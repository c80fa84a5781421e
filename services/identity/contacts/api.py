"""Contact sets: changed and read by their owner; given to our own services, each time logged."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity import places
from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.accounts.model import ContactParty, Language
from services.identity.contacts.commands import ContactCommands
from services.identity.contacts.disclosures import Disclosures
from services.identity.contacts.inputs import Contact
from shared.httpkit import Route, cause_of, not_found, ok, read_json, read_query

_CONTACT = "/v1/accounts/{account_id}/contacts/{party}"


class ContactView(BaseModel):
    """`contact` is null while the set was never edited."""

    account_id: str
    party: ContactParty
    contact: Contact | None


class ContactQuery(BaseModel):
    """`purpose` is a code that goes into the log of disclosures, such as `takedown-notice`."""

    model_config = ConfigDict(extra="forbid")

    party: Literal["disclosed", "platform"]
    purpose: str = Field(pattern="^[a-z][a-z0-9-]{2,63}$")


class FetchedContact(BaseModel):
    """What a service that sends notices needs.

    contact: the set, null while never edited; login_email: only for `platform`, never disclosed to anybody else.
    """

    account_id: str
    party: ContactParty
    language: Language
    contact: Contact | None
    login_email: str | None


@dataclass
class ContactsApi:
    accounts: AccountCommands
    contacts: ContactCommands
    disclosures: Disclosures

    def routes(self) -> tuple[Route, ...]:
        refusals = {"account-closed": 409, "email-not-verified": 403, "no-such-account": 404}
        return (
            Route(
                "PUT",
                _CONTACT,
                "change-contact",
                "Change a contact set: `disclosed` or `platform`",
                self.change,
                input=Contact,
                output=ContactView,
                problems=refusals,
            ),
            Route("GET", _CONTACT, "read-contact", "One's own contact set", self.read, output=ContactView),
            Route(
                "GET",
                "/v1/internal/accounts/{account_id}/contact",
                "fetch-contact",
                "A contact set for one of our services; logged as a disclosure",
                self.fetch,
                query=ContactQuery,
                output=FetchedContact,
            ),
        )

    async def change(self, request: web.Request) -> web.Response:
        party = _party(request)
        account = await visible_account(self.accounts, request)
        contact = await read_json(request, Contact)
        await self.contacts.change(account, party, contact, cause_of(request))
        return ok(ContactView(account_id=account.id, party=party, contact=contact))

    async def read(self, request: web.Request) -> web.Response:
        party = _party(request)
        account = await visible_account(self.accounts, request)
        contact = await self.contacts.read(account, party)
        return ok(ContactView(account_id=account.id, party=party, contact=contact))

    async def fetch(self, request: web.Request) -> web.Response:
        query = read_query(request, ContactQuery)
        account = await visible_account(self.accounts, request)
        await self.disclosures.record(account, f"contact-{query.party}", query.purpose, cause_of(request))
        login_email = None
        if query.party == "platform":
            login_email = (await self.accounts.vault.open(account.id, account.email_ref, places.EMAIL)).decode()
        view = FetchedContact(
            account_id=account.id,
            party=query.party,
            language=account.language,
            contact=await self.contacts.read(account, query.party),
            login_email=login_email,
        )
        return ok(view)


def _party(request: web.Request) -> ContactParty:
    match request.match_info["party"]:
        case "disclosed":
            return "disclosed"
        case "platform":
            return "platform"
        case _:
            raise not_found("contact set")
