"""Operations as data: what is served, what it takes and gives, how it refuses. OpenAPI is generated from it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MIB = 1_048_576
"""Bytes of a MB (DOMAIN: Fine points)."""


@dataclass(frozen=True)
class Part:
    """A part of a multipart body. `max_bytes` is enforced while the part is read."""

    name: str
    description: str
    max_bytes: int
    required: bool = True
    repeated: bool = False
    is_file: bool = True


@dataclass(frozen=True)
class Route:
    """One operation.

    operation: its name in the table of roles and its OpenAPI id; output: None for answers without a body or of
    another media type; problems: refusal code → HTTP status; changes: whether it needs an Idempotency-Key (None: POST
    does); max_body: bytes, for JSON bodies; link_token: whether the token may come as `?token=`, for signed links
    that a person opens; discloses: a code of the personal data that the answer holds, where it goes to others than
    their person: it is given only when the log of disclosures has an entry of this request.
    """

    method: str
    path: str
    operation: str
    summary: str
    handler: Handler
    input: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    parts: tuple[Part, ...] = ()
    output: type[BaseModel] | None = None
    output_media_type: str = "application/json"
    status: int = 200
    problems: Mapping[str, int] = field(default_factory=dict)
    changes: bool | None = None
    max_body: int = MIB
    link_token: bool = False
    discloses: str = ""

    @property
    def needs_idempotency_key(self) -> bool:
        return self.method == "POST" if self.changes is None else self.changes


ROUTE = web.RequestKey("route", Route)


def route_of(request: web.Request) -> Route:
    return request[ROUTE]
