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
    consumers=("scoring", "complaints", "notifications", "analysts"),
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
    sequence="count of statuses published for the key: rising, the highest counts",
    compacted=True,
)
