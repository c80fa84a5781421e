"""Contact sets: changed and read by their owner; given to our own services, each time logged."""

from dataclasses import dataclass
from typing import Literal

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity import places
from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.accounts.model import Account, Language
from services.identity.consents.purposes import CONTACT_DISCLOSURE, Purposes
from services.identity.contacts.commands import ContactCommands
from services.identity.contacts.inputs import Contact
from shared.disclosures import DisclosureLog, Ground, nothing_of_others
from shared.httpkit import Route, cause_of, ok, read_json, read_query

log = structlog.get_logger(__name__)

_CONTACTS = "/v1/accounts/{account_id}/contacts"


class Contacts(BaseModel):
    """disclosed: shown to the party complained of; platform: for the platform only. null: leave it as it is, or, when
    read, that it was never edited."""

    model_config = ConfigDict(extra="forbid")

    disclosed: Contact | None = None
    platform: Contact | None = None


class ContactQuery(BaseModel):
    """`purpose` is a code for the log of disclosures, such as `takedown-notice`.

    party: `disclosed` is for the eyes of the party complained of; `owner` is where the owner is written to (the set for
    the platform, else the login e-mail); `login` is the login e-mail. about: the case or right that it is for; for: the
    id of whom it is passed on to, such as the merchant whom a letter goes to. Ids only.
    """

    model_config = ConfigDict(extra="forbid")

    party: Literal["disclosed", "owner", "login"]
    purpose: str = Field(pattern="^[a-z][a-z0-9-]{2,63}$")
    about: str = Field(default="", pattern=r"^\S{0,128}$")
    passed_to: str = Field(default="", alias="for", pattern=r"^\S{0,128}$")


class ContactView(BaseModel):
    """Empty where the set for disclosure was never edited (the login e-mail is not disclosed in its place), where its
    disclosure is not consented to, and while the account's data are not to be used."""

    account_id: str
    party: str
    language: Language
    name: str = ""
    email: str = ""
    mobile: str | None = None
    phone: str | None = None
    postal_address: str | None = None


@dataclass
class ContactsApi:
    accounts: AccountCommands
    contacts: ContactCommands
    disclosures: DisclosureLog
    purposes: Purposes

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "PUT",
                _CONTACTS,
                "change-contacts",
                "Change one's contact sets",
                self.change,
                input=Contacts,
                output=Contacts,
                problems={"account-closed": 409, "email-not-verified": 403, "no-such-account": 404},
            ),
            Route("GET", _CONTACTS, "read-contacts", "One's own contact sets", self.read, output=Contacts),
            Route(
                "GET",
                "/v1/internal/accounts/{account_id}/contact",
                "fetch-contact",
                "Where to write to, or what to disclose, for one of our services; logged as a disclosure",
                self.fetch,
                query=ContactQuery,
                output=ContactView,
                discloses="contact",
            ),
        )

    async def change(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        wanted = await read_json(request, Contacts)
        if wanted.disclosed is not None:
            await self.contacts.change(account, "disclosed", wanted.disclosed, cause_of(request))
        if wanted.platform is not None:
            await self.contacts.change(account, "platform", wanted.platform, cause_of(request))
        return await self.read(request)

    async def read(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        disclosed = await self.contacts.read(account, "disclosed")
        platform = await self.contacts.read(account, "platform")
        return ok(Contacts(disclosed=disclosed, platform=platform))

    async def fetch(self, request: web.Request) -> web.Response:
        query = read_query(request, ContactQuery)
        account = await visible_account(self.accounts, request)
        contact = await self._of(account, query.party)
        if query.party != "disclosed" or contact is not None:
            ground: Ground = "consent" if query.party == "disclosed" else "service"
            cause = cause_of(request)
            await self.disclosures.record(
                account.id,
                f"contact-{query.party}",
                query.purpose,
                cause,
                ground=ground,
                about=query.about,
                passed_to=query.passed_to,
            )
        else:
            nothing_of_others()
        known = contact.model_dump() if contact else {}
        if contact is None and query.party != "disclosed":
            email = await self.accounts.vault.open(account.id, account.email_ref, places.EMAIL)
            known = {"email": email.decode()}
        view = ContactView(account_id=account.id, party=query.party, language=account.language, **known)
        return ok(view)

    async def _of(self, account: Account, party: str) -> Contact | None:
        match party:
            case "disclosed":
                withheld = self._withheld(account)
                if withheld:
                    log.info("contact-withheld", account=account.id, because=withheld)
                    return None
                return await self.contacts.read(account, "disclosed")
            case "owner":
                return await self.contacts.read(account, "platform")
            case _:
                return None

    def _withheld(self, account: Account) -> str:
        """Why the set for disclosure is given to nobody; empty where it may be (000 III.1, VII.2)."""
        if account.restricted:
            return "account-restricted"
        return "" if self.purposes.covers(account, CONTACT_DISCLOSURE) else "consent-missing"
