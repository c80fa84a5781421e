"""Deadlines: hand-worked dates, what they say of themselves, undated ones and amendments."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policies.calendars import (
    Calendar,
    CalendarBook,
    Deadline,
    Undated,
    amend,
    business_days_later,
    business_hours_later,
    calendar_days_later,
    end_of_next_business_day,
    is_expired,
    is_in_time,
    paper_service,
    why,
)
from shared.policies.calendars.loading import load_calendars

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOOK = load_calendars()
PRC = BOOK.get("CN-PRC")


def shanghai(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def three_days(start: datetime, calendar: Calendar = PRC) -> Deadline | Undated:
    return business_days_later(calendar, start, 3, deadline_id="d1", kind="counter", policy_version="p1")


def dated(deadline: Deadline | Undated) -> Deadline:
    assert isinstance(deadline, Deadline)
    return deadline


@pytest.mark.parametrize(
    ("started", "last_day"),
    [
        (date(2019, 9, 30), date(2019, 10, 10)),  # National Day, 1 to 7 October
        (date(2020, 1, 22), date(2020, 2, 4)),  # Spring Festival, extended to 2 February
        (date(2024, 2, 8), date(2024, 2, 19)),  # 9 February works, 10 to 17 off, Sunday 18 made up
        (date(2025, 9, 30), date(2025, 10, 11)),  # 1 to 8 October off, Saturday 11 made up
        (date(2026, 2, 13), date(2026, 2, 25)),  # Saturday 14 made up, 15 to 23 off
    ],
)
def test_three_business_days_end_with_the_hand_worked_day(started: date, last_day: date) -> None:
    start = shanghai(started.year, started.month, started.day, 10, 30)
    midnight_after = datetime(last_day.year, last_day.month, last_day.day, tzinfo=SHANGHAI) + timedelta(days=1)
    assert dated(three_days(start)).due == midnight_after


def test_a_start_late_in_the_utc_day_belongs_to_the_next_local_day() -> None:
    # 17:00 UTC on Monday 2019-06-17 is 01:00 on Tuesday the 18th in Shanghai: 19, 20, 21.
    deadline = dated(three_days(datetime(2019, 6, 17, 17, tzinfo=UTC)))
    assert deadline.due == datetime(2019, 6, 21, 16, tzinfo=UTC)
    assert deadline.start == datetime(2019, 6, 17, 17, tzinfo=UTC)


def test_skipped_days_carry_their_names_and_the_deadline_explains_itself() -> None:
    deadline = dated(three_days(shanghai(2025, 9, 30, 9)))
    assert [day for day, _ in deadline.skipped] == [date(2025, 10, day) for day in range(1, 9)]
    assert {reason for _, reason in deadline.skipped} <= {"National Day", "Mid-autumn Festival"}
    assert why(deadline) == (
        "3 business days from 2025-09-30T01:00:00+00:00, the day of the start not counted",
        *(f"skipped {day}: {reason}" for day, reason in deadline.skipped),
        "due before 2025-10-11T16:00:00+00:00",
        f"calendar CN-PRC {PRC.version}, policy p1",
    )


def test_an_ordinary_weekend_is_skipped_by_the_name_of_the_day() -> None:
    # Friday 2019-06-14: Monday 17, Tuesday 18, Wednesday 19.
    deadline = dated(three_days(shanghai(2019, 6, 14, 12)))
    assert deadline.skipped == ((date(2019, 6, 15), "Saturday"), (date(2019, 6, 16), "Sunday"))
    assert deadline.due == shanghai(2019, 6, 20)


def test_due_is_exclusive_and_the_grace_holds_the_expiry_back() -> None:
    deadline = dated(three_days(shanghai(2019, 6, 14, 12)))
    grace = timedelta(seconds=60)
    assert is_in_time(deadline, deadline.due - timedelta(microseconds=1))
    assert not is_in_time(deadline, deadline.due)
    assert not is_expired(deadline, deadline.due + grace, grace)
    assert is_expired(deadline, deadline.due + grace + timedelta(microseconds=1), grace)


def test_lazada_counts_in_each_countrys_own_days_and_zone() -> None:
    # Singapore: Friday 2026-11-06; Deepavali is Sunday 8, so Monday 9 is off: 10, 11, 12.
    singapore = dated(three_days(datetime(2026, 11, 6, 2, tzinfo=UTC), BOOK.get("SG-PUBLIC")))
    assert singapore.due == datetime(2026, 11, 12, 16, tzinfo=UTC)
    assert (date(2026, 11, 9), "Diwali (observed)") in singapore.skipped
    # Indonesia: Thursday 2024-04-11 is the second day of Eid; collective leave on Friday 12 does not count.
    indonesia = dated(three_days(datetime(2024, 4, 9, 3, tzinfo=UTC), BOOK.get("ID-PUBLIC")))
    assert indonesia.due == datetime(2024, 4, 16, 17, tzinfo=UTC)  # 12, 15, 16; midnight in Jakarta
    # Viet Nam: the public sector's swap of Monday 2024-04-29 against Saturday 4 May does not count.
    vietnam = dated(three_days(datetime(2024, 4, 26, 3, tzinfo=UTC), BOOK.get("VN-PUBLIC")))
    assert vietnam.due == datetime(2024, 5, 3, 17, tzinfo=UTC)  # 29 April, 2 May, 3 May
    # Philippines: special non-working days count as days off: Friday 2024-02-09.
    philippines = dated(three_days(datetime(2024, 2, 8, 3, tzinfo=UTC), BOOK.get("PH-PUBLIC")))
    assert philippines.due == datetime(2024, 2, 14, 16, tzinfo=UTC)  # 12, 13, 14


def test_us_federal_days_cross_the_change_to_summer_time() -> None:
    # Friday 2026-03-06, clocks change on Sunday 8: ten business days end on Friday 20, 04:00 UTC on Saturday.
    deadline = business_days_later(
        BOOK.get("US-FEDERAL"),
        datetime(2026, 3, 6, 15, tzinfo=UTC),
        10,
        deadline_id="d",
        kind="suit",
        policy_version="p",
    )
    assert dated(deadline).due == datetime(2026, 3, 21, 4, tzinfo=UTC)


def test_twenty_four_hours_on_business_days_stand_still_on_days_off() -> None:
    # Friday 2019-06-14 18:00: six hours on Friday, eighteen on Monday.
    found = business_hours_later(PRC, shanghai(2019, 6, 14, 18), 24, deadline_id="d", kind="t", policy_version="p")
    assert dated(found).due == shanghai(2019, 6, 17, 18)
    assert [day for day, _ in dated(found).skipped] == [date(2019, 6, 15), date(2019, 6, 16)]
    # Filed on a Saturday, the clock starts with Monday.
    found = business_hours_later(PRC, shanghai(2019, 6, 15, 9), 24, deadline_id="d", kind="t", policy_version="p")
    assert dated(found).due == shanghai(2019, 6, 18)


def test_calendar_days_count_days_off_and_need_no_published_calendar() -> None:
    found = calendar_days_later(PRC, shanghai(2030, 1, 1, 8), 15, deadline_id="d", kind="suit", policy_version="p")
    assert found.due == shanghai(2030, 1, 17)
    assert why(found)[0].startswith("15 calendar days from 2030-01-01")


def test_the_next_working_day_after_a_holiday() -> None:
    found = end_of_next_business_day(PRC, shanghai(2025, 9, 30, 8), deadline_id="d", kind="t", policy_version="p")
    assert dated(found).due == shanghai(2025, 10, 10)


def test_paper_is_served_on_the_fifth_calendar_day_after_posting() -> None:
    assert paper_service(PRC, shanghai(2019, 6, 14, 23, 59), 5) == shanghai(2019, 6, 19)


def test_a_date_past_the_published_calendar_is_undated_and_never_a_guess() -> None:
    found = three_days(shanghai(2026, 12, 30, 9))
    assert found == Undated(
        "d1", "counter", shanghai(2026, 12, 30, 9), 3, "CN-PRC", PRC.version, "p1", date(2027, 1, 1)
    )
    assert is_in_time(found, shanghai(2099, 1, 1))
    assert not is_expired(found, shanghai(2099, 1, 1), timedelta(0))
    assert "undated: the calendar is not published for 2027-01-01" in why(found)


def test_the_last_published_day_still_ends_a_period() -> None:
    # 28 December 2026 is a Monday: 29, 30, 31; the due instant lies in 2027, no day of 2027 is judged.
    assert dated(three_days(shanghai(2026, 12, 28, 9))).due == shanghai(2027, 1, 1)


def with_2027(version: str = "2027.1") -> Calendar:
    from shared.policies.calendars import CoveredYear

    return replace(
        PRC,
        version=version,
        years=(*PRC.years, CoveredYear(2027, date(2026, 12, 20), "notice")),
        days_off={**PRC.days_off, date(2027, 1, 1): "New Year's Day"},
    )


def test_loading_the_calendar_dates_an_undated_deadline() -> None:
    undated = three_days(shanghai(2026, 12, 30, 9))
    found = dated(amend(undated, with_2027(), now=shanghai(2026, 12, 30, 12)))
    # 31 December; 1 January off, weekend; Monday 4, Tuesday 5.
    assert (found.due, found.calendar_version, found.adjusted) == (shanghai(2027, 1, 6), "2027.1", "")


def test_a_deadline_dated_late_is_not_due_before_the_end_of_the_next_business_day() -> None:
    undated = three_days(shanghai(2026, 12, 30, 9))
    found = dated(amend(undated, with_2027(), now=shanghai(2027, 1, 8, 12)))
    assert (found.due, found.adjusted) == (shanghai(2027, 1, 12), "dated-late")  # Friday 8 → Monday 11


def test_an_unrelated_amendment_leaves_an_undated_deadline_alone() -> None:
    undated = three_days(shanghai(2026, 12, 30, 9))
    assert amend(undated, replace(PRC, version="2026.2"), now=shanghai(2026, 12, 31)) is undated


def before_the_extension() -> Calendar:
    """The PRC calendar as first announced for 2020: back at work on 31 January, Saturday 1 February made up."""
    days_off = {day: name for day, name in PRC.days_off.items() if day not in EXTENSION}
    working = {**PRC.working_dates, date(2020, 2, 1): "Spring Festival"}
    return replace(PRC, version="2020.1", days_off=days_off, working_dates=working)


EXTENSION = (date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2))


def test_an_amendment_lengthens_a_running_deadline_and_names_the_new_version() -> None:
    first = dated(three_days(shanghai(2020, 1, 22, 9), before_the_extension()))
    assert first.due == shanghai(2020, 2, 2)  # 23, 31 January, 1 February
    found = dated(amend(first, PRC, now=shanghai(2020, 1, 27)))
    assert (found.due, found.calendar_version) == (shanghai(2020, 2, 5), PRC.version)


def test_an_amendment_never_shortens_and_never_revives() -> None:
    long = dated(three_days(shanghai(2020, 1, 22, 9)))
    assert amend(long, before_the_extension(), now=shanghai(2020, 1, 27)) is long
    ended = dated(three_days(shanghai(2020, 1, 22, 9), before_the_extension()))
    assert amend(ended, PRC, now=ended.due) is ended


def test_another_calendar_cannot_amend() -> None:
    with pytest.raises(ValueError, match="CN-PRC"):
        amend(three_days(shanghai(2020, 1, 22)), BOOK.get("SG-PUBLIC"), now=shanghai(2020, 1, 23))


def test_naive_times_and_empty_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        three_days(datetime(2020, 1, 22))  # noqa: DTZ001 - the naive time is the point
    with pytest.raises(ValueError, match="at least one"):
        business_days_later(PRC, shanghai(2020, 1, 22), 0, deadline_id="d", kind="k", policy_version="p")


@given(
    start=st.datetimes(datetime(2016, 1, 1), datetime(2026, 11, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    days=st.integers(1, 15),
    calendar=st.sampled_from(sorted(entry.id for entry in BOOK)).map(BOOK.get),
)
def test_the_period_holds_exactly_n_business_days(start: datetime, days: int, calendar: Calendar) -> None:
    found = dated(business_days_later(calendar, start, days, deadline_id="d", kind="k", policy_version="p"))
    first, last = calendar.local_day(start), calendar.local_day(found.due - timedelta(microseconds=1))
    between = [first + timedelta(days=step) for step in range(1, (last - first).days + 1)]
    working = [day for day in between if calendar.day_off(day) is None]
    assert len(working) == days
    assert working[-1] == last
    assert [day for day, _ in found.skipped] == [day for day in between if day not in working]
    assert calendar.midnight(last + timedelta(days=1)) == found.due


def test_a_book_gives_the_newest_version_unless_one_is_named() -> None:
    book = CalendarBook([PRC, replace(PRC, version="2026.10"), replace(PRC, version="2026.9")])
    assert book.get("CN-PRC").version == "2026.10"
    assert book.get("CN-PRC", "2026.9").version == "2026.9"
    assert book.adding(replace(PRC, version="2027.1")).get("CN-PRC").version == "2027.1"
