"""The scanner's port: the fake, and the client of clamd over TCP and a Unix socket, say the same of the same files."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.files.scanning import (
    Clamd,
    Clean,
    Infected,
    NoScanner,
    NotConfigured,
    Scanner,
    ScannerUnavailable,
    scanner_from,
)
from tests.support.clamd import EICAR, SIGNATURE, STREAM_LIMIT, ClamdServer, FakeScanner


@pytest.fixture(params=["fake", "tcp", "unix"])
async def scanner(request: pytest.FixtureRequest) -> AsyncIterator[Scanner]:
    if request.param == "fake":
        yield FakeScanner()
        return
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        socket = Path(folder) / "clamd.ctl" if request.param == "unix" else None
        async with ClamdServer().running(socket) as server:
            yield Clamd(server.url)


async def test_a_clean_file(scanner: Scanner) -> None:
    for content in (b"", b"x", bytes(65_536), bytes(65_537), b"%PDF-" * 1_000_000):
        assert await scanner.scan(content) == Clean()


async def test_an_infected_file_is_named_wherever_it_stands(scanner: Scanner) -> None:
    for before in (0, 65_530, 3_000_000):
        assert await scanner.scan(bytes(before) + EICAR + bytes(9)) == Infected(SIGNATURE)


async def test_over_the_scanners_own_limit_is_no_answer(scanner: Scanner) -> None:
    with pytest.raises(ScannerUnavailable):
        await scanner.scan(bytes(STREAM_LIMIT + 3_000_000))


async def test_what_is_no_answer_is_never_clean() -> None:
    for said in (
        b"stream: \0",
        b"OK and more\0",
        b"ERROR\0",
        b"\0",
        b"stream: OK",
        b"x" * 9000,
        b"COMMAND READ TIMED OUT\0",
        b"UNKNOWN COMMAND\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"INSTREAM: Can't write to temporary file. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"stream: OK\n",  # the other terminator, of commands that begin with n
        b"1: stream: OK\0",  # of a session, which was not begun
        b"2: stream: OK\0",
    ):
        async with ClamdServer(say=said).running() as server:
            with pytest.raises(ScannerUnavailable):
                await Clamd(server.url).scan(b"x")


async def test_an_answer_may_come_in_pieces() -> None:
    async with ClamdServer(by_bytes=True).running() as server:
        assert await Clamd(server.url).scan(b"x") == Clean()
        assert await Clamd(server.url).scan(EICAR) == Infected(SIGNATURE)


async def test_a_scanner_that_answers_and_closes_before_it_has_everything_never_says_clean() -> None:
    async with ClamdServer(hasty=True).running() as server:
        with pytest.raises(ScannerUnavailable):
            await Clamd(server.url).scan(bytes(8_000_000))
    async with ClamdServer(hasty=True, say=b"stream: OK\0").running() as server:
        with pytest.raises(ScannerUnavailable):
            await Clamd(server.url).scan(bytes(8_000_000))


async def test_a_name_is_told_as_it_is() -> None:
    for name in ("Win.Test.EICAR_HDB-1", "Heuristics.Encrypted.PDF", "A.B.UNOFFICIAL"):
        async with ClamdServer(say=f"stream: {name} FOUND\0".encode()).running() as server:
            assert await Clamd(server.url).scan(b"x") == Infected(name)


async def test_a_scanner_that_is_silent_or_not_there() -> None:
    async with ClamdServer(silent=True).running() as server:
        with pytest.raises(ScannerUnavailable):
            await Clamd(server.url, seconds=0.2).scan(b"x")
    for gone in (server.url, "unix:///nowhere/clamd.ctl"):
        with pytest.raises(ScannerUnavailable):
            await Clamd(gone).scan(b"x")


async def test_no_scanner_is_told_and_is_not_clean() -> None:
    assert isinstance(scanner_from(""), NoScanner)
    assert await NoScanner().scan(b"x") == NotConfigured()
    assert await NoScanner().scan(EICAR) == NotConfigured()
    for wrong in ("127.0.0.1:3310", "http://127.0.0.1:3310", "tcp://", "unix://"):
        with pytest.raises(ValueError, match="named tcp"):
            scanner_from(wrong)
