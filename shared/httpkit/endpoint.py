"""What stands around every handler: correlation, access, problems, logs and measures."""

import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import Histogram

from shared.access import ANONYMOUS, Actor, Authenticator, KeysUnavailable, Operations, Role, Unauthenticated, may
from shared.disclosures import entries_made
from shared.httpkit.answers import check_key
from shared.httpkit.context import CONTEXT, CORRELATION_HEADER, Context, begin
from shared.httpkit.in_flight import give_back_room
from shared.httpkit.problems import STANDARD_PROBLEMS, Problem, of_http_exception, of_refusal, respond, standard
from shared.httpkit.routes import ROUTE, Handler, Route
from shared.kernel.decider import Refusal
from shared.kernel.failures import Gone, Transient

log = structlog.get_logger(__name__)

SECONDS = Histogram(
    "ipp_http_request_seconds",
    "Time from the request's head to its answer.",
    ("service", "operation", "status"),
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

_seconds = lru_cache(maxsize=1024)(SECONDS.labels)
_SOON = {"Retry-After": "1"}
# A document that somebody uploaded is never run for what it may also be; a signed link stays with who opened it; what
# we are built with is nobody's matter. What is not said to be public is kept by no cache on the way.
_GUARDED = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Server": "ipp"}
# Paths that machines ask for every few seconds; their successes are not worth a line each.
_QUIET = ("/health/", "/metrics", "/backlog")


class NotLogged(Exception):
    """A mistake of ours: what is not logged is not disclosed, so that the answer is kept back."""


def around(service: str) -> Middleware:
    """The outermost middleware: whatever happens inside ends as an answer, a log line and a measure."""

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        structlog.contextvars.clear_contextvars()
        context = begin(request)
        started = time.perf_counter()
        try:
            response = await _answer(request, handler, context)
        finally:  # also where the client went away
            give_back_room(request)
        seconds = time.perf_counter() - started
        response.headers.setdefault(CORRELATION_HEADER, context.correlation_id)
        response.headers.update(_GUARDED)
        response.headers.setdefault("Cache-Control", "no-store")
        route = request.get(ROUTE)
        operation = route.operation if route else "unknown"
        _seconds(service, operation, response.status).observe(seconds)
        if response.status >= 400 or not request.path.startswith(_QUIET):
            log.info("http-request", operation=operation, status=response.status, ms=round(seconds * 1000, 1))
        return response

    return observe


async def _answer(request: web.Request, handler: Handler, context: Context) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        found = problem
    except Refusal as refusal:
        found = _refused(request, refusal)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        found = of_http_exception(error)
    except Gone:
        found = standard("removed", "This was removed, as its time was over or its person asked for it.")
    except Transient as problem:
        log.warning("http-transient", problem=repr(problem))
        found = Problem(
            "try-again",
            "Something we need cannot be reached now.",
            "Try again soon.",
            503,
            headers={"Retry-After": "1"},
        )
    except Exception:
        log.exception("http-failed")
        found = standard("internal-error", "Something went wrong here, not with your request.", "Try again later.")
    return respond(found, context.correlation_id)


def _refused(request: web.Request, refusal: Refusal) -> Problem:
    route = request.get(ROUTE)
    declared: Mapping[str, int] = route.problems if route else {}
    problem = of_refusal(refusal, declared)
    if isinstance(refusal, Unauthenticated):
        problem.headers = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{refusal.code}"'}
    elif not isinstance(refusal, KeysUnavailable) and route and refusal.code not in {**STANDARD_PROBLEMS, **declared}:
        # It is still answered (409); the declaration is what the documentation is made of.
        log.warning("undeclared-refusal", code=refusal.code, operation=route.operation)
    return problem


def endpoint(route: Route, operations: Operations, authenticator: Authenticator | None) -> Handler:
    """The route's handler behind its checks: who calls, whether they may, whether a changing request has its key."""

    async def handle(request: web.Request) -> web.StreamResponse:
        request[ROUTE] = route
        actor = await _authenticate(request, route, authenticator)
        _bind(request, actor)
        if not may(actor, route.operation, operations):
            raise _denied(actor)
        if route.needs_idempotency_key:
            check_key(request)
        if not route.discloses or actor.is_a(Role.COMPLAINANT):  # who sees nothing but what is theirs
            return await route.handler(request)
        with entries_made() as entries:
            response = await route.handler(request)
        if not entries and response.status < 400:
            raise NotLogged(f"{route.operation} would give {route.discloses} without an entry")
        return response

    return handle


async def _authenticate(request: web.Request, route: Route, authenticator: Authenticator | None) -> Actor:
    header = request.headers.get("Authorization")
    if header is None and route.link_token and "token" in request.query:
        header = f"Bearer {request.query['token']}"
    if header is None:
        return ANONYMOUS
    scheme, _, token = header.partition(" ")
    if authenticator is None or scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("token-invalid", "Only bearer tokens are taken.", "Send Authorization: Bearer <token>.")
    return await authenticator.authenticate(token.strip())


def _bind(request: web.Request, actor: Actor) -> None:
    """Ids only: no name, address or number of a person gets into a log."""
    request[CONTEXT].actor = actor
    names = {"actor": actor.id}
    if actor.account_id:
        names["account"] = actor.account_id
    for kind in ("case_number", "account_id", "right_id"):
        with suppress(KeyError):
            names[kind] = request.match_info[kind]
    structlog.contextvars.bind_contextvars(**names)


def _denied(actor: Actor) -> Problem:
    if actor.is_a(Role.NOBODY):
        headers = {"WWW-Authenticate": "Bearer"}
        return standard("token-missing", "This needs a token.", "Log in and send the token.", headers=headers)
    return standard("not-allowed", "Your role may not do this.", "Ask an operator for the role that may.")
