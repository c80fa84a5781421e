"""Cases in every state, each reached by commands, and every command in the forms that make a difference.

Only well-formed commands: what is refused whatever the state (an unknown reason, a text where a code belongs) would
blur the table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import get_args

from services.complaints.cases import model as m
from shared.kernel.decider import Obsolete, Refusal, fold
from shared.policies.calendars import Calendar, CoveredYear

NOT_FILED = "not filed"
FIRST, SECOND = "reviewer-1", "reviewer-2"
# Monday, 2 March 2026, ten o'clock in Shanghai; three business days later ends on Thursday, 5 March.
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
IN_TIME = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
LATE = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
LONG_AFTER = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


def _calendar(*years: int) -> Calendar:
    """Weekends only: what the table shows does not depend on holidays."""
    covered = tuple(CoveredYear(year, date(year - 1, 11, 1), "example") for year in years)
    version = f"{years[-1]}.1" if years else "0"
    return Calendar("EXAMPLE", version, "Weekends only", "Asia/Shanghai", covered, {}, {})


CALENDAR = _calendar(2026)
UNPUBLISHED = _calendar(2025)
RULES = m.Rules(
    version="2026-01",
    calendar=CALENDAR,
    counter_days=3,
    owner_days=3,
    supplement_days=3,
    further_attempt_days=3,
    attempts=1,
    grace=timedelta(seconds=60),
    rejection_reasons=frozenset({"insufficient_support"}),
    withdrawal_reasons=frozenset({"settled"}),
)
TWO_ATTEMPTS = replace(RULES, attempts=2)
UNDATED = replace(RULES, calendar=UNPUBLISHED)

FILE = m.FileComplaint(
    case_id="IPP-EXAMPLE000-001",
    submission_id="IPP-EXAMPLE000",
    account_id="acc-1",
    platform="taobao",
    listing_id="taobao:item:1",
    right_id="rgt-1",
    right_fingerprint="trademark|CN|1",
    complaint_type="trademark",
    reason="counterfeit",
    by="acc-1",
)
REVIEW = m.BeginReview(by=FIRST)
ASK = m.RequestSupplement(by=FIRST, missing=("comparison-photo",))
ASK_SERVED = m.RecordService(party="owner", notice=m.SUPPLEMENT_REQUESTED_NOTICE, served_at=START)
UPHOLD = m.Uphold(by=FIRST)
DOWN = m.RecordTakedown(merchant_id="m-1")
DOWN_SERVED = m.RecordService(party="merchant", notice=m.TAKEDOWN_NOTICE, served_at=START)
COUNTER = m.SubmitCounterNotification(by="m-1", received_at=IN_TIME)
COUNTER_SERVED = m.RecordService(party="owner", notice=m.COUNTER_RECEIVED_NOTICE, served_at=START)
ACCEPT = m.AcceptCounterNotification(by="acc-1", received_at=IN_TIME)
DISPUTE = m.RejectCounterNotification(by="acc-1", received_at=IN_TIME)
LOST = m.DecideDispute(by=SECOND, determination="upheld")
WON = m.DecideDispute(by=SECOND, determination="overturned")
WITHDRAW = m.Withdraw(by="acc-1", reason="settled")
LET_UP = m.Reinstate(by="operator-1", reason="public-interest")
DUE = m.RecordReinstatementDue(held_by_others=False)
UP = m.RecordReinstated()


def _reached(*commands: m.Command, rules: m.Rules = RULES) -> m.Case:
    """The case after these commands; an expiry is taken long after its deadline, everything else at the start."""

    def step(case: m.Case | None, command: m.Command) -> m.Case | None:
        now = LONG_AFTER if isinstance(command, m.ExpireDeadline) else START
        return fold(m.evolve, case, m.decide(case, command, now, rules))

    case = reduce(step, commands, None)
    if case is None:
        raise ValueError("a case is filed first")
    return case


def _lapse(deadline_id: str) -> m.ExpireDeadline:
    return m.ExpireDeadline(deadline_id=deadline_id)


_UPHELD = (FILE, REVIEW, UPHOLD)
_DOWN = (*_UPHELD, DOWN)
_SERVED = (*_DOWN, DOWN_SERVED)
_COUNTERED = (*_SERVED, COUNTER)
_DISPUTED = (*_COUNTERED, DISPUTE)
_DEEMED = (*_COUNTERED, COUNTER_SERVED, _lapse("owner-response:1"))
_SILENT = (*_SERVED, _lapse("counter-notification:1"))
_ASKED = (FILE, REVIEW, ASK)
_RELEASED = ((), (DUE,), (DUE, UP))


def cases() -> Iterator[m.Case]:
    """At least one case in every state, and one for each fact that changes an answer."""
    yield _reached(FILE)
    yield _reached(FILE, REVIEW)
    yield _reached(*_ASKED)
    yield _reached(*_ASKED, ASK_SERVED)
    yield _reached(*_ASKED, ASK_SERVED, rules=UNDATED)
    yield _reached(*_UPHELD)
    yield _reached(*_DOWN)
    yield _reached(*_SERVED)
    yield _reached(*_SERVED, rules=UNDATED)
    yield _reached(*_SERVED, LET_UP)
    yield _reached(*_DISPUTED, LOST, rules=TWO_ATTEMPTS)
    yield _reached(*_COUNTERED)
    yield _reached(*_COUNTERED, COUNTER_SERVED)
    yield _reached(*_COUNTERED, COUNTER_SERVED, rules=UNDATED)
    yield _reached(*_DISPUTED)
    yield _reached(*_ASKED, ASK_SERVED, _lapse("supplement:1"))
    yield _reached(FILE, REVIEW, m.Reject(by=FIRST, reason_code="insufficient_support"))
    yield _reached(FILE, WITHDRAW)
    for more in _RELEASED:
        yield _reached(*_DOWN, WITHDRAW, *more)
        yield _reached(*_DEEMED, *more)
        yield _reached(*_COUNTERED, ACCEPT, *more)
        yield _reached(*_DISPUTED, WON, *more)
        yield _reached(*_SILENT, LET_UP, *more)
        yield _reached(*_DISPUTED, LET_UP, *more)
        yield _reached(*_COUNTERED, LET_UP, *more)
        yield _reached(*_SERVED, LET_UP, *more)
        yield _reached(*_DISPUTED, LOST, LET_UP, *more)
    yield _reached(*_DISPUTED, LOST)
    yield _reached(*_SILENT)
    yield _reached(*_DISPUTED, LOST, _lapse("counter-notification:2"), rules=TWO_ATTEMPTS)


@dataclass(frozen=True)
class Asked:
    """One command in one form, when it is given and under which rules."""

    command: m.Command
    now: datetime = LONG_AFTER
    rules: m.Rules = RULES


def questions(case: m.Case | None) -> Mapping[str, tuple[Asked, ...]]:
    """Every command by its name, in every form that makes a difference."""
    running = case.running.id if case is not None and case.running is not None else "counter-notification:9"
    asked = (
        Asked(FILE),
        *(Asked(m.BeginReview(by=who)) for who in (FIRST, SECOND)),
        Asked(ASK),
        *(Asked(m.SubmitSupplement(by="acc-1", received_at=at)) for at in (IN_TIME, LATE)),
        Asked(UPHOLD),
        Asked(m.Reject(by=FIRST, reason_code="insufficient_support")),
        Asked(DOWN),
        *(Asked(served) for served in (ASK_SERVED, DOWN_SERVED, COUNTER_SERVED)),
        Asked(replace(DOWN_SERVED, notice="complaint-rejected")),
        *(Asked(replace(COUNTER, received_at=at)) for at in (IN_TIME, LATE)),
        *(Asked(replace(ACCEPT, received_at=at)) for at in (IN_TIME, LATE)),
        *(Asked(replace(DISPUTE, received_at=at)) for at in (IN_TIME, LATE)),
        Asked(replace(WON, by=FIRST)),
        Asked(WON),
        *(Asked(LOST, rules=rules) for rules in (RULES, TWO_ATTEMPTS)),
        Asked(WITHDRAW),
        *(Asked(_lapse(running), now=at) for at in (START, LONG_AFTER)),
        Asked(_lapse("counter-notification:9")),
        *(Asked(replace(DUE, held_by_others=others)) for others in (False, True)),
        Asked(UP),
        Asked(LET_UP),
        Asked(m.AmendDeadline(), now=START),
        Asked(m.AmendDeadline(), now=START, rules=replace(RULES, calendar=_with_a_holiday())),
    )
    by_name: dict[str, tuple[Asked, ...]] = {kind.__name__: () for kind in get_args(m.Command)}
    for one in asked:
        name = type(one.command).__name__
        by_name[name] = (*by_name[name], one)
    return by_name


@dataclass(frozen=True, order=True)
class Answer:
    """What the decider says: events and the state after them, or the code of a refusal."""

    kind: str  # "events", "refusal" or "obsolete"
    text: str
    state: str = ""

    def __str__(self) -> str:
        marks = {"events": "{0.text} → {0.state}", "refusal": "{0.text}", "obsolete": "~{0.text}"}
        return marks[self.kind].format(self)


def answer(case: m.Case | None, asked: Asked) -> Answer:
    try:
        events = m.decide(case, asked.command, asked.now, asked.rules)
    except Obsolete as passed_over:
        return Answer("obsolete", passed_over.code)
    except Refusal as refused:
        return Answer("refusal", refused.code)
    after = fold(m.evolve, case, events)
    return Answer("events", " + ".join(type(event).__name__ for event in events), after.state if after else "")


def table() -> dict[tuple[str, str], tuple[Answer, ...]]:
    """Every state and every command: what the decider may answer, over all situations."""
    found: dict[tuple[str, str], set[Answer]] = {}
    for case in (None, *cases()):
        state = case.state if case is not None else NOT_FILED
        for name, forms in questions(case).items():
            found.setdefault((state, name), set()).update(answer(case, form) for form in forms)
    return {cell: tuple(sorted(answers)) for cell, answers in found.items()}


def _with_a_holiday() -> Calendar:
    """The calendar amended: Wednesday, 4 March 2026 is off after all."""
    return replace(CALENDAR, version="2026.2", days_off={date(2026, 3, 4): "added holiday"})
