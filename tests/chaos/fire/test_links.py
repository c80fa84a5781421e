"""A link passes everything on, and does what it is told when it is cut, slow or half open."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from deploy.local.ports import LOOPBACK, steady_ports
from tests.chaos.fire.links import Link
from tests.support.eventually import eventually


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    """A link to a server that answers what it is sent, in capitals."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data.upper())
        writer.close()

    front, back = steady_ports(2)
    server = await asyncio.start_server(answer, LOOPBACK, back)
    link = Link("test", front, back)
    await link.start()
    yield link
    await link.stop()
    server.close()


async def _connected(link: Link) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(LOOPBACK, link.port)


async def _asked(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], text: bytes, within: float = 5
) -> bytes:
    reader, writer = connection
    writer.write(text)
    async with asyncio.timeout(within):
        return await reader.readexactly(len(text))


async def test_an_open_link_passes_on_as_much_as_there_is(link: Link) -> None:
    much = b"x" * 3_000_000
    assert await _asked(await _connected(link), much) == much.upper()


async def test_a_cut_link_resets_whoever_is_connected_and_whoever_comes(link: Link) -> None:
    before = await _connected(link)
    assert await _asked(before, b"abc") == b"ABC"

    link.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await _asked(before, b"abc")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await _asked(await _connected(link), b"abc")

    link.heal()
    assert await _asked(await _connected(link), b"abc") == b"ABC"


async def test_on_a_slow_link_everything_is_late_and_in_order(link: Link) -> None:
    connection = await _connected(link)
    link.slow(0.2)
    begun = time.monotonic()
    assert await _asked(connection, b"abc") == b"ABC"
    assert time.monotonic() - begun >= 0.4  # there and back

    link.heal()
    assert await _asked(connection, b"def") == b"DEF"


async def test_on_a_half_open_link_nothing_passes_and_who_was_connected_then_stays_alone(link: Link) -> None:
    before = await _connected(link)
    assert await _asked(before, b"abc") == b"ABC"

    link.fall_silent()
    with pytest.raises(TimeoutError):
        await _asked(before, b"def", within=0.3)
    during = await _connected(link)

    link.heal()
    assert await _asked(await _connected(link), b"ghi") == b"GHI"
    for lost in (before, during):
        with pytest.raises(TimeoutError):
            await _asked(lost, b"jkl", within=0.3)


async def test_a_link_that_leads_elsewhere_sends_new_callers_there(link: Link) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"other")

    [port] = steady_ports(1)
    server = await asyncio.start_server(other, LOOPBACK, port)
    old = await _connected(link)
    assert await _asked(old, b"abc") == b"ABC"

    link.point_to(port)
    reader, _ = await _connected(link)
    assert await reader.readexactly(5) == b"other"
    assert await _asked(old, b"def") == b"DEF"

    link.point_to(port, reset=True)
    await eventually(old[0].at_eof)
    server.close()
