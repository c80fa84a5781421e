"""The reviewers' queue of rights, and their decision: authenticated, or failed with reasons (001, Step 4)."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.ipr.rights.commands import RightCommands
from services.ipr.rights.model import DecideAuthentication
from services.ipr.rights.queries import RightQueries
from services.ipr.rights.views import RightView, right_view
from shared.httpkit import Instant, Route, actor_of, answered, cause_of, idempotency_of, ok, read_json, read_query

FailureReason = Literal[
    "certificate-unclear",
    "certificate-incomplete",
    "copy-not-in-colour",
    "wrong-document",
    "name-mismatch",
    "number-mismatch",
    "registrant-mismatch",
    "class-mismatch",
    "place-mismatch",
    "right-expired",
    "right-not-in-register",
]
"""Why an authentication fails (001 Step 3: the full set, colour photo or scan of the original, corresponding to the
certificate; the list is ours)."""


class QueueQuery(BaseModel):
    """`after`: the `submitted_at` of the last one seen."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["pending"] = "pending"
    after: Instant | None = None
    limit: int = Field(default=50, ge=1, le=200)


class QueueView(BaseModel):
    """The longest waiting first."""

    queued: tuple[RightView, ...]


class DecisionBody(BaseModel):
    """`round`: which submission was looked at; it protects from deciding about a later one."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["authenticated", "failed"]
    reasons: list[FailureReason] = Field(default_factory=list, max_length=8)
    round: int | None = None


@dataclass
class AuthenticationApi:
    commands: RightCommands
    queries: RightQueries

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                "/v1/authentications",
                "read-authentications",
                "Rights that wait for authentication",
                self.queue,
                query=QueueQuery,
                output=QueueView,
            ),
            Route(
                "POST",
                "/v1/authentications/{right_id}/decision",
                "decide-authentication",
                "Decide that a right is authenticated, or why not",
                self.decide,
                input=DecisionBody,
                output=RightView,
                problems={
                    "no-such-right": 404,
                    "not-under-authentication": 409,
                    "authentication-round-over": 409,
                    "right-expired": 409,
                    "reasons-missing": 422,
                },
            ),
        )

    async def queue(self, request: web.Request) -> web.Response:
        query = read_query(request, QueueQuery)
        rights = await self.queries.queued(query.after, query.limit)
        return ok(QueueView(queued=tuple(map(right_view, rights))))

    async def decide(self, request: web.Request) -> web.Response:
        body = await read_json(request, DecisionBody)
        receipt = (await idempotency_of(request)).receipt(right_view)
        command = DecideAuthentication(
            result=body.result,
            reasons=tuple(dict.fromkeys(body.reasons)),
            by=actor_of(request).id,
            round=body.round,
        )
        right_id = request.match_info["right_id"]
        return answered(await self.commands.execute(right_id, command, cause_of(request), receipt))
