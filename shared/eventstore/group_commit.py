"""Group commit: what many tasks ask within the same moment goes to the store in one call, each told its own result."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from shared.kernel.failures import Transient

Item = TypeVar("Item")
Result = TypeVar("Result")


class Coalescer(Generic[Item, Result]):
    """One call at a time is under way; what arrives meanwhile is the next call, at most `limit` items.

    A call that fails for the time being (Transient) fails each of its items. One that fails otherwise is repeated item
    by item, so that a bad item does not fail its neighbours: a call must be repeatable. An item whose asker went away
    before its call began is not sent.
    """

    def __init__(self, call: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], limit: int = 500) -> None:
        self._call = call
        self._limit = limit
        self._queue: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Result:
        return await self.begin(item)

    async def ask_all(self, items: Iterable[Item]) -> list[Result]:
        """In the order of the items. Raises the first failure."""
        return await asyncio.gather(*map(self.begin, items))

    def begin(self, item: Item) -> asyncio.Future[Result]:
        """Asks without waiting: for several questions at once, without a task for each."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._running is None or self._running.done():
            # It works for all: the log context of the one who happened to come first is not its own.
            self._running = asyncio.create_task(self._run(), context=contextvars.Context())
        return future

    async def _run(self) -> None:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        try:
            while self._queue:
                # Tasks that were woken together ask together: let each of them put its item in first.
                await asyncio.sleep(0)
                taken, self._queue = self._queue[: self._limit], self._queue[self._limit :]
                batch = [(item, future) for item, future in taken if not future.done()]
                if batch:
                    await self._answer(batch)
        except BaseException:
            # Only where the loop is coming to its end: nobody is left to wait for ever.
            for _, future in (*batch, *self._queue):
                future.cancel()
            self._queue = []
            raise

    async def _answer(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._call([item for item, _ in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"{len(batch)} items were asked and {len(results)} answered")
        except Exception as problem:
            if isinstance(problem, Transient) or len(batch) == 1:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(problem)
                return
            for pair in batch:
                await self._answer([pair])
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
