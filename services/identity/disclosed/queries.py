"""One person's disclosures from the logs of all services, by time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from pydantic import ValidationError

from services.identity.access.model import Staff, StaffAdded
from shared.disclosures import DisclosureLog, Ground, Position
from shared.disclosures.serving import LoggedEntry, LogPage, logged
from shared.eventstore import Repository
from shared.peers import PeerAway, Peers

KEEPERS = ("ipr", "complaints")
"""The other services that seal personal data and so keep a log. Notifications keeps none of it: what it passes on, it
fetches from identity and ipr, which log for whom."""


@dataclass(frozen=True)
class Entry:
    """One disclosure, and which service's log it is from."""

    service: str
    id: str
    what: str
    purpose: str
    ground: Ground
    to: str
    passed_to: str
    about: str
    at: datetime

    @property
    def position(self) -> Position:
        return self.at, self.id


@dataclass(frozen=True)
class Found:
    """not_answered: services whose entries are missing from the page, for they could not be asked."""

    entries: Sequence[Entry]
    not_answered: Sequence[str]
    more: bool


@dataclass
class DisclosureQueries:
    """peers: service → its address."""

    log: DisclosureLog
    asked: Peers
    peers: Mapping[str, str]
    staff: Repository[Staff, StaffAdded]

    async def page(self, account_id: str, after: Position | None, limit: int) -> Found:
        """The oldest first. One more than asked for is read of each, to know whether more follow."""
        own = [logged(each) for each in await self.log.page(account_id, after, limit + 1)]
        answers = await asyncio.gather(*(self._of(service, account_id, after, limit + 1) for service in KEEPERS))
        pages = {"identity": own, **dict(zip(KEEPERS, answers, strict=True))}
        every = [_entry(service, each) for service, page in pages.items() for each in page or ()]
        every.sort(key=lambda entry: entry.position)
        away = tuple(service for service, page in pages.items() if page is None)
        return Found(every[:limit], away, len(every) > limit)

    async def roles_of(self, actors: Sequence[str]) -> Mapping[str, str]:
        """What those among the actors who are staff are: `reviewer`, or several joined by commas."""
        loaded = {each: await self.staff.load(each) for each in dict.fromkeys(actors)}
        return {actor: ",".join(sorted(known.state.roles)) for actor, known in loaded.items() if known}

    async def _of(
        self, service: str, account_id: str, after: Position | None, limit: int
    ) -> Sequence[LoggedEntry] | None:
        """None where it does not answer as agreed."""
        address = self.peers.get(service)
        if not address:
            return None
        query = {"limit": str(limit)}
        if after is not None:
            query |= {"after_at": after[0].isoformat(), "after_id": after[1]}
        try:
            url = f"{address}/v1/internal/accounts/{quote(account_id, safe='')}/disclosures"
            status, body = await self.asked.get(url, query)
            return LogPage.model_validate(body).entries if status == 200 else None
        except (PeerAway, ValidationError):
            return None


def _entry(service: str, kept: LoggedEntry) -> Entry:
    return Entry(service=service, **kept.model_dump())
