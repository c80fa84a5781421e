"""Registration, the e-mailed code, the account itself, standing."""

from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from services.identity import places
from services.identity.accounts.commands import AccountCommands, Registration
from services.identity.accounts.inputs import CodeBody, EmailBody, RegistrationBody, StandingBody
from services.identity.accounts.model import Account, ChangeStanding
from services.identity.accounts.views import (
    AccountView,
    AgreementsView,
    AgreementView,
    EmailVerificationView,
    RegisteredView,
    account_view,
    registered_view,
)
from shared.access import Role
from shared.disclosures import DisclosureLog
from shared.httpkit import (
    Route,
    actor_of,
    answered,
    cause_of,
    idempotency_of,
    not_found,
    ok,
    read_json,
)
from shared.kernel.decider import Refusal

_ONE = "/v1/accounts/{account_id}"
_CODE_REFUSALS = {
    "no-such-account": 404,
    "email-verified-already": 409,
    "code-wrong": 422,
    "code-expired": 422,
    "too-many-attempts": 429,
}


async def visible_account(commands: AccountCommands, request: web.Request) -> Account:
    """The account in the address (`me` is one's own). Complainants see their own; another's does not exist."""
    actor = actor_of(request)
    account_id = request.match_info["account_id"]
    if account_id == "me" and actor.account_id is not None:
        account_id = actor.account_id
    if actor.is_a(Role.COMPLAINANT) and account_id != actor.account_id:
        raise not_found("account")
    loaded = await commands.repository.load(account_id)
    if loaded is None:
        raise not_found("account")
    return loaded.state


@dataclass
class AccountsApi:
    commands: AccountCommands
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/agreements",
                "read-agreements",
                "The agreements that a registrant accepts",
                self.agreements,
                output=AgreementsView,
            ),
            Route(
                "POST",
                "/v1/accounts",
                "register-account",
                "Register an account; a code goes to its e-mail",
                self.register,
                input=RegistrationBody,
                output=RegisteredView,
                status=201,
                problems={"email-taken": 409, "agreement-outdated": 422, "agreement-missing": 422},
            ),
            Route(
                "POST",
                f"{_ONE}/email-verification",
                "verify-email",
                "Verify the login e-mail with the code that was sent to it",
                self.verify_email,
                input=CodeBody,
                output=RegisteredView,
                problems=_CODE_REFUSALS,
            ),
            Route(
                "POST",
                "/v1/email-codes",
                "renew-email-code",
                "Send a new code, if the address is registered and not verified",
                self.renew_code,
                input=EmailBody,
                status=202,
            ),
            Route("GET", _ONE, "read-account", "An account; `me` is one's own", self.read, output=AccountView),
            Route(
                "POST",
                f"{_ONE}/standing",
                "change-standing",
                "Warn, suspend, close or restore an account",
                self.change_standing,
                input=StandingBody,
                output=AccountView,
                problems={"no-such-account": 404, "account-closed": 409, "standing-unchanged": 409},
            ),
            Route(
                "GET",
                "/v1/internal/accounts/{account_id}/email-code",
                "fetch-email-code",
                "The code and where to send it; logged as a disclosure",
                self.fetch_code,
                output=EmailVerificationView,
                problems={"email-verified-already": 409},
            ),
        )

    async def agreements(self, _: web.Request) -> web.Response:
        views = [
            AgreementView(
                document=one.document, version=one.version, language=one.language, text=one.text, sha256=one.sha256
            )
            for one in self.commands.agreements.in_force
        ]
        return ok(AgreementsView(agreements=views))

    async def register(self, request: web.Request) -> web.Response:
        body = await read_json(request, RegistrationBody)
        wanted = Registration(
            region=body.region,
            category=body.category,
            registrant=body.registrant,
            language=body.language,
            email=body.email,
            password=body.password.get_secret_value(),
            phone=body.phone,
            accepted=tuple(each.accepted() for each in body.accepted),
        )
        receipt = (await idempotency_of(request)).receipt(registered_view, status=201)
        return answered(await self.commands.register(wanted, receipt, cause_of(request)))

    async def verify_email(self, request: web.Request) -> web.Response:
        body = await read_json(request, CodeBody)
        receipt = (await idempotency_of(request)).receipt(registered_view)
        account_id = request.match_info["account_id"]
        return answered(await self.commands.verify_email(account_id, body.code, receipt, cause_of(request)))

    async def renew_code(self, request: web.Request) -> web.Response:
        body = await read_json(request, EmailBody)
        await self.commands.renew_email_code(body.email, (await idempotency_of(request)).key, cause_of(request))
        return web.Response(status=202)

    async def read(self, request: web.Request) -> web.Response:
        account = await visible_account(self.commands, request)
        if actor_of(request).account_id != account.id or account.erased:
            return ok(account_view(account))
        email = await self.commands.vault.open(account.id, account.email_ref, places.EMAIL)
        return ok(account_view(account, email.decode()))

    async def change_standing(self, request: web.Request) -> web.Response:
        body = await read_json(request, StandingBody)
        by = actor_of(request).id
        command = ChangeStanding(body.standing, body.reason, by, body.deliberate_falsehood)
        receipt = (await idempotency_of(request)).receipt(account_view)
        account_id = request.match_info["account_id"]
        return answered(await self.commands.change_standing(account_id, command, receipt, cause_of(request)))

    async def fetch_code(self, request: web.Request) -> web.Response:
        account = await visible_account(self.commands, request)
        if account.email_verified:
            raise Refusal("email-verified-already", "The e-mail address is verified: there is no code to send.")
        await self.disclosures.record(
            account.id, "login-email", "email-verification", cause_of(request), ground="service"
        )
        code = await self.commands.codes.read(account)
        email = await self.commands.vault.open(account.id, account.email_ref, places.EMAIL)
        view = EmailVerificationView(
            account_id=account.id,
            email=email.decode(),
            code=code.code,
            language=account.language,
            expires_at=datetime.fromtimestamp(code.expires_at, UTC),
        )
        return ok(view)
