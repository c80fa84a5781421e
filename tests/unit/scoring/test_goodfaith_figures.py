"""Rolling sums and days passed over give what counting everything anew on every day gives, whatever is told when.

The slow reference is written from the rule (DOMAIN): on day D the requests filed on the days d with
D - 3 months < d <= D count, ends of months clamped; every day is judged, none leapt over.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.goodfaith.model import Rules
from services.scoring.streams.counted import CountedOutcome
from services.scoring.streams.goodfaith import GoodFaithProcessor, shape
from shared.contracts.envelope import decode, read_data
from shared.contracts.scoring import outcomes
from shared.contracts.scoring.goodfaith import GoodFaithStatus
from shared.contracts.scoring.outcomes import CaseOutcome
from shared.kernel.clock import SteppedClock
from shared.policies.policy import GoodFaithPolicy
from shared.streams.processor import Record
from tests.support.streams import Bench, record

_POLICY = GoodFaithPolicy(3, 0.75, 0.34, 3, 3, every_reason_code=False)
_BEGIN = datetime(2026, 1, 28, 2, tzinfo=UTC)  # the window's ends run over short and long months
_ACCOUNT = "acc-intl-1"


@dataclass(frozen=True)
class _Step:
    """A case told anew some days after the step before, filed some days before that."""

    ahead: int
    case: int
    filed_ago: int
    decision: str | None
    lost: bool


_STEPS = st.lists(
    st.builds(
        _Step,
        ahead=st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 130)),
        case=st.integers(0, 7),
        filed_ago=st.one_of(st.integers(0, 3), st.integers(80, 100)),
        decision=st.sampled_from([None, "upheld", "upheld", "upheld", "rejected"]),
        lost=st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass
class _Reference:
    """Counts all cases on every day."""

    cases: dict[int, tuple[date, str | None, bool]] = field(default_factory=dict)
    day: date | None = None
    eligible: bool = False
    bar: date | None = None
    unmet: frozenset[str] = frozenset()
    told: tuple[int, ...] | None = None
    statuses: list[tuple[object, ...]] = field(default_factory=list)

    def take(self, day: date, case: int, filed: date, decision: str | None, lost: bool) -> None:
        if self.day is not None:
            passing = self.day
            while passing < day:
                passing += timedelta(days=1)
                self._judge(passing)
        self.cases[case] = (filed, decision, lost)
        self._judge(day)

    def _counts(self, day: date) -> tuple[int, int, int, int]:
        counted = [case for case in self.cases.values() if _months_on(day, -3) < case[0] <= day]
        upheld = [case for case in counted if case[1] == "upheld"]
        decided = sum(case[1] is not None for case in counted)
        return len(counted), decided, len(upheld), sum(case[2] for case in upheld)

    def _judge(self, day: date) -> None:
        requests, decided, upheld, lost = counts = self._counts(day)
        unmet = set()
        if requests < 3:
            unmet.add("minimum-requests")
        if decided == 0 or upheld / decided < 0.75:
            unmet.add("success-rate")
        if upheld == 0 or lost / upheld > 0.34:
            unmet.add("counter-success-rate")
        if self.eligible and unmet:
            self.bar = _months_on(day, 3)
        if self.bar is not None and day >= self.bar:
            self.bar = None
        if self.bar is not None:
            unmet.add("re-entry-bar")
        first_today = self.day is None or day > self.day
        if bool(unmet) == self.eligible or unmet != self.unmet or (counts != self.told and first_today):
            self.statuses.append((day, not unmet, frozenset(unmet), counts, self.bar))
            self.told = counts
        self.day, self.eligible, self.unmet = day, not unmet, frozenset(unmet)


def _record(step: _Step, sequence: int, at: datetime) -> Record:
    data = outcomes.OUTCOMES.examples[0].model_copy(
        update={
            "case_id": f"C{step.case}",
            "case_sequence": sequence,
            "account_id": _ACCOUNT,
            "principal_id": None,
            "filed_at": at - timedelta(days=step.filed_ago),
            "first_decision": step.decision,
            "counter_success": step.lost,
        }
    )
    assert isinstance(data, CaseOutcome)
    told = record(outcomes.BY_ACCOUNT.name, data, sequence, at, f"C{step.case}")
    return Record(told.topic, 0, _ACCOUNT, told.envelope, CountedOutcome.read(told.envelope))


def _as_told(status: GoodFaithStatus) -> tuple[object, ...]:
    counts = (status.requests, status.decided, status.upheld, status.counter_successes)
    return status.day, status.eligible, frozenset(status.unmet), counts, status.barred_until


@settings(max_examples=150, deadline=None)
@given(steps=_STEPS, crashes=st.sets(st.integers(0, 24)))
def test_every_status_is_that_of_a_count_of_everything(steps: list[_Step], crashes: set[int]) -> None:
    zone, rules = ZoneInfo("Asia/Shanghai"), Rules(_POLICY, "1")
    bench = Bench(lambda: GoodFaithProcessor(shape(), SteppedClock(_BEGIN), lambda _: rules, zone))
    reference, at = _Reference(), _BEGIN
    for number, step in enumerate(steps):
        if number in crashes:
            bench.crash()
        at += timedelta(days=step.ahead)
        bench.feed([_record(step, number + 1, at)])
        reference.take(at.date(), step.case, (at - timedelta(days=step.filed_ago)).date(), step.decision, step.lost)

    told = [_as_told(read_data(decode(send.value), GoodFaithStatus)) for send in bench.sent]

    assert told == reference.statuses
