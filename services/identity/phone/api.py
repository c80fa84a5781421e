"""The phone number of the registration: seen and corrected by its owner (000 V.1, V.2)."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.identity import places
from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.accounts.inputs import MAINLAND, normalized_phone
from services.identity.accounts.model import Account
from services.identity.phone.model import change_phone
from shared.httpkit import Route, cause_of, ok, read_json
from shared.kernel.decider import Refusal

_PHONE = "/v1/accounts/{account_id}/phone"


class Phone(BaseModel):
    """With the country's code (`+49 …`); mainland accounts may leave it out. null: none."""

    model_config = ConfigDict(extra="forbid")

    phone: str | None = Field(max_length=40)


@dataclass
class PhoneApi:
    accounts: AccountCommands

    def routes(self) -> tuple[Route, ...]:
        problems = {
            "phone-not-valid": 422,
            "phone-missing": 422,
            "account-closed": 409,
            "email-not-verified": 403,
            "no-such-account": 404,
        }
        return (
            Route("GET", _PHONE, "read-phone", "One's own phone number", self.read, output=Phone),
            Route(
                "PUT",
                _PHONE,
                "change-phone",
                "Change or take away one's phone number",
                self.change,
                input=Phone,
                output=Phone,
                problems=problems,
            ),
        )

    async def read(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        if account.phone_ref is None:
            return ok(Phone(phone=None))
        opened = await self.accounts.vault.open(account.id, account.phone_ref, places.PHONE)
        return ok(Phone(phone=opened.decode()))

    async def change(self, request: web.Request) -> web.Response:
        account = await visible_account(self.accounts, request)
        wanted = (await read_json(request, Phone)).phone
        change_phone(account, "" if wanted else None)
        ref = None
        if wanted:
            wanted = _checked(wanted, account)
            ref = await self.accounts.vault.seal(account.id, places.PHONE, wanted.encode())
        await self.accounts.repository.execute(account.id, lambda known: change_phone(known, ref), cause_of(request))
        if account.phone_ref is not None and not account.legal_holds:
            # A number that was wrong or is somebody else's by now is not kept.
            await self.accounts.vault.remove(account.id, places.PHONE, [account.phone_ref])
        return ok(Phone(phone=wanted or None))


def _checked(text: str, account: Account) -> str:
    number = normalized_phone(text, MAINLAND if account.region == "cn" else None)
    if number is None:
        mend = "Give it with the country's code, such as +49 30 901820."
        raise Refusal("phone-not-valid", "There is no such phone number.", mend)
    return number
