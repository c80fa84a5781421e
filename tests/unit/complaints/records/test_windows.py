"""Whatever is looked for is found once, newest first, by short looks and long ones."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.complaints.records.windows import INSTANT, Looked, Range, Read, Span, newest_first, oldest_first

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BEFORE = [NOW - timedelta(hours=hours) for hours in (0, 0.5, 1, 4, 5, 21, 100, 1000, 3000, 5461, 20_000, 200_000)]
AFTER = [NOW + timedelta(hours=hours) for hours in (0.5, 1, 4, 5, 21, 100, 1000, 3000, 5461, 20_000, 200_000)]
QUARTER = timedelta(minutes=15)


def holds(window: Range, instant: datetime) -> bool:
    return (
        ("$gte" not in window or instant >= window["$gte"])
        and ("$lt" not in window or instant < window["$lt"])
        and ("$lte" not in window or instant <= window["$lte"])
    )


class List:
    """A sorted list that costs a second for each row that a range of it holds; `seconds` is the time spent."""

    def __init__(self, instants: Sequence[datetime], fits: Callable[[datetime], bool] = lambda _: True) -> None:
        self._instants = sorted(instants, reverse=True)
        self._fits = fits
        self.spent = 0.0
        self.widest = 0

    async def read(self, window: Range, most: int) -> Read[datetime]:
        held = [each for each in self._instants if holds(window, each)]
        self.spent += 1 + len(held)
        self.widest = max(self.widest, len(held))
        return Read([each for each in held if self._fits(each)][:most], empty=not held)

    def seconds(self) -> float:
        return self.spent

    async def look(self, span: Span, wanted: int, patience: float, width: timedelta = QUARTER) -> Looked[datetime]:
        return await newest_first(span, width, self.read, wanted, patience, self.seconds)


async def test_from_now_back_all_is_found_in_order_with_what_is_later() -> None:
    looked = await List([*BEFORE, *AFTER]).look(Span(NOW, open_ended=True), 100, 1e9)
    assert looked.rows == sorted([*BEFORE, *AFTER], reverse=True)
    assert looked.back_to is None


async def test_a_page_that_follows_has_nothing_later_than_its_start() -> None:
    looked = await List([*BEFORE, *AFTER]).look(Span(NOW), 100, 1e9)
    assert looked.rows == BEFORE


async def test_a_look_ends_where_it_is_to_end() -> None:
    looked = await List(BEFORE).look(Span(NOW, since=BEFORE[4]), 100, 1e9)
    assert looked.rows == BEFORE[:5]
    assert (await List(BEFORE).look(Span(NOW, since=AFTER[0]), 100, 1e9)).rows == []


@pytest.mark.parametrize("hours", [0, 7])
async def test_the_first_instants_of_all_are_reached_too(hours: int) -> None:
    earliest = datetime.min.replace(tzinfo=UTC)
    start = earliest + timedelta(hours=hours)
    assert (await List([earliest]).look(Span(start), 2, 1e9)).rows == [earliest]


async def test_a_dense_list_is_read_little_further_than_it_is_shown() -> None:
    dense = List([NOW - timedelta(minutes=minute) for minute in range(100_000)])
    looked = await dense.look(Span(NOW), 50, 1e9)
    assert len(looked.rows) == 50
    assert dense.spent < 50 * 5


@given(
    st.lists(st.integers(0, 40_000), max_size=60),
    st.integers(1, 20),
    st.floats(1, 200),
    st.integers(1, 5),
)
async def test_short_looks_one_after_another_find_all_that_fits_once(
    minutes: list[int], wanted: int, patience: float, every: int
) -> None:
    fits: Callable[[datetime], bool] = lambda each: each.minute % every == 0  # noqa: E731
    instants = sorted({NOW - timedelta(minutes=minute) for minute in minutes}, reverse=True)
    found: list[datetime] = []
    span, width = Span(NOW, open_ended=True), QUARTER
    for _ in range(1_000):
        looked = await List(instants, fits).look(span, wanted, patience, width)
        width = looked.width if looked.back_to else QUARTER
        found += looked.rows
        if looked.back_to is not None:
            span = Span(looked.back_to - INSTANT)
        elif len(looked.rows) == wanted:
            span = Span(looked.rows[-1] - INSTANT)
        else:
            break
    assert found == [each for each in instants if fits(each)]


async def test_a_look_that_finds_nothing_ends_when_its_time_is_up() -> None:
    long = List([NOW - timedelta(minutes=minute) for minute in range(100_000)], lambda _: False)
    looked = await long.look(Span(NOW), 50, 1_000)
    assert looked.rows == []
    assert looked.back_to is not None
    assert long.spent <= 1_000 * 1.5
    assert long.spent >= 1_000 / 5


def test_from_the_oldest_on_each_instant_is_in_one_window_and_later_ones_come_later() -> None:
    windows = list(oldest_first(NOW))
    places = [[n for n, window in enumerate(windows) if holds(window, each)] for each in (*reversed(BEFORE), *AFTER)]
    assert all(len(place) == 1 for place in places)
    assert places == sorted(places)
    assert (places[0], places[-1]) == ([0], [len(windows) - 1])
    assert all(set(window) == {"$gte", "$lt"} for window in windows[1:-1])
