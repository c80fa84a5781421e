"""Asking for one's export: with the password again, answered at once, as an archive that is made while it is sent."""

from dataclasses import dataclass, replace

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.identity.access.commands import AccessCommands
from services.identity.accounts.api import visible_account
from services.identity.accounts.commands import AccountCommands
from services.identity.exports.log import ExportLog
from services.identity.exports.making import ArchiveMaker
from shared.disclosures import DisclosureLog
from shared.files.serving import headers_of_file
from shared.httpkit import Route, cause_of, read_json, streamed

MEDIA_TYPE = "application/zip"
_REFUSALS = {
    "credentials-wrong": 401,
    "too-many-attempts": 429,
    "account-closed": 403,
    "email-not-verified": 403,
    "no-such-account": 404,
    "export-limit-reached": 429,
}


class PasswordBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: SecretStr = Field(max_length=128)


@dataclass
class ExportsApi:
    accounts: AccountCommands
    access: AccessCommands
    maker: ArchiveMaker
    log: ExportLog
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                "/v1/accounts/{account_id}/export",
                "export-own-data",
                "All that the platform holds of one's account, as one archive; logged as a disclosure",
                self.export,
                input=PasswordBody,
                output_media_type=MEDIA_TYPE,
                problems=_REFUSALS,
                changes=False,
            ),
        )

    async def export(self, request: web.Request) -> web.StreamResponse:
        visible = await visible_account(self.accounts, request)
        body = await read_json(request, PasswordBody)
        account = await self.access.confirm(visible.id, body.password.get_secret_value())
        export_id = await self.log.begin(account.id)
        cause = replace(cause_of(request), actor=account.id)
        await self.disclosures.record(account.id, "everything", "export", cause, ground="own-request", about=export_id)
        pieces = self.maker.make(account, export_id, cause.correlation_id)
        return await streamed(request, pieces, MEDIA_TYPE, headers_of_file(f"{export_id}.zip"))
