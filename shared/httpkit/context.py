"""What a request carries along: correlation, trace and actor, for logs and for the causes of events."""

import re
import secrets
from dataclasses import dataclass

import structlog
from aiohttp import web

from shared.access import ANONYMOUS, Actor
from shared.kernel.ids import random_id

CORRELATION_HEADER = "X-Correlation-Id"

_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass
class Context:
    """`traceparent` is W3C Trace Context with a span id of this request's own; `causation_id` names what made it."""

    correlation_id: str
    traceparent: str
    actor: Actor = ANONYMOUS

    @property
    def trace_id(self) -> str:
        return self.traceparent.split("-")[1]

    @property
    def causation_id(self) -> str:
        """The request itself: the span that it is."""
        return "request/" + self.traceparent.split("-")[2]


CONTEXT = web.RequestKey("context", Context)


def begin(request: web.Request) -> Context:
    """Takes over what the caller sent where it is well-formed, makes it up elsewhere."""
    shown = request.headers.get(CORRELATION_HEADER, "")
    correlation_id = shown if _CORRELATION.fullmatch(shown) else random_id("cor")
    context = Context(correlation_id, continued(request.headers.get("traceparent", "")))
    request[CONTEXT] = context
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id, trace_id=context.trace_id)
    return context


def context_of(request: web.Request) -> Context:
    return request[CONTEXT]


def actor_of(request: web.Request) -> Actor:
    """Who calls, as the token says; ANONYMOUS without one."""
    return request[CONTEXT].actor


def account_of(request: web.Request) -> str:
    """The account of a complainant's token. Only for operations whose roles all have one."""
    account_id = actor_of(request).account_id
    if account_id is None:
        raise LookupError("the operation's roles have no account; its table of roles is wrong")
    return account_id


def continued(traceparent: str) -> str:
    """The same trace with a new span; a new trace where the header is absent or malformed (W3C Trace Context)."""
    fits = _TRACEPARENT.fullmatch(traceparent)
    fresh_span = secrets.token_hex(8)
    if fits is None or fits[1] == "ff" or set(fits[2]) == {"0"} or set(fits[3]) == {"0"}:
        return f"00-{secrets.token_hex(16)}-{fresh_span}-01"
    return f"00-{fits[2]}-{fresh_span}-{fits[4]}"
