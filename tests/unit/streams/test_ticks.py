"""What ticks send is settled by the ticks themselves: where no input comes, nothing is committed that would do it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.complaints import cases
from shared.streams.app import StreamSettings
from shared.streams.pause import PauseWatch
from shared.streams.processor import Effects, Processor, Record, Send, Shape
from shared.streams.worker import StreamFailed, StreamWorker
from tests.support.eventually import eventually


class _Ticking(Processor):
    """Sends one record at each tick."""

    shape = Shape("test", {cases.TOPIC.name: cases.TOPIC}, ())
    tick_seconds = 0.001
    ticks = 0

    def restore(self, partition: int, key: str, value: bytes) -> None:
        raise NotImplementedError

    def drop(self, partition: int) -> None:
        raise NotImplementedError

    def process(self, record: Record) -> Effects:
        raise NotImplementedError

    def tick(self) -> Iterable[Send]:
        self.ticks += 1
        return [Send("out", "k", (), b"%d" % self.ticks)]


class _Batch:
    def append(self, **_: Any) -> object:
        return object()

    def close(self) -> None:
        """Nothing joins it anyway."""


class _Client:
    """Takes every batch at once; what the broker says of it is in `acknowledged`, in turn."""

    def __init__(self) -> None:
        self.acknowledged: list[asyncio.Future[Any]] = []

    def create_batch(self) -> _Batch:
        return _Batch()

    async def send_batch(self, batch: _Batch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        self.acknowledged.append(asyncio.get_running_loop().create_future())
        return self.acknowledged[-1]


@asynccontextmanager
async def _ticking() -> AsyncIterator[tuple[StreamWorker, _Ticking, _Client]]:
    """A worker as it is once it has its partitions, without Faust."""
    processor, client = _Ticking(), _Client()
    worker = StreamWorker(processor, StreamSettings("nowhere:0"), PauseWatch(3600))

    async def chooser(topic: str) -> Callable[[bytes | None], int]:
        return lambda key: 0

    completed = asyncio.Event()
    completed.set()
    worker._failure = asyncio.get_running_loop().create_future()
    worker._app = SimpleNamespace(
        started=True,
        should_stop=False,
        rebalancing=False,
        tables=SimpleNamespace(recovery=SimpleNamespace(completed=completed)),
        producer=SimpleNamespace(client=client, chooser=chooser),
    )
    task = asyncio.create_task(worker._tick())
    try:
        yield worker, processor, client
    finally:
        task.cancel()
        worker._failure.cancel()


async def test_what_ticks_sent_and_the_broker_has_is_kept_no_longer() -> None:
    async with _ticking() as (worker, processor, client):
        for count in range(1, 21):
            await eventually(lambda n=count: len(client.acknowledged) == n)  # type: ignore[misc]
            client.acknowledged[-1].set_result(SimpleNamespace(topic="out", offset=count))
        await eventually(lambda: len(client.acknowledged) == 21)

        # All but the last, which is not acknowledged, were let go of.
        [lane] = worker._lanes._lanes.values()
        assert len(lane._handed) <= 1
        assert processor.ticks == 21


async def test_a_tick_whose_sends_fail_ends_the_worker_though_no_input_comes() -> None:
    async with _ticking() as (worker, _, client):
        await eventually(lambda: bool(client.acknowledged))
        client.acknowledged[0].set_exception(TimeoutError("no answer"))

        await eventually(lambda: not worker.ready)

        with pytest.raises(StreamFailed, match="no answer"):
            assert worker._failure is not None
            worker._failure.result()
