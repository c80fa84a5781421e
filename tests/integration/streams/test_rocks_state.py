"""Local rows in RocksDB: kill -9 in the middle of writes, another changelog, a broken file, a second process."""

import asyncio
import sys
from pathlib import Path

import pytest

from shared.streams.local_state import LocalStateFailed
from shared.streams.rocks_state import RocksState
from tests.support.eventually import eventually

_ORIGIN = "cluster/changelog/4"
_WRITER = """
import sys
from pathlib import Path
from shared.streams.rocks_state import RocksState
state = RocksState.open(Path(sys.argv[1]), sys.argv[2])
number = -1 if state.offset(0) is None else state.offset(0)
while True:
    number += 1
    state.write(0, [(b"%d" % n, b"%d" % number) for n in range(50)], number)
    if number % 1000 == 0:
        print(number, flush=True)
"""


async def test_kill_9_in_the_middle_of_writes_leaves_rows_and_offset_together(tmp_path: Path) -> None:
    last = -1
    for _ in range(3):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WRITER, str(tmp_path / "state"), _ORIGIN, stdout=asyncio.subprocess.PIPE
        )
        assert writer.stdout is not None
        told = int(await asyncio.wait_for(writer.stdout.readline(), 60))
        writer.kill()
        await writer.wait()

        state = RocksState.open(tmp_path / "state", _ORIGIN)
        offset = state.offset(0)
        rows = dict(row for some in state.rows(0) for row in some)
        state.close()
        assert offset is not None
        assert offset >= told > last
        assert rows == {b"%d" % n: b"%d" % offset for n in range(50)}
        last = offset


def test_rows_of_another_changelog_are_deleted(tmp_path: Path) -> None:
    state = RocksState.open(tmp_path / "state", _ORIGIN)
    state.write(0, [(b"a", b"1")], 5)
    state.close()

    other = RocksState.open(tmp_path / "state", "another cluster/changelog/4")

    assert other.offset(0) is None
    assert [row for some in other.rows(0) for row in some] == []
    other.close()


def test_a_database_that_cannot_be_opened_is_deleted(tmp_path: Path) -> None:
    state = RocksState.open(tmp_path / "state", _ORIGIN)
    state.write(0, [(b"a", b"1")], 5)
    state.close()
    (tmp_path / "state/CURRENT").write_text("nonsense")

    anew = RocksState.open(tmp_path / "state", _ORIGIN)

    assert anew.offset(0) is None
    anew.write(0, [(b"a", b"2")], 6)
    assert anew.offset(0) == 6
    anew.close()


def test_a_block_that_is_broken_is_told_rather_than_passed_over(tmp_path: Path) -> None:
    state = RocksState.open(tmp_path / "state", _ORIGIN)
    state.write(0, [(b"%06d" % n, b"row of some length" * 10) for n in range(20_000)], 5)
    state.close()
    tables = sorted((tmp_path / "state").glob("*.sst"), key=lambda file: file.stat().st_size)
    assert tables
    raw = bytearray(tables[-1].read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 200] = bytes(200)
    tables[-1].write_bytes(raw)

    broken = RocksState.open(tmp_path / "state", _ORIGIN)
    with pytest.raises(LocalStateFailed):
        _ = [row for some in broken.rows(0) for row in some]
    broken.discard(0)
    assert broken.offset(0) is None
    broken.close()


async def test_a_folder_that_another_process_has_is_left_alone(tmp_path: Path) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, str(tmp_path / "state"), _ORIGIN, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert writer.stdout is not None
        assert await asyncio.wait_for(writer.stdout.readline(), 60) == b"0\n"
        with pytest.raises(LocalStateFailed, match=r"(?i)lock"):
            RocksState.open(tmp_path / "state", _ORIGIN)
        assert await asyncio.wait_for(writer.stdout.readline(), 60) == b"1000\n"
    finally:
        writer.kill()
        await writer.wait()
    await eventually(lambda: _can_be_opened(tmp_path / "state"), within=30)


async def _can_be_opened(folder: Path) -> bool:
    try:
        RocksState.open(folder, _ORIGIN).close()
    except LocalStateFailed:
        return False
    return True
