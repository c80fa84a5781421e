"""When things happen in a run: business time, chosen so that no answer competes with its own deadline.

Two waves of complaints, each filed on a Tuesday (2026-02-03 and 2026-02-10), so that the three working days after it
are the same in all calendars; the owner's silence after the second wave runs over the Spring Festival of 2026 (off
from 15 to 23 February, working on Saturday the 14th).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

SHANGHAI = timezone(timedelta(hours=8))
WAVES = (date(2026, 2, 3), date(2026, 2, 10))
REGISTRATION = date(2026, 2, 2)
# The account's requests of the first wave, filed on 3 February, leave the window (D - 3 months, D] on 3 May.
LAST_FAITHFUL_DAY = date(2026, 5, 2)
FAITH_LOST_DAY = date(2026, 5, 3)


class Step(StrEnum):
    REGISTER = "owners register and submit documents"
    FILE_UNVERIFIED = "an account that is not verified files"
    VERIFY = "reviewers verify accounts and rights"
    FILE = "owners file complaints"
    WITHDRAW_UNREAD = "owners withdraw what nobody read"
    FIRST_REVIEW = "reviewers reject or ask for more"
    WITHDRAW_IN_REVIEW = "owners withdraw what is under review"
    UPHOLD = "reviewers uphold"
    EVENING = "the day ends"
    SUPPLEMENT = "owners send what was missing"
    UPHOLD_SUPPLEMENTED = "reviewers uphold what was completed"
    COUNTER = "merchants answer"
    WITHDRAW_AFTER = "owners withdraw after the takedown"
    RESPOND = "owners respond to merchants"
    DETERMINE = "other reviewers decide the disputes"
    COUNTER_TOO_LATE = "merchants answer too late"
    LOOK_AT_FAITH = "a day passes"


@dataclass(frozen=True)
class Appointment:
    at: datetime
    step: Step
    wave: int = 0


def shanghai(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of day in Shanghai as a UTC instant."""
    return datetime.combine(day, time(hour, minute), SHANGHAI).astimezone(UTC)


# Days after the filing, time in Shanghai, step.
_WAVE: tuple[tuple[int, int, Step], ...] = (
    (0, 10, Step.FILE),
    (0, 11, Step.WITHDRAW_UNREAD),
    (0, 13, Step.FIRST_REVIEW),
    (0, 14, Step.WITHDRAW_IN_REVIEW),
    (0, 15, Step.UPHOLD),
    (0, 18, Step.EVENING),
    (1, 10, Step.SUPPLEMENT),
    (1, 14, Step.UPHOLD_SUPPLEMENTED),
    (1, 18, Step.EVENING),
    (2, 10, Step.COUNTER),
    (2, 12, Step.WITHDRAW_AFTER),
    (2, 18, Step.EVENING),
    (3, 10, Step.RESPOND),
    (3, 15, Step.DETERMINE),
    (3, 18, Step.EVENING),
)
# The merchant's three business days from Tuesday end with Friday; Monday is too late everywhere.
_TOO_LATE_AFTER = 6


def timetable(*, faith: bool) -> tuple[Appointment, ...]:
    """All appointments in order; with `faith`, up to the day on which Good Faith is lost."""
    found = [
        Appointment(shanghai(REGISTRATION, 9), Step.REGISTER),
        Appointment(shanghai(REGISTRATION, 14), Step.FILE_UNVERIFIED),
        Appointment(shanghai(REGISTRATION, 15), Step.VERIFY),
    ]
    for wave, day in enumerate(WAVES):
        found += [Appointment(shanghai(day + timedelta(days=after), hour), step, wave) for after, hour, step in _WAVE]
        found.append(Appointment(shanghai(day + timedelta(days=_TOO_LATE_AFTER), 10), Step.COUNTER_TOO_LATE, wave))
    if faith:
        found.append(Appointment(shanghai(LAST_FAITHFUL_DAY, 12), Step.LOOK_AT_FAITH))
        found.append(Appointment(shanghai(FAITH_LOST_DAY, 0, 5), Step.LOOK_AT_FAITH))
    return tuple(sorted(found, key=lambda appointment: appointment.at))
