"""Windows cover all of time once, in order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.complaints.records.windows import Range, newest_first, oldest_first

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BEFORE = [NOW - timedelta(hours=hours) for hours in (0, 0.5, 1, 4, 5, 21, 100, 1000, 3000, 5461, 20_000, 200_000)]
AFTER = [NOW + timedelta(hours=hours) for hours in (0.5, 1, 4, 5, 21, 100, 1000, 3000, 5461, 20_000, 200_000)]


def holds(window: Range, instant: datetime) -> bool:
    return (
        ("$gte" not in window or instant >= window["$gte"])
        and ("$lt" not in window or instant < window["$lt"])
        and ("$lte" not in window or instant <= window["$lte"])
    )


def where(windows: Sequence[Range], instant: datetime) -> int:
    """The number of the one window that holds it."""
    [number] = [number for number, window in enumerate(windows) if holds(window, instant)]
    return number


def test_from_now_back_each_instant_is_in_one_window_and_earlier_ones_come_later() -> None:
    windows = list(newest_first(NOW, to_the_end=True))
    found = [where(windows, instant) for instant in (*reversed(AFTER), *BEFORE)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == len(windows) - 1


def test_a_page_that_follows_has_nothing_later_than_its_start() -> None:
    windows = list(newest_first(NOW, to_the_end=False))
    assert where(windows, NOW) == 0
    assert not any(holds(window, AFTER[0]) for window in windows)


def test_the_first_instants_of_all_are_in_one_window_too() -> None:
    for start in (datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC) + timedelta(hours=7)):
        assert where(list(newest_first(start, to_the_end=False)), datetime.min.replace(tzinfo=UTC)) >= 0


def test_from_the_oldest_on_each_instant_is_in_one_window_and_later_ones_come_later() -> None:
    windows = list(oldest_first(NOW))
    found = [where(windows, instant) for instant in (*reversed(BEFORE), *AFTER)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == len(windows) - 1


@pytest.mark.parametrize("windows", [list(newest_first(NOW, to_the_end=True))[1:-1], list(oldest_first(NOW))[1:-1]])
def test_all_but_the_ends_are_bounded(windows: Sequence[Range]) -> None:
    assert all(set(window) == {"$gte", "$lt"} for window in windows)
