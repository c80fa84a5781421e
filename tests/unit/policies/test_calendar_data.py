"""The calendar files: equal to the libraries that know the days, and refused with every problem at once."""

import json
from datetime import date, timedelta
from typing import Any

import chinese_calendar
import holidays
import pytest

from shared.policies.calendars import BeyondCalendarError, Calendar, UnknownCalendarError, is_business_day
from shared.policies.calendars.generate import COUNTRIES, PUBLIC_SECTOR_SWAP, documents
from shared.policies.calendars.loading import CalendarFileError, load_calendars, parse_calendar

BOOK = load_calendars()
EVERY_DAY = [date(2016, 1, 1) + timedelta(days=step) for step in range((date(2027, 1, 1) - date(2016, 1, 1)).days)]


def test_the_prc_calendar_equals_chinesecalendar_on_every_day() -> None:
    prc = BOOK.get("CN-PRC")
    assert [day for day in EVERY_DAY if is_business_day(prc, day) != chinese_calendar.is_workday(day)] == []


@pytest.mark.parametrize(("calendar_id", "code"), [(row[0], row[3]) for row in COUNTRIES])
def test_a_countrys_calendar_equals_holidays_on_every_day_but_public_sector_swaps(calendar_id: str, code: str) -> None:
    calendar = BOOK.get(calendar_id)
    known = holidays.country_holidays(code, years=range(2016, 2027), language="en_US")
    differs = []
    for day in EVERY_DAY:
        free = day.weekday() >= 5 or (day in known and not known[day].startswith(PUBLIC_SECTOR_SWAP))
        if is_business_day(calendar, day) is free:
            differs.append(day)
    assert differs == []


def test_only_viet_nam_has_public_sector_swaps_and_they_are_the_dispatched_ones() -> None:
    known = holidays.country_holidays("VN", years=range(2016, 2027), language="en_US")
    swaps = [day for day, name in sorted(known.items()) if name.startswith(PUBLIC_SECTOR_SWAP)]
    assert swaps == [
        date(2018, 12, 31),
        date(2019, 4, 29),
        date(2024, 4, 29),
        date(2025, 5, 2),
        date(2026, 8, 31),
    ]
    assert all(is_business_day(BOOK.get("VN-PUBLIC"), day) for day in swaps)


def test_the_files_are_what_the_generator_writes() -> None:
    made = {parse_calendar(document) for document in documents().values()}
    assert made == set(BOOK)


def test_every_calendar_ends_with_2026_and_says_nothing_beyond() -> None:
    for calendar in BOOK:
        assert calendar.last_covered_day == date(2026, 12, 31)
        with pytest.raises(BeyondCalendarError):
            is_business_day(calendar, date(2027, 1, 1))


def test_each_covered_year_says_when_it_was_published() -> None:
    published = {entry.year: entry.published for entry in BOOK.get("CN-PRC").years}
    assert published[2020] == date(2019, 11, 21)
    assert published[2026] == date(2025, 11, 4)


def test_an_unknown_calendar_or_version_is_an_error() -> None:
    with pytest.raises(UnknownCalendarError):
        BOOK.get("XX")
    with pytest.raises(UnknownCalendarError):
        BOOK.get("CN-PRC", "1.0")


def test_a_bad_file_is_refused_with_every_problem() -> None:
    document: dict[str, Any] = {
        "id": "X",
        "version": "1",
        "name": "x",
        "zone": "Mars/Olympus",
        "years": [{"year": 2026, "published": "2025-11-04", "source": "s"}, {"year": 2026}],
        "days_off": {"2026-01-01": "New Year", "2027-01-01": "New Year", "soon": "x"},
        "working_dates": {"2026-01-01": "New Year"},
    }
    with pytest.raises(CalendarFileError) as refused:
        parse_calendar(document)
    text = "\n".join(refused.value.problems)
    assert "Mars/Olympus" in text
    assert "outside the covered years" in text
    assert "'soon' is not a date" in text
    assert "both off and working" in text
    assert "wants year, published and source" in text
    with pytest.raises(CalendarFileError, match="colour is not a field"):
        parse_calendar({**json.loads(json.dumps(document)), "colour": "red"})


def test_a_calendar_cannot_hold_a_day_both_off_and_working() -> None:
    prc = BOOK.get("CN-PRC")
    day = date(2026, 1, 1)
    with pytest.raises(ValueError, match="both off and working"):
        Calendar(prc.id, "x", prc.name, prc.zone, prc.years, {day: "a"}, {day: "b"})
