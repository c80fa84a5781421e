"""From the command line to an ordered end: `python -m services.<name> [api] [reactions] [streams]`."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from functools import partial

import structlog
import uvloop

from shared.kernel.collector import spare_what_stays
from shared.runtime.assembly import Assembly
from shared.runtime.logs import configure_logs
from shared.runtime.parent import die_with_parent

log = structlog.get_logger(__name__)

STOP_DEADLINE_S = 25.0
"""Under the 30 s that Kubernetes and compose give before SIGKILL."""


class ProcessRole(StrEnum):
    """What a process of a service does; several in one process is fine."""

    API = "api"
    REACTIONS = "reactions"
    STREAMS = "streams"


ALL_ROLES = frozenset(ProcessRole)
Wiring = Callable[[frozenset[ProcessRole]], AbstractAsyncContextManager[Assembly]]


def roles_of(arguments: Sequence[str]) -> frozenset[ProcessRole]:
    """No argument means all roles. Raises SystemExit for an unknown one."""
    unknown = [name for name in arguments if name not in ALL_ROLES]
    if unknown:
        raise SystemExit(f"unknown role {', '.join(unknown)}; roles are {', '.join(sorted(ALL_ROLES))}")
    return frozenset(map(ProcessRole, arguments)) or ALL_ROLES


def run(service: str, wiring: Wiring, arguments: Sequence[str] | None = None) -> None:
    """Runs until SIGTERM or SIGINT (exit 0), or until a component ends by itself (exit 1)."""
    if os.environ.get("IPP_DIE_WITH_PARENT") == "1":
        die_with_parent()
    configure_logs(service, os.environ.get("IPP_LOG_LEVEL", "INFO"))
    roles = roles_of(sys.argv[1:] if arguments is None else arguments)
    raise SystemExit(uvloop.run(_serve(service, wiring, roles)))


async def _serve(service: str, wiring: Wiring, roles: frozenset[ProcessRole]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_ask_to, stop))
    ended = ""
    try:
        async with wiring(roles) as assembly:
            spare_what_stays()
            log.info("started", roles=sorted(roles))
            ended = await _first(stop, assembly)
            log.info("stopping", why=ended or "asked to")
            if ended:
                _end_in_time()
    except Exception:
        log.exception("failed")
        _end_in_time()
        return 1
    log.info("stopped")
    return 1 if ended else 0


async def _first(stop: asyncio.Event, assembly: Assembly) -> str:
    """Empty when asked to stop, otherwise which component ended."""
    asked = asyncio.create_task(stop.wait())
    failing = asyncio.create_task(assembly.first_end())
    try:
        await asyncio.wait({asked, failing}, return_when=asyncio.FIRST_COMPLETED)
        return "" if asked.done() else failing.result()
    finally:
        asked.cancel()
        failing.cancel()


def _ask_to(stop: asyncio.Event) -> None:
    """Also while the process still starts, which looks at `stop` only when it is done."""
    stop.set()
    _end_in_time()


def _end_in_time() -> None:
    """What does not stop must not hold the process: what was not committed is done again. By a thread, since others,
    as those of a driver, may hold the process when its loop is closed."""
    deadline = threading.Timer(STOP_DEADLINE_S, _give_up)
    deadline.daemon = True
    deadline.start()


def _give_up() -> None:
    log.error("not-stopped-in-time", seconds=STOP_DEADLINE_S)
    os._exit(1)
