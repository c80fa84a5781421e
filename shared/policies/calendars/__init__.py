"""Business days and deadlines: calendars as versioned data, and the arithmetic over them.

A calendar is published when it is loaded as data; nothing here guesses a day that the data does not
cover. Import from this package; the files are read by `shared.policies.calendars.loading`.
"""

from shared.policies.calendars.calendar import (
    BeyondCalendarError,
    Calendar,
    CalendarBook,
    CoveredYear,
    UnknownCalendarError,
    days_off_between,
    is_business_day,
    next_business_day,
)
from shared.policies.calendars.deadlines import (
    Deadline,
    Undated,
    amend,
    business_days_later,
    business_hours_later,
    calendar_days_later,
    end_of_next_business_day,
    is_expired,
    is_in_time,
    is_running,
    paper_service,
    why,
)

__all__ = [
    "BeyondCalendarError",
    "Calendar",
    "CalendarBook",
    "CoveredYear",
    "Deadline",
    "Undated",
    "UnknownCalendarError",
    "amend",
    "business_days_later",
    "business_hours_later",
    "calendar_days_later",
    "days_off_between",
    "end_of_next_business_day",
    "is_business_day",
    "is_expired",
    "is_in_time",
    "is_running",
    "next_business_day",
    "paper_service",
    "why",
]
