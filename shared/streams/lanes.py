"""The way of records to the broker: a lane for each partition, so that none waits for another.

With idempotence a partition has one batch under way; whoever hands over the next one waits for it. A processor that
waited so at each partition in turn would spend half its time on it. Rows are put into a lane at once instead; those
that come while the client has enough in hand go together as the next batch.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from shared.streams.batches import Handed, Row

_MOST_WAITING = 10_000
"""Rows in a lane; whoever puts more waits until it moves."""


class Lane:
    """Rows for one partition, in order."""

    def __init__(self, client: Any, topic: str, partition: int, failed: Callable[[BaseException], None]) -> None:
        self._client = client
        self._topic = topic
        self._partition = partition
        self._failed = failed
        self._waiting: deque[Row] = deque()
        self._handed: list[Handed] = []
        self._put = 0
        self._taken = 0
        self._moved = asyncio.Event()
        self._filling: asyncio.Task[None] | None = None
        self._problem: BaseException | None = None

    def put(self, rows: Iterable[Row]) -> None:
        before = len(self._waiting)
        self._waiting.extend(rows)
        self._put += len(self._waiting) - before
        if self._waiting and self._filling is None:
            self._filling = asyncio.create_task(self._fill(), name=f"lane {self._topic}/{self._partition}")

    async def room(self) -> None:
        """Returns when not too much waits. Raises what the client raised."""
        while len(self._waiting) > _MOST_WAITING:
            await self._move()

    async def handed(self) -> list[Handed]:
        """The batches since the last call, once the client has every row put so far. Raises what the client raised."""
        wanted = self._put
        while self._taken < wanted:
            await self._move()
        handed, self._handed = self._handed, []
        return handed

    def close(self) -> None:
        if self._filling is not None:
            self._filling.cancel()

    async def _move(self) -> None:
        if self._problem is not None:
            raise self._problem
        await self._moved.wait()

    async def _fill(self) -> None:
        try:
            while self._waiting:
                batch = self._batch()
                sent = await self._client.send_batch(batch[0], self._topic, partition=self._partition)
                self._handed.append(Handed(sent, self._partition, batch[1]))
                self._taken += len(batch[1])
                self._tell()
        except Exception as problem:
            self._problem = problem
            self._tell()
            self._failed(problem)
            return  # nothing more goes this way: what comes later must not overtake what failed
        self._filling = None

    def _batch(self) -> tuple[Any, list[Row]]:
        batch, rows, waiting = self._client.create_batch(), list[Row](), self._waiting
        while waiting:
            key, value, headers = waiting[0]
            if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                break
            rows.append(waiting.popleft())
        batch.close()  # full or not: nothing else joins it, and it goes out at once
        return batch, rows

    def _tell(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


class Lanes:
    """All lanes of a worker. client: the Kafka client; failed: told of the first thing that a lane cannot hand over."""

    def __init__(self, client: Callable[[], Any], failed: Callable[[BaseException], None]) -> None:
        self._client = client
        self._failed = failed
        self._lanes: dict[tuple[str, int], Lane] = {}

    def put(self, topic: str, partition: int, rows: Iterable[Row]) -> None:
        """Does not wait: whoever puts much waits for `room`."""
        lane = self._lanes.get((topic, partition))
        if lane is None:
            lane = self._lanes[topic, partition] = Lane(self._client(), topic, partition, self._failed)
        lane.put(rows)

    async def room(self) -> None:
        for lane in list(self._lanes.values()):
            await lane.room()

    async def handed(self) -> list[Handed]:
        """All batches since the last call, once the client has every row put before this one."""
        lanes = await asyncio.gather(*(lane.handed() for lane in self._lanes.values()))
        return [one for handed in lanes for one in handed]

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.close()
