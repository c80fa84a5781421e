"""One partition, one key strictly in order, failures told apart."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from shared.kernel.failures import Transient
from shared.reactions.inbox import Parked, Record
from shared.reactions.lanes import Lanes
from tests.support.jar_records import GROUP, Counting, newer, obsolete, of_another_type, record, unreadable
from tests.support.jars import JARS
from tests.support.memory_inbox import MemoryInbox


class Bench:
    """Lanes on an inbox; `restart` is what a new process has: the inbox and nothing else."""

    def __init__(self, inbox: MemoryInbox | None = None, *, ordering: str = "sequenced") -> None:
        self.inbox = inbox or MemoryInbox()
        self.reaction = Counting()
        self.dead: list[tuple[int, str]] = []
        self.dead_letters_fail = 0
        counting = self.reaction
        self._subscription = counting.subscription() if ordering == "sequenced" else counting.idempotent()
        self.lanes = self._new()

    def _new(self) -> Lanes:
        return Lanes(self._subscription, JARS.name, 0, self.inbox, self._dead_letter, first_delay_seconds=0.001)

    async def restart(self) -> None:
        self.lanes = self._new()
        await self.lanes.open()

    async def process(self, *records: Record) -> None:
        await self.lanes.process(records)

    async def _dead_letter(self, record: Record, error: str) -> None:
        if self.dead_letters_fail:
            self.dead_letters_fail -= 1
            raise Transient("broker away")
        self.dead.append((record.offset, error))

    async def parked(self) -> list[tuple[int, str]]:
        return [(p.record.offset, p.reason) for p in await self.inbox.parked(GROUP, JARS.name, 0)]

    async def decide(self, offset: int, verdict: str) -> None:
        assert verdict in ("retry", "discard")
        assert await self.inbox.decide(f"{GROUP}|{JARS.name}|0|{offset}", verdict)  # type: ignore[arg-type]

    async def position(self, subject: str) -> int:
        source = f"{JARS.name}|{subject}"
        return (await self.inbox.positions(GROUP, [source])).get(source, 0)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("ipp_reactions_total", {"group": GROUP, "result": result}) or 0.0


# --- Order, repeats and gaps -----------------------------------------------------------------------------------------


async def test_records_are_applied_in_order_and_positions_are_durable(bench: Bench) -> None:
    await bench.process(record(0, "a", 1), record(1, "b", 1), record(2, "a", 2), record(3, "b", 2))

    assert bench.reaction.of("a") == bench.reaction.of("b") == [1, 2]
    assert (await bench.position("a"), await bench.position("b")) == (2, 2)


async def test_keys_are_handled_side_by_side(bench: Bench) -> None:
    waiting, all_there = 0, asyncio.Event()
    filled = bench.reaction.filled

    async def handler(message: object) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 3:
            all_there.set()
        await all_there.wait()
        await filled(message)  # type: ignore[arg-type]

    bench.reaction.filled = handler  # type: ignore[method-assign]
    lanes = Lanes(bench.reaction.subscription(), JARS.name, 0, bench.inbox, bench._dead_letter)
    async with asyncio.timeout(5):
        await lanes.process([record(n, subject, 1) for n, subject in enumerate("abc")])


async def test_repeats_are_dropped(bench: Bench) -> None:
    await bench.process(record(0, "a", 1), record(1, "a", 1), record(2, "a", 2))
    await bench.restart()
    await bench.process(record(1, "a", 1), record(2, "a", 2), record(3, "a", 3))

    assert bench.reaction.of("a") == [1, 2, 3]


async def test_a_gap_waits_and_goes_on_by_itself_when_filled(bench: Bench) -> None:
    await bench.process(record(0, "a", 1), record(1, "a", 3), record(2, "a", 4), record(3, "b", 1))
    assert await bench.parked() == [(1, "gap"), (2, "behind")]
    assert (bench.reaction.of("a"), bench.reaction.of("b")) == ([1], [1])

    await bench.process(record(4, "a", 2), record(5, "a", 5))

    assert bench.reaction.of("a") == [1, 2, 3, 4, 5]
    assert await bench.parked() == []
    assert bench.lanes.parked_keys == 0
    assert await bench.position("a") == 5


async def test_a_gap_that_is_filled_in_part_goes_on_in_part(bench: Bench) -> None:
    await bench.process(record(0, "a", 2), record(1, "a", 4))

    await bench.process(record(2, "a", 1))

    assert bench.reaction.of("a") == [1, 2]
    assert await bench.parked() == [(1, "gap")]
    await bench.process(record(3, "a", 3))
    assert bench.reaction.of("a") == [1, 2, 3, 4]


async def test_predecessors_that_come_in_reverse_go_on_in_order(bench: Bench) -> None:
    await bench.process(record(0, "a", 4), record(1, "a", 3), record(2, "a", 2), record(3, "a", 1))

    assert bench.reaction.of("a") == [1, 2, 3, 4]
    assert await bench.parked() == []

    await bench.process(*(record(4 + n, "b", number) for n, number in enumerate([5, 3, 4, 2, 1])))
    assert bench.reaction.of("b") == [1, 2, 3, 4, 5]


async def test_a_gap_of_one_subject_holds_its_key_and_no_other_subject_fills_it(bench: Bench) -> None:
    await bench.process(record(0, "a", 2, key="k"), record(1, "b", 1, key="k"))
    assert await bench.parked() == [(0, "gap"), (1, "behind")]

    await bench.process(record(2, "a", 1, key="k"))

    assert bench.reaction.applied == [("a", 1), ("a", 2), ("b", 1)]


async def test_a_failed_predecessor_is_before_what_waits_for_it(bench: Bench) -> None:
    """The late one fails and is parked itself: an operator who lets it go on must reach it."""
    bench.reaction.raises["a/1"] = [ValueError("no")]
    await bench.process(record(0, "a", 2), record(1, "a", 1))
    assert await bench.parked() == [(0, "gap"), (1, "failed")]

    await bench.decide(1, "retry")
    await bench.lanes.resume_parked()

    assert bench.reaction.of("a") == [1, 2]


async def test_where_the_source_does_not_count_every_record_is_handled() -> None:
    bench = Bench(ordering="idempotent")
    await bench.process(record(0, "a", 7), record(1, "a", 7), record(2, "a", 3))

    assert bench.reaction.of("a") == [7, 7, 3]
    assert await bench.position("a") == 0


# --- Failures told apart ---------------------------------------------------------------------------------------------


async def test_what_was_overtaken_is_counted_and_passed(bench: Bench) -> None:
    before = counted("obsolete")
    bench.reaction.raises["a/1"] = [obsolete()]

    await bench.process(record(0, "a", 1), record(1, "a", 2))

    assert bench.reaction.of("a") == [2]
    assert counted("obsolete") == before + 1
    assert (await bench.position("a"), await bench.parked()) == (2, [])


async def test_what_cannot_be_read_is_a_dead_letter_and_its_key_flows(bench: Bench) -> None:
    before = counted("dead-letter")
    await bench.process(unreadable(0), record(1, "a", 1))

    assert [offset for offset, _ in bench.dead] == [0]
    assert bench.reaction.of("a") == [1]
    assert counted("dead-letter") == before + 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"specversion":"1.0"}',
        b'{"specversion":"0.3"}',
        b'{"specversion":"1.0","sequence":1e400,"data":{}}',
        b'{"specversion":"1.0","sequence":"\xc2\xb2","data":{}}',
    ],
)
@pytest.mark.parametrize("headers", [(), (("ce_sequence", "²".encode()), ("ce_subject", b"a"))])
async def test_no_bytes_stop_the_consumer(
    bench: Bench, value: bytes | None, headers: tuple[tuple[str, bytes], ...]
) -> None:
    await bench.process(Record(JARS.name, 0, 0, b"a", headers, value), record(1, "a", 1))

    assert [offset for offset, _ in bench.dead] == [0]
    assert bench.reaction.of("a") == [1]


async def test_data_that_does_not_fit_is_a_dead_letter_and_what_counts_on_it_waits(bench: Bench) -> None:
    good = record(0, "a", 1)
    await bench.process(
        replace(good, value=(good.value or b"").replace(b'"coins":1', b'"coins":"x"')), record(1, "a", 2)
    )

    assert [offset for offset, _ in bench.dead] == [0]
    assert await bench.parked() == [(1, "gap")]
    # It is sent again, readable: the key goes on.
    await bench.process(record(2, "a", 1))
    assert bench.reaction.of("a") == [1, 2]


async def test_a_dead_letter_that_cannot_be_sent_is_sent_later_and_counts_once(bench: Bench) -> None:
    before = counted("dead-letter")
    bench.dead_letters_fail = 2
    await bench.process(unreadable(0), record(1, "a", 1))

    assert ([offset for offset, _ in bench.dead], counted("dead-letter")) == ([0], before + 1)
    assert bench.reaction.of("a") == [1]


async def test_a_passing_failure_is_tried_again_and_loses_and_reorders_nothing(bench: Bench) -> None:
    bench.reaction.raises = {"a/2": [Transient("away")] * 3, "b/1": [Transient("away")]}

    await bench.process(*(record(n, "ab"[n % 2], n // 2 + 1) for n in range(8)))

    assert bench.reaction.of("a") == bench.reaction.of("b") == [1, 2, 3, 4]
    assert await bench.position("a") == 4


async def test_any_other_failure_parks_the_key_with_all_that_follows_and_the_rest_flows(bench: Bench) -> None:
    bench.reaction.raises["a/2"] = [ValueError("a bug")]

    await bench.process(*(record(n, "ab"[n % 2], n // 2 + 1) for n in range(8)))

    assert (bench.reaction.of("a"), bench.reaction.of("b")) == ([1], [1, 2, 3, 4])
    assert await bench.parked() == [(2, "failed"), (4, "behind"), (6, "behind")]
    assert (await bench.position("a"), bench.lanes.parked_keys) == (1, 1)
    [first, *_] = await bench.inbox.parked(GROUP, JARS.name, 0)
    assert first.detail == "ValueError: a bug"


async def test_a_newer_version_parks_its_key_until_a_build_that_knows_it(bench: Bench) -> None:
    await bench.process(record(0, "a", 1), newer(1, "a", 2), record(2, "a", 3))
    assert await bench.parked() == [(1, "newer-version"), (2, "behind")]

    await bench.restart()
    await bench.lanes.resume_parked()
    assert await bench.parked() == [(1, "newer-version"), (2, "behind")]

    # The next build reads it: here, the record that the old one parked is read as though it were.
    await bench.inbox.release(GROUP, [newer(1, "a", 2)])
    await bench.inbox.park(GROUP, [Parked(record(1, "a", 2), "newer-version", "")])
    await bench.restart()
    await bench.lanes.resume_parked()
    assert bench.reaction.of("a") == [1, 2, 3]


async def test_a_type_nobody_asked_for_is_passed_over_unread_and_counts(bench: Bench) -> None:
    unread = replace(of_another_type(1, "a", 2), value=b"not even json")

    await bench.process(record(0, "a", 1), unread, record(2, "a", 3))

    assert bench.reaction.of("a") == [1, 3]
    assert bench.dead == []
    assert await bench.position("a") == 3


async def test_records_without_headers_are_read_from_their_content(bench: Bench) -> None:
    await bench.process(
        replace(record(0, "a", 1), headers=()), replace(of_another_type(1, "a", 2), headers=()), record(2, "a", 3)
    )

    assert bench.reaction.of("a") == [1, 3]


# --- Verdicts --------------------------------------------------------------------------------------------------------


async def test_retry_goes_on_with_the_key_in_order(bench: Bench) -> None:
    bench.reaction.raises["a/1"] = [ValueError("a bug")]
    await bench.process(record(0, "a", 1), record(1, "a", 2))
    await bench.lanes.resume_parked()
    assert bench.reaction.of("a") == []

    await bench.decide(0, "retry")
    await bench.lanes.resume_parked()

    assert bench.reaction.of("a") == [1, 2]
    assert (await bench.parked(), bench.lanes.parked_keys) == ([], 0)
    await bench.process(record(2, "a", 3))
    assert bench.reaction.of("a") == [1, 2, 3]


async def test_a_retry_that_fails_again_spends_the_verdict(bench: Bench) -> None:
    bench.reaction.raises["a/1"] = [ValueError("first"), KeyError("second")]
    await bench.process(record(0, "a", 1), record(1, "a", 2))
    await bench.decide(0, "retry")
    await bench.lanes.resume_parked()
    await bench.lanes.resume_parked()

    [first, second] = await bench.inbox.parked(GROUP, JARS.name, 0)
    assert (first.verdict, first.detail) == ("", "KeyError: 'second'")
    assert second.reason == "behind"
    assert bench.reaction.of("a") == []


async def test_discard_passes_over_the_record_and_goes_on_with_the_rest(bench: Bench) -> None:
    bench.reaction.raises["a/1"] = [ValueError("a bug")]
    await bench.process(record(0, "a", 1), record(1, "a", 2))

    await bench.decide(0, "discard")
    await bench.lanes.resume_parked()

    assert bench.reaction.of("a") == [2]
    assert await bench.position("a") == 2


async def test_retry_on_a_gap_goes_on_without_the_predecessor(bench: Bench) -> None:
    await bench.process(record(0, "a", 3), record(1, "a", 4))

    await bench.decide(0, "retry")
    await bench.lanes.resume_parked()

    assert bench.reaction.of("a") == [3, 4]
    await bench.process(record(2, "a", 2), record(3, "a", 5))
    assert bench.reaction.of("a") == [3, 4, 5]


async def test_a_passing_failure_while_going_on_is_tried_at_the_next_look(bench: Bench) -> None:
    bench.reaction.raises["a/1"] = [ValueError("a bug")]
    bench.reaction.raises["a/3"] = [Transient("away")]
    await bench.process(*(record(n, "a", n + 1) for n in range(4)))
    await bench.decide(0, "retry")

    await bench.lanes.resume_parked()
    assert bench.reaction.of("a") == [1, 2]
    # Nobody decides about the third: it was only behind.
    await bench.lanes.resume_parked()

    assert bench.reaction.of("a") == [1, 2, 3, 4]
    assert await bench.parked() == []


async def test_what_is_sent_again_and_again_waits_once_behind_a_parked_key() -> None:
    """As an expired deadline is, every minute, for as long as its owner has not answered."""
    bench = Bench(ordering="idempotent")
    bench.reaction.raises["a/1"] = [ValueError("a bug")]
    await bench.process(record(0, "a", 1), record(1, "a", 2), record(2, "a", 1), record(3, "a", 2))
    await bench.restart()
    without_headers = replace(record(5, "a", 2), headers=())
    await bench.process(record(4, "a", 1), without_headers, record(6, "a", 3), record(7, "b", 2))
    assert await bench.parked() == [(0, "failed"), (1, "behind"), (6, "behind")]

    await bench.decide(0, "retry")
    await bench.lanes.resume_parked()
    assert bench.reaction.applied == [("b", 2), ("a", 1), ("a", 2), ("a", 3)]

    # Nothing waits any more: what comes now is handled, and parked anew where it fails.
    bench.reaction.raises["a/1"] = [ValueError("again")]
    await bench.process(record(8, "a", 1), record(9, "a", 1))
    assert await bench.parked() == [(8, "failed")]


# --- Restarts and failing inboxes ------------------------------------------------------------------------------------


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
