"""What all suites may ask for: the real broker and the real store, started once a session and only when asked for."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
import structlog

from deploy.local.stack import LocalStack
from shared.mongo import Database, connect
from tests.support.nothing_personal import NothingPersonal

# The default draws every frame's variables, which takes seconds in which a test's event loop stands still.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(NothingPersonal(), "nothing-personal")


def _in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own, in a thread of its own: pytest-asyncio's loops are left alone."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """`stack.kafka_bootstrap`, `stack.mongo_url`: a real broker and a real store, empty at first and shared by all
    tests of the session. Use `fresh_database` and `fresh_name` to stay out of each other's way."""
    running = LocalStack()
    _in_own_loop(running.start())
    yield running
    _in_own_loop(running.stop())


@pytest.fixture
async def fresh_database(stack: LocalStack) -> AsyncIterator[Database]:
    """A database that only this test has; dropped afterwards."""
    database = connect(stack.mongo_url, f"test-{uuid.uuid4().hex[:12]}")
    yield database
    await database.drop()
    database.close()


@pytest.fixture
def fresh_name() -> Callable[[str], str]:
    """`fresh_name("cases")` is a topic or group name that no other test uses."""
    suffix = uuid.uuid4().hex[:12]
    return lambda name: f"{name}.{suffix}"
