"""Tokens for accounts, staff and services; the published keys."""

from dataclasses import dataclass

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.identity.access.commands import AccessCommands, Issued
from services.identity.access.model import Staff, StaffRole
from services.identity.accounts.inputs import Email
from shared.httpkit import Route, answered, cause_of, idempotency_of, ok, read_json

_WRONG = {"credentials-wrong": 401, "too-many-attempts": 429}
_ACCOUNT = {"email-not-verified": 403, "account-closed": 403, "no-such-account": 401}


class LogIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=254)
    password: SecretStr = Field(max_length=128)


class ServiceLogIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(max_length=64)
    client_secret: SecretStr = Field(max_length=256)


class RefreshBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    refresh_token: SecretStr = Field(max_length=256)


class NewStaff(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email
    password: SecretStr = Field(min_length=10, max_length=128)
    roles: list[StaffRole] = Field(min_length=1, max_length=3)


class TokenView(BaseModel):
    """`expires_in`: seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None


class StaffView(BaseModel):
    staff_id: str
    roles: tuple[StaffRole, ...]


@dataclass
class AccessApi:
    commands: AccessCommands

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/.well-known/jwks.json",
                "read-key-set",
                "The keys that tokens of this issuer are checked with (RFC 7517)",
                self.key_set,
            ),
            Route(
                "POST",
                "/v1/sessions",
                "log-in",
                "Log in as an account or a member of staff: a token, and what refreshes it",
                self.log_in,
                input=LogIn,
                output=TokenView,
                problems=_WRONG | _ACCOUNT,
                changes=False,
            ),
            Route(
                "POST",
                "/v1/sessions/refreshment",
                "refresh-token",
                "The next token of a session",
                self.refresh,
                input=RefreshBody,
                output=TokenView,
                problems=_ACCOUNT,
                changes=False,
            ),
            Route(
                "POST",
                "/v1/sessions/end",
                "log-out",
                "End a session",
                self.log_out,
                input=RefreshBody,
                status=204,
                changes=False,
            ),
            Route(
                "POST",
                "/v1/service-tokens",
                "log-in-service",
                "A token for one of our services",
                self.log_in_service,
                input=ServiceLogIn,
                output=TokenView,
                problems=_WRONG,
                changes=False,
            ),
            Route(
                "POST",
                "/v1/staff",
                "add-staff",
                "Add a reviewer, operator or auditor",
                self.add_staff,
                input=NewStaff,
                output=StaffView,
                status=201,
                problems={"email-taken": 409},
            ),
        )

    async def key_set(self, _: web.Request) -> web.Response:
        body = orjson.dumps(self.commands.signer.key_set())
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "max-age=60"})

    async def log_in(self, request: web.Request) -> web.Response:
        body = await read_json(request, LogIn)
        return _told(await self.commands.log_in(body.email, body.password.get_secret_value()))

    async def refresh(self, request: web.Request) -> web.Response:
        body = await read_json(request, RefreshBody)
        return _told(await self.commands.refresh(body.refresh_token.get_secret_value()))

    async def log_out(self, request: web.Request) -> web.Response:
        body = await read_json(request, RefreshBody)
        await self.commands.log_out(body.refresh_token.get_secret_value())
        return web.Response(status=204)

    async def log_in_service(self, request: web.Request) -> web.Response:
        body = await read_json(request, ServiceLogIn)
        return _told(self.commands.log_in_service(body.client_id, body.client_secret.get_secret_value()))

    async def add_staff(self, request: web.Request) -> web.Response:
        body = await read_json(request, NewStaff)
        receipt = (await idempotency_of(request)).receipt(_staff_view, status=201)
        password = body.password.get_secret_value()
        roles = tuple(dict.fromkeys(body.roles))
        return answered(await self.commands.add_staff(body.email, password, roles, cause_of(request), receipt))


def _staff_view(staff: Staff) -> StaffView:
    return StaffView(staff_id=staff.id, roles=staff.roles)


def _told(issued: Issued) -> web.Response:
    view = TokenView(
        access_token=issued.access_token,
        token_type="Bearer",  # noqa: S106 - the name of a kind of token (RFC 6750)
        expires_in=issued.lifetime_s,
        refresh_token=issued.refresh_token,
    )
    return ok(view, headers={"Cache-Control": "no-store"})
