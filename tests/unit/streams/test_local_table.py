"""When rows on this machine follow the changelog, and when they stay where they are."""

from collections.abc import Iterable

from shared.streams.local_state import LocalStateFailed, LocalTable, TableRow
from tests.support.memory_state import MemoryState


def _resumed(table: LocalTable, earliest: int, end: int, partition: int = 0) -> tuple[int | None, dict[bytes, bytes]]:
    at, rows = table.resume(partition, earliest, end)
    return at, dict(row for some in rows for row in some)


def test_without_a_state_all_comes_from_the_changelog() -> None:
    table = LocalTable(None)
    assert _resumed(table, 0, 5) == (None, {})
    table.read_back(0, [(b"a", b"1")], 4)
    table.written(0, [(b"a", b"2")], 5)
    assert _resumed(table, 0, 6) == (None, {})


def test_a_restart_goes_on_where_the_broker_had_the_last_row() -> None:
    state = MemoryState()
    table = LocalTable(state)
    assert _resumed(table, 0, 3) == (-1, {})
    table.read_back(0, [(b"a", b"1"), (b"b", b"1")], 2)
    table.written(0, [(b"a", b"2")], 3)

    assert _resumed(LocalTable(state), 0, 9) == (3, {b"a": b"2", b"b": b"1"})


def test_what_lies_beyond_the_end_or_before_the_start_of_the_changelog_is_discarded() -> None:
    for earliest, end in ((0, 5), (7, 9)):
        state = MemoryState()
        state.write(0, [(b"a", b"1")], 5)

        assert _resumed(LocalTable(state), earliest, end) == (earliest - 1, {})
        assert state.offset(0) is None


def test_the_last_record_of_the_changelog_and_the_one_before_its_first_fit() -> None:
    for earliest, end in ((0, 6), (6, 9)):
        state = MemoryState()
        state.write(0, [(b"a", b"1")], 5)

        assert _resumed(LocalTable(state), earliest, end) == (5, {b"a": b"1"})


def test_a_record_of_another_writer_between_ours_stops_the_following() -> None:
    state = MemoryState()
    table = LocalTable(state)
    _resumed(table, 0, 0)
    table.written(0, [(b"a", b"1")], 0)

    table.written(0, [(b"a", b"3")], 2)
    table.written(0, [(b"a", b"4")], 3)

    assert _resumed(LocalTable(state), 0, 4) == (0, {b"a": b"1"})


def test_what_is_read_back_again_takes_nothing_back() -> None:
    state = MemoryState()
    table = LocalTable(state)
    _resumed(table, 0, 0)
    table.written(0, [(b"a", b"1"), (b"a", b"2")], 0)

    table.read_back(0, [(b"a", b"1")], 0)

    assert _resumed(LocalTable(state), 0, 2) == (1, {b"a": b"2"})


def test_rows_are_discarded_where_the_broker_gives_a_place_a_second_time() -> None:
    state = MemoryState()
    table = LocalTable(state)
    _resumed(table, 0, 0)
    table.written(0, [(b"a", b"1"), (b"b", b"1")], 0)

    table.written(0, [(b"a", b"2")], 1)
    table.written(0, [(b"a", b"3")], 2)

    assert state.offset(0) is None
    assert _resumed(LocalTable(state), 0, 3) == (-1, {})


def test_after_a_rebalance_a_partition_that_stayed_goes_on_and_one_that_came_back_is_read_again() -> None:
    state = MemoryState()
    table = LocalTable(state)
    for partition in (0, 1):
        _resumed(table, 0, 0, partition)
        table.written(partition, [(b"a", b"1")], 0)

    table.forget(1)
    table.written(1, [(b"a", b"late")], 1)  # acknowledged after the partition had gone

    assert _resumed(table, 0, 9, 0) == (0, {})
    assert _resumed(table, 0, 9, 1) == (0, {b"a": b"1"})


def test_a_partition_whose_rows_were_discarded_is_read_from_the_start_though_it_stays_through_a_rebalance() -> None:
    """Read on from where Faust was, the rows on disk would claim to stand for all that they lack."""
    state = MemoryState()
    state.write(0, [(b"old", b"1")], 3)
    table = LocalTable(state)
    assert _resumed(table, 2, 4) == (3, {b"old": b"1"})
    table.written(0, [(b"a", b"1")], 3)  # a place that was taken
    assert state.offset(0) is None

    assert _resumed(table, 2, 5) == (1, {})
    table.read_back(0, [(b"old", b"1"), (b"a", b"1"), (b"b", b"1")], 4)

    assert _resumed(LocalTable(state), 2, 5) == (4, {b"old": b"1", b"a": b"1", b"b": b"1"})


def test_a_failing_disk_ends_the_keeping_and_nothing_else() -> None:
    class Full(MemoryState):
        def write(self, partition: int, rows: Iterable[TableRow], offset: int) -> None:
            raise LocalStateFailed("no space left")

    table = LocalTable(Full())
    _resumed(table, 0, 0)
    table.written(0, [(b"a", b"1")], 0)
    table.written(0, [(b"a", b"2")], 1)

    assert _resumed(table, 0, 2) == (None, {})
    table.close()
