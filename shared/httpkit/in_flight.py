"""How many bytes of forms a process holds at once: what comes on top is asked to come again, and is not read."""

from aiohttp import web
from prometheus_client import Gauge

from shared.httpkit.routes import MIB

MOST_BYTES = 96 * MIB
"""Ours. A file is held up to four times while it is worked on (as it came, encrypted, in the driver's message, on its
way to the inspector), so uploads cannot take more than some 400 MB of a process; eighteen of 5 MB fit in at once."""

_HELD = Gauge("ipp_http_form_bytes", "Bytes of forms that are being received or worked on.")


class InFlight:
    """One for each application, so for each process of a service."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self.held = 0

    def take(self, size: int) -> bool:
        """False where there is no room. One form alone always has room, however large."""
        if self.held and self.held + size > self._most:
            return False
        self.held += size
        _HELD.inc(size)
        return True

    def give_back(self, size: int) -> None:
        self.held -= size
        _HELD.dec(size)


IN_FLIGHT = web.AppKey("in_flight", InFlight)
_TAKEN = web.RequestKey("taken", int)


def take_room(request: web.Request, size: int) -> bool:
    """Until `give_back_room` at the end of the request."""
    if not request.app[IN_FLIGHT].take(size):
        return False
    request[_TAKEN] = request.get(_TAKEN, 0) + size
    return True


def give_back_room(request: web.Request) -> None:
    taken = request.get(_TAKEN, 0)
    if taken:
        request[_TAKEN] = 0
        request.app[IN_FLIGHT].give_back(taken)
