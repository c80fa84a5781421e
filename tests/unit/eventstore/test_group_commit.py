"""What many tasks ask at once goes out in one call, and each is told its own result."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.eventstore.group_commit import Coalescer
from shared.kernel.failures import Transient


class Doubling:
    """Answers twice the item. `gate` holds calls back; `fails` says what a call raises."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.transient: list[Exception] = []
        self.bad: set[int] = set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.calls.append(list(items))
        await self.gate.wait()
        if self.transient:
            raise self.transient.pop()
        if self.bad & set(items):
            raise ValueError("a bad item")
        return [item * 2 for item in items]


async def test_what_is_asked_together_is_one_call() -> None:
    doubling = Doubling()
    asking: Coalescer[int, int] = Coalescer(doubling)

    results = await asyncio.gather(*(asking.ask(n) for n in range(100)))

    assert results == [n * 2 for n in range(100)]
    assert doubling.calls == [list(range(100))]


async def test_what_comes_while_a_call_is_under_way_is_the_next_call_up_to_the_limit() -> None:
    doubling = Doubling()
    asking: Coalescer[int, int] = Coalescer(doubling, limit=3)
    doubling.gate.clear()
    first = asyncio.create_task(asking.ask(0))
    while not doubling.calls:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(asking.ask(n)) for n in range(1, 6)]
    await asyncio.sleep(0)
    doubling.gate.set()

    assert await asyncio.gather(first, *rest) == [0, 2, 4, 6, 8, 10]
    assert doubling.calls == [[0], [1, 2, 3], [4, 5]]


async def test_a_passing_failure_fails_all_that_wait_and_nothing_later() -> None:
    doubling = Doubling()
    asking: Coalescer[int, int] = Coalescer(doubling)
    doubling.transient = [Transient("away")]

    results = await asyncio.gather(*(asking.ask(n) for n in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [Transient] * 3
    assert await asking.ask(4) == 8


async def test_a_bad_item_fails_alone() -> None:
    doubling = Doubling()
    doubling.bad = {2}
    asking: Coalescer[int, int] = Coalescer(doubling)

    results = await asyncio.gather(*(asking.ask(n) for n in range(4)), return_exceptions=True)

    assert [results[0], results[1], results[3]] == [0, 2, 6]
    assert isinstance(results[2], ValueError)


async def test_a_call_that_answers_too_little_fails_rather_than_hangs() -> None:
    async def forgetful(items: Sequence[int]) -> Sequence[int]:
        return []

    asking: Coalescer[int, int] = Coalescer(forgetful)

    async with asyncio.timeout(5):
        results = await asyncio.gather(asking.ask(1), asking.ask(2), return_exceptions=True)
    assert [type(result) for result in results] == [RuntimeError] * 2


async def test_who_goes_away_harms_nobody_else() -> None:
    doubling = Doubling()
    asking: Coalescer[int, int] = Coalescer(doubling)
    doubling.gate.clear()
    in_call = [asyncio.create_task(asking.ask(n)) for n in range(3)]
    while not doubling.calls:
        await asyncio.sleep(0)
    queued = [asyncio.create_task(asking.ask(n)) for n in range(3, 6)]
    await asyncio.sleep(0)

    in_call[1].cancel()
    queued[1].cancel()
    await asyncio.sleep(0)
    doubling.gate.set()

    results = await asyncio.gather(*in_call, *queued, return_exceptions=True)
    assert [type(results[1]), type(results[4])] == [asyncio.CancelledError] * 2
    assert [results[0], results[2], results[3], results[5]] == [0, 4, 6, 10]
    # What had not been sent when its asker went away is not sent.
    assert doubling.calls == [[0, 1, 2], [3, 5]]


async def test_nothing_is_lost_among_many_tasks_that_come_and_go() -> None:
    doubling = Doubling()
    asking: Coalescer[int, int] = Coalescer(doubling, limit=7)

    async def some(start: int) -> list[int]:
        answers = []
        for n in range(start, start + 20):
            answers.append(await asking.ask(n))
            for _ in range(n % 3):
                await asyncio.sleep(0)
        return answers

    async with asyncio.timeout(10):
        results = await asyncio.gather(*(some(start * 100) for start in range(50)))

    assert results == [[n * 2 for n in range(start * 100, start * 100 + 20)] for start in range(50)]
    assert sum(len(call) for call in doubling.calls) == 1000


def test_nobody_waits_for_ever_when_the_loop_ends() -> None:
    async def never(items: Sequence[int]) -> Sequence[int]:
        await asyncio.Event().wait()
        return items

    async def main() -> asyncio.Task[int]:
        asking: Coalescer[int, int] = Coalescer(never)
        task = asyncio.create_task(asking.ask(1))
        await asyncio.sleep(0)
        return task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main()).result()
