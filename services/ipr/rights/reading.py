"""Who sees which right, and each look at its documents by anybody but its owner in the log of disclosures."""

from dataclasses import dataclass

from aiohttp import web

from services.ipr.rights.model import Document, Event, Right
from shared.access import Role
from shared.disclosures import DisclosureLog
from shared.eventstore import Repository
from shared.httpkit import actor_of, cause_of, not_found

# Why each role looks, where nothing else is said.
_PURPOSES = {Role.REVIEWER: "authentication", Role.OPERATOR: "operation", Role.AUDITOR: "audit", Role.SERVICE: "notice"}


@dataclass
class RightReading:
    repository: Repository[Right, Event]
    disclosures: DisclosureLog

    async def load(self, right_id: str) -> Right | None:
        loaded = await self.repository.load(right_id)
        return loaded.state if loaded else None

    async def visible(self, request: web.Request) -> Right:
        """One's own right; any for reviewers and our services. Another's looks like one that does not exist."""
        right = await self.load(request.match_info["right_id"])
        if right is None:
            raise not_found("right")
        sees_all = actor_of(request).is_a(Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.SERVICE)
        if not _is_owner(request, right) and not (sees_all and right.round > 0):
            raise not_found("right")
        return right

    def numbered(self, request: web.Request, right: Right) -> tuple[int, Document]:
        """The document that the address names, with its number."""
        numbered = {str(n): (n, document) for n, document in enumerate(right.documents, start=1)}
        found = numbered.get(request.match_info["number"])
        if found is None:
            raise not_found("document")
        return found

    async def record(self, request: web.Request, right: Right, what: str, purpose: str = "") -> None:
        """Before it leaves. What its owner looks at is no disclosure. `purpose`: a code, where it is for another one
        than the role's own."""
        if _is_owner(request, right):
            return
        usual = next(purpose for role, purpose in _PURPOSES.items() if actor_of(request).is_a(role))
        cause = cause_of(request)
        await self.disclosures.record(right.account_id, what, purpose or usual, cause, ground="service", about=right.id)


def _is_owner(request: web.Request, right: Right) -> bool:
    actor = actor_of(request)
    return actor.is_a(Role.COMPLAINANT) and actor.account_id == right.account_id
