"""One partition, one key strictly in order, failures told apart."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from shared.kernel.failures import Transient
from shared.reactions.inbox import Parked, Record
from shared.reactions.lanes import Lanes
from tests.support.jar_records import GROUP, newer, obsolete, of_another_type, record, unreadable
from tests.support.jars import JARS
from tests.support.lanes import Bench


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
