"""The Good Faith window: which days count on a given day (001, The Good Faith Program; counting is ours)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class GoodFaithWindow:
    """The days d with `after` < d ≤ `through`."""

    after: date
    through: date

    def __contains__(self, day: date) -> bool:
        return self.after < day <= self.through


def months_before(day: date, months: int) -> date:
    """The same day so many calendar months earlier (later, if negative), clamped to the end of its month."""
    ordinal = day.year * 12 + day.month - 1 - months
    year, month = divmod(ordinal, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=4096)
def good_faith_window(day: date, months: int = 3) -> GoodFaithWindow:
    """The window of calendar months that ends with this day: on 2026-05-31 it is (2026-02-28, 2026-05-31]."""
    return GoodFaithWindow(months_before(day, months), day)


def first_day_outside(day: date, months: int = 3) -> date:
    """The first later day whose window no longer holds this one: when something of this day stops counting."""
    leaves = months_before(day, -months)
    while day in good_faith_window(leaves, months):
        leaves += timedelta(days=1)
    return leaves


def barred_until(lost_on: date, months: int = 3) -> date:
    """The first day on which an account that lost the program by its figures may be in it again."""
    return months_before(lost_on, -months)
