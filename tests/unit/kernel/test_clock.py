"""Business time is aware, shared where it is stepped, and never goes back."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from shared.kernel.clock import FileClock, SteppedClock, SystemClock, clock_from

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_stepped_clock_stands_still_until_it_is_moved() -> None:
    clock = SteppedClock(NOON)
    assert clock.now() == clock.now() == NOON

    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    clock.move_to(NOON + timedelta(days=1))
    assert clock.now() == datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def test_business_time_never_goes_back(tmp_path: Path) -> None:
    stepped, shared = SteppedClock(NOON), FileClock.create(tmp_path / "clock", NOON)
    for clock in (stepped, shared):
        with pytest.raises(ValueError, match="never goes back"):
            clock.move_to(NOON - timedelta(microseconds=1))
        clock.move_to(NOON)
        assert clock.now() == NOON


def test_an_instant_without_a_zone_is_refused(tmp_path: Path) -> None:
    naive = datetime(2026, 3, 3, 12, 0)  # noqa: DTZ001 - the point of it
    with pytest.raises(ValueError, match="aware"):
        SteppedClock(naive)
    with pytest.raises(ValueError, match="aware"):
        FileClock.create(tmp_path / "clock", naive)
    for clock in (SteppedClock(NOON), FileClock.create(tmp_path / "clock", NOON)):
        with pytest.raises(ValueError, match="aware"):
            clock.move_to(naive)


def test_an_instant_of_another_zone_is_told_in_utc(tmp_path: Path) -> None:
    shanghai = datetime(2026, 3, 2, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    for clock in (SteppedClock(shanghai), FileClock.create(tmp_path / "clock", shanghai)):
        assert (clock.now(), clock.now().utcoffset()) == (NOON, timedelta(0))


def test_a_file_clock_is_one_for_all_processes(tmp_path: Path) -> None:
    driver = FileClock.create(tmp_path / "clock", NOON)
    program = (
        "import sys; from pathlib import Path; from shared.kernel.clock import FileClock;"
        "clock = FileClock(Path(sys.argv[1])); print(clock.now().isoformat(), flush=True);"
        "sys.stdin.readline(); print(clock.now().isoformat())"
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(tmp_path / "clock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdin and reader.stdout
        assert reader.stdout.readline().strip() == "2026-03-02T12:00:00+00:00"
        driver.move_to(NOON + timedelta(days=14, microseconds=1))
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline().strip() == "2026-03-16T12:00:00.000001+00:00"


def test_which_clock_runs_follows_from_the_settings(tmp_path: Path) -> None:
    FileClock.create(tmp_path / "clock", NOON)

    assert clock_from(tmp_path / "clock").now() == NOON
    system = clock_from(None)
    assert isinstance(system, SystemClock)
    assert abs(system.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert system.now().utcoffset() == timedelta(0)
