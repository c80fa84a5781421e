"""What another process is left with, and an inbox out of reach: nothing is lost and nobody is left waiting."""

from collections.abc import Mapping, Sequence

import pytest

from shared.kernel.failures import Transient
from shared.reactions.inbox import Parked, Record
from tests.support.jar_records import GROUP, record
from tests.support.jars import JARS
from tests.support.lanes import Bench
from tests.support.memory_inbox import MemoryInbox


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_restart_knows_what_is_parked(bench: Bench) -> None:
    bench.reaction.raises["a/1"] = [ValueError("a bug")]
    await bench.process(record(0, "a", 1))
    await bench.restart()

    assert bench.lanes.parked_keys == 1
    # The broker gives the parked one again, because the offset was not committed, and something new.
    await bench.process(record(0, "a", 1), record(1, "a", 2), record(2, "b", 1))

    assert bench.reaction.applied == [("b", 1)]
    assert await bench.parked() == [(0, "failed"), (1, "behind")]


async def test_a_crash_after_a_gap_was_filled_leaves_nobody_waiting(bench: Bench) -> None:
    await bench.process(record(0, "a", 2), record(1, "a", 3))
    # Killed after the missing one was applied, before those that waited for it were.
    await bench.inbox.advance(GROUP, {f"{JARS.name}|a": 1})
    await bench.restart()
    await bench.lanes.resume_parked()

    assert bench.reaction.of("a") == [2, 3]
    assert bench.lanes.parked_keys == 0


async def test_a_crash_while_a_key_goes_on_leaves_nobody_waiting(bench: Bench) -> None:
    await bench.inbox.advance(GROUP, {f"{JARS.name}|a": 1})
    # The first of the queue was applied and released; the rest only followed it.
    await bench.inbox.park(GROUP, [Parked(record(n, "a", n), "behind", "") for n in (2, 3)])
    await bench.restart()
    await bench.lanes.resume_parked()

    assert bench.reaction.of("a") == [2, 3]


class Fails(MemoryInbox):
    """Fails the first `times` calls of each of `calls`, after or before doing them."""

    def __init__(self, calls: Sequence[str], times: int = 2, *, done: bool) -> None:
        super().__init__()
        self._left = dict.fromkeys(calls, times)
        self._done = done

    def _fails(self, call: str, *, now: bool) -> None:
        if now == self._done and self._left.get(call, 0):
            self._left[call] -= 1
            raise Transient(call)

    async def positions(self, group: str, sources: Sequence[str]) -> Mapping[str, int]:
        self._fails("positions", now=self._done)
        return await super().positions(group, sources)

    async def advance(self, group: str, positions: Mapping[str, int]) -> None:
        self._fails("advance", now=False)
        await super().advance(group, positions)
        self._fails("advance", now=True)

    async def park(self, group: str, records: Sequence[Parked]) -> None:
        self._fails("park", now=False)
        await super().park(group, records)
        self._fails("park", now=True)

    async def release(self, group: str, records: Sequence[Record]) -> None:
        self._fails("release", now=False)
        await super().release(group, records)
        self._fails("release", now=True)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("call", ["positions", "advance", "park", "release"])
async def test_an_inbox_out_of_reach_delays_and_loses_nothing(call: str, done: bool) -> None:
    bench = Bench(Fails([call], done=done))
    await bench.process(record(0, "a", 1), record(1, "a", 3), record(2, "b", 1), record(3, "a", 4))
    assert await bench.position("b") == 1
    await bench.process(record(4, "a", 2))
    for _ in range(3):
        await bench.lanes.resume_parked()

    assert (bench.reaction.of("a"), bench.reaction.of("b")) == ([1, 2, 3, 4], [1])
    assert await bench.position("a") == 4
    assert (await bench.parked(), bench.lanes.parked_keys) == ([], 0)


async def test_an_unexpected_failure_of_the_inbox_is_not_swallowed(bench: Bench) -> None:
    class Broken(MemoryInbox):
        async def park(self, group: str, records: Sequence[Parked]) -> None:
            raise RuntimeError("a bug of ours")

    broken = Bench(Broken())
    with pytest.raises(RuntimeError, match="a bug of ours"):
        await broken.process(record(0, "a", 2), record(1, "b", 1))
    # What was done beside it is durable all the same.
    assert await broken.position("b") == 1
