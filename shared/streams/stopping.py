"""The end of a Faust app, also of one whose broker no longer answers."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from mode import Service
from mode.threads import ServiceThread, WorkerThread

_JOIN_SECONDS = 2.0


class ForsakenThread(WorkerThread):  # type: ignore[misc]
    """A thread that nobody waits for without a limit: not the app that stops it, not the process that ends."""

    def __init__(self, service: ServiceThread, **kwargs: Any) -> None:
        super().__init__(service, **kwargs)
        self.daemon = True

    def stop(self) -> None:
        self.join(_JOIN_SECONDS)


async def stop_app(app: Any, within: float) -> bool:
    """Stops the app; False where that took longer than `within` seconds and was cut short.

    Cut short, its parts are told to end, which they do once what they wait for answers or gives up. Untold, some would
    outlive every cancellation, and with them the loop: a part that calls for others takes its own cancellation for a
    failure of the call in hand, and waits for the next one.
    """
    limit = asyncio.timeout(within)
    try:
        async with limit:
            await app.stop()
    except TimeoutError:
        if not limit.expired():
            raise
    if not limit.expired():
        return True
    for part in _parts(app):
        with suppress(RuntimeError):  # the loop of its thread is closed already
            part._stopped_set()
    return False


def _parts(app: Any) -> Iterable[Any]:
    """The app and every service below it, once each."""
    found: dict[int, Any] = {}
    left = [app]
    while left:
        part = left.pop()
        if isinstance(part, Service) and id(part) not in found:
            found[id(part)] = part
            left += [getattr(below, "data", below) for below in (*part.beacon.children, *part._children)]
    return found.values()
