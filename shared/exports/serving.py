"""The route by which each service tells identity what it holds of a person."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

from aiohttp import web

from shared.disclosures import DisclosureLog
from shared.exports.entries import Entry, Record, begin_line, end_line, line
from shared.httpkit import Route, actor_of, cause_of, streamed
from shared.httpkit.problems import standard

ASKED_BY = "service:identity"
"""Only identity has asked the person for the password, and it alone signs tokens in this name: no client secret gives
one. Every other service is refused, though it has the same role."""

MEDIA_TYPE = "application/x-ndjson"
WAITS_S = 900.0
"""Ours: how long a holder waits for its turn, while the person reads what the others told."""

_AT_ONCE = 65_536

Entries = Callable[[str], AsyncIterator[Entry]]
"""All that a service holds of an account; nothing for one that it does not know."""


@dataclass
class ExportApi:
    """Each service has one of its own name."""

    service: ClassVar[str]
    entries: Entries
    disclosures: DisclosureLog

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/internal/accounts/{account_id}/export",
                "export-account",
                "All that is held here of an account, for the archive that its owner asked identity for; logged as a "
                "disclosure",
                self.export,
                output_media_type=MEDIA_TYPE,
                discloses="everything",
            ),
        )

    async def export(self, request: web.Request) -> web.StreamResponse:
        if actor_of(request).id != ASKED_BY:
            raise standard("not-allowed", "Only identity asks for this.", "A person asks identity for an export.")
        account_id = request.match_info["account_id"]
        # The person is who receives it; the correlation id leads to identity's own entry.
        cause = replace(cause_of(request), actor=account_id)
        await self.disclosures.record(account_id, "everything", "export", cause, ground="own-request")
        return await streamed(request, self._lines(account_id), MEDIA_TYPE, stalled_s=WAITS_S)

    async def _lines(self, account_id: str) -> AsyncGenerator[bytes, None]:
        yield begin_line(self.service, account_id)
        count, ready = 0, bytearray()
        async for entry in self.entries(account_id):
            ready += line(entry)
            count += 1
            if len(ready) >= _AT_ONCE:
                yield bytes(ready)
                ready = bytearray()
        yield bytes(ready) + end_line(count)


async def disclosure_records(log: DisclosureLog, account_id: str) -> AsyncIterator[Record]:
    """Who was given what of the person, by this service. Of our own people their part only, not which of them."""
    for each in await log.of_account(account_id):
        to = "staff" if each.to.startswith("staff-") else each.to
        told = {**asdict(each), "to": to, "at": each.at.isoformat()}
        shown = ("at", "what", "purpose", "ground", "to", "about")
        yield Record("disclosures", {name: told[name] for name in shown}, told)
