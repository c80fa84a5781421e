"""The application of a service: its routes behind the checks, what operators ask for, and its description."""

from collections.abc import Sequence

import orjson
from aiohttp import web

from shared.access import Authenticator, Operations
from shared.httpkit.answers import HASH_KEY
from shared.httpkit.endpoint import around, endpoint
from shared.httpkit.in_flight import IN_FLIGHT, InFlight
from shared.httpkit.openapi import describe
from shared.httpkit.problems import STANDARD_PROBLEMS, not_found
from shared.httpkit.routes import Handler, Route
from shared.httpkit.watching import Backlog, Readiness, nothing_to_check, nothing_to_do, watch


class RouteMistake(Exception):
    """The declarations of routes and roles do not fit together."""


def create_app(
    service: str,
    routes: Sequence[Route] = (),
    *,
    operations: Operations | None = None,
    authenticator: Authenticator | None = None,
    readiness: Readiness = nothing_to_check,
    backlog: Backlog = nothing_to_do,
    hash_key: bytes = b"idempotency",
    summary: str = "",
) -> web.Application:
    """Raises RouteMistake where a route has no roles or an operation no route. A process without the role `api` gives
    no routes: it is watched all the same."""
    roles = operations or {}
    _check(routes, roles)
    app = web.Application(middlewares=[around(service)])
    app[HASH_KEY] = hash_key
    app[IN_FLIGHT] = InFlight()
    for route in routes:
        app.router.add_route(route.method, route.path, endpoint(route, roles, authenticator))
    document = orjson.dumps(describe(service, summary, routes, roles))

    async def openapi(_: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    app.router.add_get("/openapi.json", openapi)
    app.router.add_get("/problems/{code}", _explained(routes))
    watch(app, service, readiness, backlog)
    return app


def _explained(routes: Sequence[Route]) -> Handler:
    """What stands at a problem's `type`: its status and the operations that may answer with it."""

    async def explain(request: web.Request) -> web.Response:
        code = request.match_info["code"]
        found = {route.operation: route.problems[code] for route in routes if code in route.problems}
        status = STANDARD_PROBLEMS.get(code) or next(iter(found.values()), None)
        if status is None:
            raise not_found("problem")
        body = {"code": code, "status": status, "operations": sorted(found) or "any"}
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    return explain


def _check(routes: Sequence[Route], operations: Operations) -> None:
    named = [route.operation for route in routes]
    mistakes = [f"{name} is served twice" for name in set(named) if named.count(name) > 1]
    mistakes += [f"{name} has no roles" for name in named if not operations.get(name)]
    mistakes += [f"{name} has roles but no route" for name in operations if routes and name not in named]
    if mistakes:
        raise RouteMistake("; ".join(sorted(mistakes)))
