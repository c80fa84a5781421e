"""What operators and the runner ask of every process: alive, ready, measures, how much is still to do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
import prometheus_client
from aiohttp import web

Readiness = Callable[[], Awaitable[Mapping[str, str]]]
"""Named checks: an empty text is well, any other says what is wrong."""

Backlog = Callable[[], Awaitable[Mapping[str, int]]]
"""Named counts of what is accepted but not yet done; all zero = quiet."""

CHECK_TIMEOUT_S = 5.0


async def nothing_to_check() -> Mapping[str, str]:
    return {}


async def nothing_to_do() -> Mapping[str, int]:
    return {}


def watch(app: web.Application, service: str, readiness: Readiness, backlog: Backlog) -> None:
    """Adds `/health/live`, `/health/ready`, `/metrics`, `/backlog`; none needs a token, none shows personal data."""

    async def live(_: web.Request) -> web.Response:
        return _json({"service": service, "status": "live"})

    async def ready(_: web.Request) -> web.Response:
        try:
            checks = await asyncio.wait_for(readiness(), CHECK_TIMEOUT_S)
        except TimeoutError:
            checks = {"checks": f"no answer within {CHECK_TIMEOUT_S:g} s"}
        well = not any(checks.values())
        body = {"service": service, "status": "ready" if well else "not ready", "checks": dict(checks)}
        return _json(body, 200 if well else 503)

    async def metrics(_: web.Request) -> web.Response:
        body = prometheus_client.generate_latest()
        return web.Response(body=body, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})

    async def counts(_: web.Request) -> web.Response:
        return _json(dict(await backlog()))

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/backlog", counts)


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
