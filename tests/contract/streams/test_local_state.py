"""What every `LocalState` keeps: rows and the offset that they stand for, together, by partition."""

from pathlib import Path

import pytest

from shared.streams.local_state import ROWS_AT_ONCE, LocalState, TableRow
from shared.streams.rocks_state import RocksState
from tests.support.memory_state import MemoryState


@pytest.fixture(params=["memory", "rocks"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> LocalState:
    return MemoryState() if request.param == "memory" else RocksState.open(tmp_path / "state", "cluster/changelog/4")


def _all(state: LocalState, partition: int) -> dict[bytes, bytes]:
    found: list[TableRow] = [row for rows in state.rows(partition) for row in rows]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_a_partition_of_which_nothing_was_written_has_no_offset_and_no_rows(state: LocalState) -> None:
    assert state.offset(3) is None
    assert _all(state, 3) == {}


def test_a_later_row_of_a_key_replaces_an_earlier_one_also_in_one_write(state: LocalState) -> None:
    state.write(0, [(b"a", b"1"), (b"b", b"1"), (b"a", b"2")], 2)
    state.write(0, [(b"b", b"3")], 3)

    assert state.offset(0) == 3
    assert _all(state, 0) == {b"a": b"2", b"b": b"3"}


def test_an_offset_can_rise_without_rows(state: LocalState) -> None:
    state.write(0, [(b"a", b"1")], 0)
    state.write(0, [], 7)

    assert (state.offset(0), _all(state, 0)) == (7, {b"a": b"1"})


def test_partitions_keep_apart_whatever_bytes_are_in_a_key(state: LocalState) -> None:
    keys = [b"", b"\x00", b"\xff" * 5, "案件|1".encode()]
    for partition in (0, 1, 255, 256):
        state.write(partition, [(key, b"%d" % partition) for key in keys], partition)

    state.discard(255)

    assert state.offset(255) is None
    assert _all(state, 255) == {}
    for partition in (0, 1, 256):
        assert state.offset(partition) == partition
        assert _all(state, partition) == dict.fromkeys(keys, b"%d" % partition)


def test_all_rows_come_back_where_they_are_many(state: LocalState) -> None:
    many = {b"%07d" % number: b"row" for number in range(2 * ROWS_AT_ONCE + 1)}
    state.write(0, many.items(), 1)

    assert _all(state, 0) == many
