"""Proof of service for those whose matter it is, and the public keys of merchants' links."""

from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.notifications.notices.model import Notice, Proof
from services.notifications.notices.queries import NoticeQueries
from shared.access import Role, Signer
from shared.httpkit import Route, account_of, actor_of, ok, read_query


class About(BaseModel):
    """about: a case number, an account or a right."""

    model_config = ConfigDict(extra="forbid")

    about: str = Field(min_length=1, max_length=120)


class ProofView(BaseModel):
    """address: which of the party's addresses it was; address_mac: keyed hash of it, for a check by the platform."""

    address: Literal["contact", "login", "merchant"]
    at: datetime
    language: Literal["zh", "en"]
    message_id: str
    address_mac: str


class NoticeView(BaseModel):
    """served_at: when the first address took it, which starts the clock of a notice that has one."""

    notice_id: str
    about: str
    about_kind: Literal["case", "account", "right"]
    party: Literal["merchant", "owner"]
    recipient_id: str
    template: str
    status: Literal["planned", "served", "failed"]
    language: Literal["zh", "en"]
    planned_at: datetime
    served_at: datetime | None
    failure: str
    cause_id: str
    proofs: tuple[ProofView, ...]


class NoticeList(BaseModel):
    notices: tuple[NoticeView, ...]


class KeySet(BaseModel):
    """RFC 7517."""

    keys: list[dict[str, Any]]


class NoticesApi:
    def __init__(self, queries: NoticeQueries, signer: Signer) -> None:
        self._queries = queries
        self._signer = signer

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/notices",
                "list-notices",
                "Who was told what, when and by which proof",
                self.list,
                query=About,
                output=NoticeList,
            ),
            Route(
                "GET",
                "/.well-known/jwks.json",
                "read-link-keys",
                "Public keys of merchants' links",
                self.keys,
                output=KeySet,
            ),
        )

    async def list(self, request: web.Request) -> web.Response:
        """Another's case looks like one about which nobody was told anything."""
        about = read_query(request, About).about
        account_id = account_of(request) if not actor_of(request).is_a(*_STAFF) else None
        notices = await self._queries.about(about, account_id)
        return ok(NoticeList(notices=tuple(map(_view, notices))))

    async def keys(self, _: web.Request) -> web.Response:
        return ok(KeySet.model_validate(self._signer.key_set()))


_STAFF = (Role.REVIEWER, Role.OPERATOR, Role.AUDITOR)


def _view(notice: Notice) -> NoticeView:
    return NoticeView(
        notice_id=notice.id,
        about=notice.about,
        about_kind=notice.about_kind,
        party=notice.party,
        recipient_id=notice.recipient_id,
        template=notice.template,
        status=notice.status,
        language=notice.language,
        planned_at=notice.planned_at,
        served_at=notice.served_at,
        failure=notice.failure,
        cause_id=notice.cause_id,
        proofs=tuple(map(_proof, notice.proofs)),
    )


def _proof(proof: Proof) -> ProofView:
    return ProofView(
        address=proof.address,
        at=proof.at,
        language=proof.language,
        message_id=proof.message_id,
        address_mac=proof.address_mac,
    )
