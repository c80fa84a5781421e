"""The components of a process and what they say together: ready, what is still to do, whether one has ended."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

import structlog

log = structlog.get_logger(__name__)

HEALTH_TIMEOUT_S = 3.0
Entered = TypeVar("Entered")


@runtime_checkable
class Component(Protocol):
    """Something with a life: a broker's producer, a relay, a consumer, an HTTP server."""

    @property
    def name(self) -> str: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


Health = Callable[[], Awaitable[str]]
"""An empty text is well, any other says what is wrong."""

Counts = Callable[[], Awaitable[Mapping[str, int]]]
"""Named counts of what is accepted but not yet done; zero everywhere = quiet."""


@dataclass
class Background:
    """A coroutine that runs until it is cancelled (relays, consumers, sweepers). If it ends by itself, the process
    ends too: whoever runs the process starts it again, and what was not committed is done again."""

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]
    stop_within_s: float = 10.0
    task: asyncio.Task[None] | None = field(default=None, init=False)

    async def start(self) -> None:
        self.task = asyncio.create_task(self.run(), name=self.name)

    async def stop(self) -> None:
        if self.task is None or self.task.done():
            return
        self.task.cancel()
        _, late = await asyncio.wait({self.task}, timeout=self.stop_within_s)
        if late:
            log.warning("component-stops-late", component=self.name, seconds=self.stop_within_s)


class Assembly:
    """Starts components one after the other; the exit stack stops them in reverse, also when a start fails."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._health: dict[str, Health] = {}
        self._backlog: list[Counts] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, component: Component, *, health: Health | None = None, backlog: Counts | None = None) -> None:
        await component.start()
        self._stack.push_async_callback(component.stop)
        if isinstance(component, Background) and component.task is not None:
            self._tasks[component.name] = component.task
        self.watch(component.name, health=health, backlog=backlog)

    def watch(self, name: str, *, health: Health | None = None, backlog: Counts | None = None) -> None:
        """Adds a check and counts of something that has no life of its own, such as the store."""
        if health is not None:
            self._health[name] = health
        if backlog is not None:
            self._backlog.append(backlog)

    async def enter(self, context: AbstractAsyncContextManager[Entered]) -> Entered:
        """What is open until the end."""
        return await self._stack.enter_async_context(context)

    def at_end(self, close: Callable[[], None]) -> None:
        """What has no start but is to be closed."""
        self._stack.callback(close)

    async def readiness(self) -> Mapping[str, str]:
        """Every check by its name; one that does not answer in time or raises is not well."""
        names = [*self._health]
        answers = await asyncio.gather(*(_checked(self._health[name]) for name in names))
        ended = {name: "has ended" for name, task in self._tasks.items() if task.done()}
        return {**dict(zip(names, answers, strict=True)), **ended}

    async def backlog(self) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        for part in await asyncio.gather(*(count() for count in self._backlog)):
            counts.update(part)
        return counts

    async def first_end(self) -> str:
        """Waits until a background task ends by itself; its name and why."""
        if not self._tasks:
            return await asyncio.Future()
        done, _ = await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        task = done.pop()
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            log.error("component-failed", component=task.get_name(), exc_info=failure)
        return f"{task.get_name()}: {failure!r}"


async def _checked(check: Health) -> str:
    try:
        return await asyncio.wait_for(check(), HEALTH_TIMEOUT_S)
    except TimeoutError:
        return f"no answer within {HEALTH_TIMEOUT_S:g} s"
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
