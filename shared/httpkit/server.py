"""Serving an application on a port, with an end: no new requests, those under way get a few seconds."""

from dataclasses import dataclass, field

from aiohttp import web

SHUTDOWN_S = 10.0
LINGERING_S = 2.0
"""Ours: so long the rest of a refused body is read and thrown away, for who still sends when the connection is closed
does not see the answer; then it is closed all the same."""


@dataclass
class HttpServer:
    """A component of a process. Port 0 takes a free one; `port` is the one taken once it has started."""

    app: web.Application
    host: str
    port: int
    name: str = "http"
    _runner: web.AppRunner | None = field(default=None, init=False)

    async def start(self) -> None:
        runner = web.AppRunner(
            self.app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_S,
            lingering_time=LINGERING_S,
        )
        await runner.setup()
        # Set only when serving: a failed start leaves nothing to stop.
        site = web.TCPSite(runner, self.host, self.port, reuse_address=True)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def health(self) -> str:
        return "" if self._runner is not None else "not serving"
