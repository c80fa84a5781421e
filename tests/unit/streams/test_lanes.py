"""Lanes: rows in order, as few batches as the client is slow, and nothing more after a failure."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest

from shared.streams.batches import Row
from shared.streams.lanes import Lanes
from tests.support.eventually import eventually

_ROWS: list[Row] = [(b"k", str(number).encode(), []) for number in range(12)]


class _Batch:
    def __init__(self) -> None:
        self.values: list[bytes | None] = []
        self.closed = False

    def append(self, *, key: bytes | None, value: bytes | None, timestamp: None, headers: Any) -> object | None:
        if len(self.values) == 5:
            return None
        self.values.append(value)
        return object()

    def close(self) -> None:
        self.closed = True


class _Client:
    """Takes a batch of a partition only when it is let."""

    def __init__(self) -> None:
        self.gates: dict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.batches: dict[int, list[list[bytes | None]]] = defaultdict(list)
        self.problem: Exception | None = None

    def create_batch(self) -> _Batch:
        return _Batch()

    async def send_batch(self, batch: _Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        assert batch.closed
        await self.gates[partition].wait()
        if self.problem is not None:
            raise self.problem
        self.batches[partition].append(batch.values)
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        return sent


def _values(rows: list[Row]) -> list[bytes | None]:
    return [value for _, value, _ in rows]


async def test_a_slow_partition_holds_up_no_other() -> None:
    client = _Client()
    lanes = Lanes(lambda: client, lambda _: None)
    client.gates[1].set()

    lanes.put("t", 0, _ROWS[:1])
    lanes.put("t", 1, _ROWS[1:2])

    await eventually(lambda: client.batches[1] == [_values(_ROWS[1:2])])
    assert client.batches[0] == []
    lanes.close()


async def test_what_comes_while_the_client_has_enough_goes_together_in_order() -> None:
    client = _Client()
    lanes = Lanes(lambda: client, lambda _: None)
    lanes.put("t", 0, _ROWS[:1])
    await eventually(lambda: 0 in client.gates)
    for row in _ROWS[1:]:
        lanes.put("t", 0, [row])
    client.gates[0].set()

    handed = await lanes.handed()

    assert client.batches[0] == [_values(_ROWS[:1]), _values(_ROWS[1:6]), _values(_ROWS[6:11]), _values(_ROWS[11:])]
    assert [row for one in handed for row in one.rows] == _ROWS
    assert await lanes.handed() == []


async def test_whoever_asks_waits_for_all_rows_put_so_far_and_for_no_more() -> None:
    client = _Client()
    lanes = Lanes(lambda: client, lambda _: None)
    lanes.put("t", 0, _ROWS[:1])
    asked = asyncio.create_task(lanes.handed())
    await eventually(lambda: 0 in client.gates)
    assert not asked.done()

    client.gates[0].set()

    assert [row for one in await asked for row in one.rows] == _ROWS[:1]


async def test_a_lane_that_failed_says_so_and_takes_nothing_further() -> None:
    client, told = _Client(), list[BaseException]()
    lanes = Lanes(lambda: client, told.append)
    client.problem = TimeoutError("no answer")
    client.gates[0].set()
    lanes.put("t", 0, _ROWS[:1])
    with pytest.raises(TimeoutError, match="no answer"):
        await lanes.handed()
    assert told == [client.problem]

    client.problem = None
    lanes.put("t", 0, _ROWS[1:2])

    with pytest.raises(TimeoutError, match="no answer"):
        await lanes.handed()
    assert client.batches[0] == []


async def test_whoever_puts_too_much_waits_until_it_moves() -> None:
    client = _Client()
    lanes = Lanes(lambda: client, lambda _: None)
    lanes.put("t", 0, _ROWS * 1000)
    waiting = asyncio.create_task(lanes.room())
    await eventually(lambda: 0 in client.gates)
    assert not waiting.done()

    client.gates[0].set()

    await asyncio.wait_for(waiting, 30)
    lanes.close()
