"""`scoring.goodfaith.v1` (compacted): who is in the Good Faith Program, with the figures that say why."""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic


class GoodFaithStatus(EventData):
    """The standing of an account (for an agency: of account and principal) on a day in Asia/Shanghai.

    window: (from, to], days; requests, decided, upheld, counter_successes: cases filed in the window;
    rates between 0 and 1, None over nothing; unmet: the conditions not met, empty where eligible.
    """

    type: ClassVar[str] = "ipp.scoring.good-faith-status"

    account_id: str
    principal_id: str | None = None
    eligible: bool
    change: Literal["granted", "lost", "figures"]
    day: date
    window_from: date
    window_to: date
    requests: int
    decided: int
    upheld: int
    counter_successes: int
    success_rate: float | None
    counter_success_rate: float | None
    unmet: tuple[str, ...] = ()
    barred_until: date | None = None
    policy_version: str


TOPIC = Topic(
    name="scoring.goodfaith.v1",
    key="account id, and principal id after a bar where there is one",
    producers=("Good Faith processor of scoring",),
    consumers=("scoring", "notifications", "analysts"),
    events=(GoodFaithStatus,),
    examples=(
        GoodFaithStatus(
            account_id="acc-intl-3V9YQ2C7XN4M8K1TZ0RB",
            eligible=True,
            change="granted",
            day=date(2026, 5, 31),
            window_from=date(2026, 2, 28),
            window_to=date(2026, 5, 31),
            requests=120,
            decided=118,
            upheld=112,
            counter_successes=2,
            success_rate=112 / 118,
            counter_success_rate=2 / 112,
            policy_version="2026-01",
        ),
    ),
    sequence="rises with every change of the figures or of the day; the highest counts",
    compacted=True,
)


class DayTurned(EventData):
    """Business time reached a day (Asia/Shanghai) on which an account has not been judged yet. Internal: sent and read
    by the Good Faith processor, since what time does to an account is to happen in order with its events."""

    type: ClassVar[str] = "ipp.scoring.good-faith-day-turned"

    account_id: str
    day: date


DAYS = Topic(
    name="scoring.goodfaith-days.v1",
    key="account id",
    producers=("Good Faith processor of scoring",),
    consumers=("Good Faith processor of scoring",),
    events=(DayTurned,),
    examples=(DayTurned(account_id="acc-intl-3V9YQ2C7XN4M8K1TZ0RB", day=date(2026, 6, 1)),),
    sequence="the day's ordinal (0001-01-01 is 1): rising, with gaps where the clock leapt",
)
