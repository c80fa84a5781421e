"""Whatever the broker repeats or reorders: each event is applied exactly once, in order."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.reactions.inbox import Record
from shared.reactions.lanes import Lanes
from tests.support.jar_records import Counting, record
from tests.support.jars import JARS
from tests.support.memory_inbox import MemoryInbox

SUBJECTS = "ab"
LENGTH = 6


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Every event of every subject at least once, repeated and in any order."""
    events = [(subject, number) for subject in SUBJECTS for number in range(1, LENGTH + 1)]
    repeats = draw(st.lists(st.sampled_from(events), max_size=12))
    return list(draw(st.permutations(events + repeats)))


@settings(max_examples=150, deadline=None)
@given(
    deliveries=deliveries(),
    shared_key=st.booleans(),
    cuts=st.sets(st.integers(1, 24), max_size=5),
    restarts=st.sets(st.integers(0, 24), max_size=3),
)
def test_each_event_is_applied_once_and_in_order(
    deliveries: list[tuple[str, int]], shared_key: bool, cuts: set[int], restarts: set[int]
) -> None:
    """`cuts`: where batches end; `restarts`: after which of them the process is another, that is given the last batch
    once more."""
    asyncio.run(deliver(deliveries, "k" if shared_key else None, sorted(cuts), restarts))


async def deliver(deliveries: list[tuple[str, int]], key: str | None, cuts: list[int], restarts: set[int]) -> None:
    inbox, counting = MemoryInbox(), Counting()

    async def owner() -> Lanes:
        lanes = Lanes(counting.subscription(), JARS.name, 0, inbox, no_dead_letters)
        await lanes.open()
        return lanes

    log = [record(offset, subject, number, key=key) for offset, (subject, number) in enumerate(deliveries)]
    lanes = await owner()
    for start, end in zip([0, *cuts], [*cuts, len(log)], strict=True):
        await lanes.process(log[start:end])
        if end in restarts:
            lanes = await owner()
            await lanes.resume_parked()
            await lanes.process(log[start:end])

    for subject in SUBJECTS:
        assert counting.of(subject) == list(range(1, LENGTH + 1))
    assert lanes.parked_keys == 0


async def no_dead_letters(record: Record, error: str) -> None:
    raise AssertionError(f"{record.offset}: {error}")
