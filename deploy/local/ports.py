"""Free ports of this machine."""

import asyncio
import random
import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on now, all different. Another process may still take one
    before it is used; whoever starts a server on one must be ready to try again."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind((LOOPBACK, 0))
        return [int(item.getsockname()[1]) for item in sockets]


# Systems give outgoing connections ports from 32768 (Linux) or 49152 on.
_STEADY = range(15_000, 32_000)


def steady_ports(count: int) -> list[int]:
    """Free ports, all different, that no outgoing connection of this machine will be given: for a server that must
    come back on its port after it was away for a while."""
    found: list[int] = []
    for port in random.sample(_STEADY, len(_STEADY)):
        with socket.socket() as item:
            try:
                item.bind((LOOPBACK, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"{count} ports between {_STEADY.start} and {_STEADY.stop} are wanted, {len(found)} are free")


async def listens(port: int) -> bool:
    """Whether somebody takes connections on this port of the loopback address."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True
