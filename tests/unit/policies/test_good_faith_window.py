"""The Good Faith window: hand-worked month ends, and the day on which something leaves it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policies.good_faith import GoodFaithWindow, barred_until, first_day_outside, good_faith_window


@pytest.mark.parametrize(
    ("day", "after"),
    [
        (date(2026, 5, 31), date(2026, 2, 28)),  # clamped: February has no 31st
        (date(2024, 5, 31), date(2024, 2, 29)),  # a leap year
        (date(2026, 5, 28), date(2026, 2, 28)),
        (date(2026, 3, 31), date(2025, 12, 31)),
        (date(2026, 1, 15), date(2025, 10, 15)),
        (date(2026, 7, 31), date(2026, 4, 30)),
    ],
)
def test_the_window_on_a_day(day: date, after: date) -> None:
    window = good_faith_window(day)
    assert window == GoodFaithWindow(after, day)
    assert after not in window
    assert after + timedelta(days=1) in window
    assert day in window
    assert day + timedelta(days=1) not in window


@pytest.mark.parametrize(
    ("day", "leaves"),
    [
        (date(2026, 2, 28), date(2026, 5, 28)),
        (date(2026, 3, 1), date(2026, 6, 1)),
        (date(2025, 11, 30), date(2026, 3, 1)),  # 28 February looks back to 28 November
        (date(2026, 1, 31), date(2026, 5, 1)),  # 30 April looks back to 30 January
    ],
)
def test_when_a_day_stops_counting(day: date, leaves: date) -> None:
    assert first_day_outside(day) == leaves


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(1, 14))
def test_a_day_is_in_every_window_from_itself_until_it_leaves_for_good(day: date, months: int) -> None:
    leaves = first_day_outside(day, months)
    inside = [day + timedelta(days=step) for step in range((leaves - day).days)]
    assert all(day in good_faith_window(each, months) for each in inside)
    assert all(day not in good_faith_window(leaves + timedelta(days=step), months) for step in range(40))


def test_loss_bars_for_three_calendar_months() -> None:
    assert barred_until(date(2026, 2, 14)) == date(2026, 5, 14)
    assert barred_until(date(2025, 11, 30)) == date(2026, 2, 28)
