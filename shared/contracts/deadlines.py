"""Deadlines as they travel in their owner's events, and the expiry that a processor sends back.

An event that sets, changes or clears a deadline carries all current deadlines of its subject: the list replaces the
one before, so that a processor needs one event, not a history. An event of another kind repeats the list.
"""

from datetime import date, datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic
from shared.policies.calendars import Deadline, Undated


class DeadlineData(BaseModel):
    """A deadline and why it falls when it does (DOMAIN: deadlines 3).

    due: the first instant that is too late, UTC; None while the calendar does not reach that far (undated).
    skipped: days that did not count, each with its reason.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    kind: str
    due: datetime | None
    start: datetime
    business_days: int
    calendar: str
    calendar_version: str
    policy_version: str
    skipped: tuple[tuple[date, str], ...] = ()

    @classmethod
    def of(cls, deadline: Deadline | Undated) -> "DeadlineData":
        """A deadline of the policies as it travels; an undated one has no `due`."""
        dated = deadline if isinstance(deadline, Deadline) else None
        return cls(
            id=deadline.id,
            kind=deadline.kind,
            due=dated.due if dated else None,
            start=deadline.start,
            business_days=deadline.business_days,
            calendar=deadline.calendar,
            calendar_version=deadline.calendar_version,
            policy_version=deadline.policy_version,
            skipped=dated.skipped if dated else (),
        )


class WithDeadlines(EventData):
    """Any event of a subject that can have deadlines; `deadlines` are all that run after the event."""

    deadlines: tuple[DeadlineData, ...] = ()


class DeadlineExpired(EventData):
    """A deadline passed (plus grace) and its owner has not said that it ended. Sent again until the owner answers."""

    type: ClassVar[str] = "ipp.deadlines.deadline-expired"

    subject: str
    deadline_id: str
    kind: str
    due: datetime


_EXAMPLE = DeadlineExpired(
    subject="IPP-7K2M9QX4TD-001",
    deadline_id="counter-notification:1",
    kind="counter-notification",
    due=datetime.fromisoformat("2026-02-24T16:00:00Z"),
)


def _topic(owner: str) -> Topic:
    return Topic(
        name=f"{owner}.deadlines.v1",
        key="the subject whose deadline it is, as on the owner's own topic",
        producers=(f"deadline processor of {owner}",),
        consumers=(owner,),
        events=(DeadlineExpired,),
        examples=(_EXAMPLE,),
        sequence="the sequence of the owner's event that set the deadline; repeats are told by the deadline's id",
    )


IDENTITY_DEADLINES = _topic("identity")
IPR_DEADLINES = _topic("ipr")
COMPLAINTS_DEADLINES = _topic("complaints")
