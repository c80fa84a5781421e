"""A case told step by step: commands at given hours, on the real calendar of the PRC."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.complaints.cases import model as m
from shared.kernel.decider import Obsolete, Refusal, fold
from shared.policies.calendars import Deadline
from shared.policies.calendars.loading import load_calendars

SHANGHAI = ZoneInfo("Asia/Shanghai")
PRC = load_calendars().get("CN-PRC")
RULES = m.Rules(
    version="2026-01",
    calendar=PRC,
    counter_days=3,
    owner_days=3,
    supplement_days=3,
    further_attempt_days=3,
    attempts=1,
    grace=timedelta(seconds=60),
    rejection_reasons=frozenset({"insufficient_support", "malicious", "supplement_lapsed"}),
    withdrawal_reasons=frozenset({"settled", "filed_in_error"}),
)
# The calendar as it stood before the year 2026 was announced.
BEFORE_2026 = replace(
    PRC, version="2025.1", years=tuple(year for year in PRC.years if year.year < 2026), days_off={}, working_dates={}
)
CASE_ID = "IPP-7K2M9QX4TD-001"
OWNER, MERCHANT, FIRST, SECOND, OPERATOR = "acc-intl-1", "m-taobao-17", "staff-1", "staff-2", "staff-3"
FILE = m.FileComplaint(
    case_id=CASE_ID,
    submission_id="IPP-7K2M9QX4TD",
    account_id=OWNER,
    platform="taobao",
    listing_id="taobao:item:520813250866",
    right_id="rgt-1",
    right_fingerprint="trademark|CN|123456",
    complaint_type="trademark",
    reason="counterfeit",
    evidence=("vault-1",),
    by=OWNER,
)


def shanghai(text: str) -> datetime:
    """`2026-02-13 14:00` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(ZoneInfo("UTC"))


@dataclass
class Story:
    """A case in the making. `now` is Shanghai time, and each step may move it."""

    rules: m.Rules = RULES
    now: str = "2026-02-13 10:00"
    case: m.Case | None = None
    told: list[m.Event] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.known.state

    @property
    def known(self) -> m.Case:
        assert self.case is not None
        return self.case

    @property
    def due(self) -> datetime:
        """When the running deadline falls."""
        assert isinstance(self.known.running, Deadline)
        return self.known.running.due

    def then(self, command: m.Command, at: str | None = None) -> tuple[m.Event, ...]:
        self.now = at or self.now
        events = m.decide(self.case, command, shanghai(self.now), self.rules)
        self.case = fold(m.evolve, self.case, events)
        self.told.extend(events)
        return events

    def refused(self, command: m.Command, at: str | None = None, *, obsolete: bool = False) -> str:
        """The code; nothing changes by it."""
        self.now = at or self.now
        with pytest.raises(Refusal) as refusal:
            m.decide(self.case, command, shanghai(self.now), self.rules)
        assert isinstance(refusal.value, Obsolete) is obsolete
        return refusal.value.code

    def steps(self, commands: Sequence[m.Command]) -> "Story":
        for command in commands:
            self.then(command)
        return self

    def upheld(self) -> "Story":
        return self.steps((FILE, m.BeginReview(by=FIRST), m.Uphold(by=FIRST)))

    def taken_down(self, served: str | None = None) -> "Story":
        self.upheld().then(m.RecordTakedown(merchant_id=MERCHANT))
        if served:
            self.then(takedown_served(served), at=served)
        return self

    def countered(self, received: str, served: str | None = None) -> "Story":
        self.then(counter(received), at=received)
        if served:
            self.then(counter_served(served), at=served)
        return self


def takedown_served(at: str) -> m.RecordService:
    return m.RecordService(party="merchant", notice="takedown", served_at=shanghai(at))


def counter_served(at: str) -> m.RecordService:
    return m.RecordService(party="owner", notice="counter-received", served_at=shanghai(at))


def supplement_served(at: str) -> m.RecordService:
    return m.RecordService(party="owner", notice="supplement-requested", served_at=shanghai(at))


def counter(received: str) -> m.SubmitCounterNotification:
    return m.SubmitCounterNotification(by=MERCHANT, received_at=shanghai(received), statement="vault-2")


def accept(received: str) -> m.AcceptCounterNotification:
    return m.AcceptCounterNotification(by=OWNER, received_at=shanghai(received))


def dispute(received: str) -> m.RejectCounterNotification:
    return m.RejectCounterNotification(by=OWNER, received_at=shanghai(received), statement="vault-3")


def supplement(received: str) -> m.SubmitSupplement:
    return m.SubmitSupplement(by=OWNER, received_at=shanghai(received), evidence=("vault-4",))


def lapse(deadline_id: str) -> m.ExpireDeadline:
    return m.ExpireDeadline(deadline_id=deadline_id)
