"""Three cases on one listing, their measure, a marketplace and late messages, in any order that may happen.

The independent model counts business days by itself (weekends only), knows which steps are allowed, and knows that the
listing is down exactly while a case holds it, once every message has arrived.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.complaints.cases import model as c
from services.complaints.measures import model as m
from shared.kernel.decider import Obsolete, Refusal, fold
from shared.policies.calendars import Calendar, CoveredYear, Deadline
from tests.support.case_story import FILE, FIRST, MERCHANT, OWNER, RULES, SECOND

LISTING = FILE.listing_id
CASES = ("IPP-A-001", "IPP-B-001", "IPP-C-001")
ZONE = ZoneInfo("Asia/Shanghai")
WEEKENDS = Calendar(
    "WEEKENDS", "1", "Weekends only", "Asia/Shanghai", (CoveredYear(2026, date(2025, 11, 1), "example"),), {}, {}
)
ATTEMPTS = 2
CASE_RULES = replace(RULES, calendar=WEEKENDS, attempts=ATTEMPTS)
MEASURE_RULES = m.Rules("2026-01", timedelta(minutes=5), timedelta(minutes=60))
STEPS = {
    "received": {"under_review", "withdrawn"},
    "under_review": {"awaiting_supplement", "upheld", "rejected", "withdrawn"},
    "awaiting_supplement": {"under_review", "rejected", "withdrawn"},
    "upheld": {"taken_down", "withdrawn"},
    "taken_down": {"countered", "closed", "withdrawn"},
    "countered": {"accepted", "disputed"},
    "disputed": {"final", "accepted", "taken_down"},
    "rejected": {"under_review"},
    "closed": {"countered", "withdrawn"},
    "accepted": {"disputed"},
    "final": {"withdrawn"},
    "withdrawn": set(),
}
REACTIONS = (
    c.RecordTakedown,
    c.RecordService,
    c.ExpireDeadline,
    c.RecordReinstatementDue,
    c.RecordReinstated,
)
HOLDING = (c.ComplaintUpheld, c.DisputeOpened)
LETTING_GO = (c.CounterAccepted, c.ComplaintWithdrawn, c.DisputeDecided, c.ReinstatementOrdered)
some_case = st.sampled_from(CASES)
# When an answer was received: seconds from the due of its question where there is one, and never in the future.
from_due = st.sampled_from((-86400, -1, 0, 1, 3600))
seldom = st.integers(0, 9).map(lambda drawn: drawn == 0)


def third_business_day_ends(start: datetime) -> datetime:
    day, left = start.astimezone(ZONE).date(), 3
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE)
    return midnight.astimezone(UTC)


class OneListing(RuleBasedStateMachine):
    """`told_*` are queues of messages under way; each rule is one thing that a person, a clock or a wire does."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        self.cases: dict[str, c.Case] = {}
        self.events: dict[str, list[c.Event]] = {case_id: [] for case_id in CASES}
        self.measure: m.Measure | None = None
        self.told_measure: deque[m.Command] = deque()
        self.told_cases: deque[tuple[str, c.Command]] = deque()
        self.told_marketplace: deque[m.MarketplaceCommand] = deque()
        self.told_by_marketplace: deque[m.Acknowledge] = deque()
        self.down = False
        # The model: the due of the question that is open, or was last; None while its notice is not served.
        self.due: dict[str, datetime | None] = dict.fromkeys(CASES)

    @initialize()
    def filed(self) -> None:
        for case_id in CASES:
            command = replace(FILE, case_id=case_id, right_fingerprint=f"trademark|CN|{case_id}")
            (event,) = c.decide(None, command, self.now, CASE_RULES)
            self.cases[case_id] = c.evolve(None, event)

    # -- what people do

    @rule(case_id=some_case, answered=st.booleans())
    def takes_its_course(self, case_id: str, answered: bool) -> None:
        """The step that a lively case takes next, so that the far states are reached often."""
        match self._state(case_id):
            case "received" | "under_review":
                self.uphold(case_id)
            case "upheld":
                self.everything_arrives()
            case "taken_down":
                self.serve(case_id, "takedown")
                self.counter(case_id, -86400) if answered else self.a_deadline_passes(case_id, 61)
            case "countered":
                self.serve(case_id, "counter-received")
                self.dispute(case_id, -86400) if answered else self.a_deadline_passes(case_id, 61)
            case "disputed":
                self.determine(case_id, SECOND, not answered)
            case "awaiting_supplement":
                self.serve(case_id, "supplement-requested")
                self.a_deadline_passes(case_id, 61)
            case "closed":
                self.counter(case_id, -1)
            case "accepted":
                self.dispute(case_id, -1)
            case "rejected":
                self.supplement(case_id, -1)
            case _:
                pass

    @rule(case_id=some_case)
    def review(self, case_id: str) -> None:
        self._try(case_id, c.BeginReview(by=FIRST))

    @rule(case_id=some_case)
    def uphold(self, case_id: str) -> None:
        self._try(case_id, c.BeginReview(by=FIRST))
        self._try(case_id, c.Uphold(by=FIRST))

    @rule(case_id=some_case)
    def reject(self, case_id: str) -> None:
        self._try(case_id, c.Reject(by=FIRST, reason_code="malicious"))

    @rule(case_id=some_case)
    def ask_for_a_supplement(self, case_id: str) -> None:
        if self._try(case_id, c.RequestSupplement(by=FIRST, missing=("photo",))):
            self.due[case_id] = None

    @rule(case_id=some_case, seconds=from_due)
    def supplement(self, case_id: str, seconds: int) -> None:
        at = self._received(case_id, seconds)
        lapsed = self._state(case_id) == "rejected" and self.cases[case_id].ended_because == "supplement_lapsed"
        if self._answer(case_id, c.SubmitSupplement(by=OWNER, received_at=at), at, lapsed, "awaiting_supplement"):
            self.due[case_id] = None

    @rule(case_id=some_case, seconds=from_due)
    def counter(self, case_id: str, seconds: int) -> None:
        at = self._received(case_id, seconds)
        closed = self._state(case_id) == "closed"
        command = c.SubmitCounterNotification(by=MERCHANT, received_at=at)
        if self._answer(case_id, command, at, closed, "taken_down"):
            self.due[case_id] = None

    @rule(case_id=some_case, seconds=from_due)
    def accept(self, case_id: str, seconds: int) -> None:
        at = self._received(case_id, seconds)
        self._answer(case_id, c.AcceptCounterNotification(by=OWNER, received_at=at), at, False, "countered")

    @rule(case_id=some_case, seconds=from_due)
    def dispute(self, case_id: str, seconds: int) -> None:
        at = self._received(case_id, seconds)
        deemed = self._state(case_id) == "accepted" and self.cases[case_id].ended_because == "deemed_by_silence"
        self._answer(case_id, c.RejectCounterNotification(by=OWNER, received_at=at), at, deemed, "countered")

    @rule(case_id=some_case, by=st.sampled_from((FIRST, SECOND)), overturned=st.booleans())
    def determine(self, case_id: str, by: str, overturned: bool) -> None:
        command = c.DecideDispute(by=by, determination="overturned" if overturned else "upheld")
        if self._try(case_id, command):
            assert by == SECOND
            self.due[case_id] = third_business_day_ends(self.now)

    @rule(case_id=some_case, really=seldom)
    def withdraw(self, case_id: str, really: bool) -> None:
        if really or not self.cases[case_id].is_open:
            self._try(case_id, c.Withdraw(by=OWNER, reason="settled"))

    @rule(case_id=some_case, really=seldom)
    def let_up(self, case_id: str, really: bool) -> None:
        if really:
            self._try(case_id, c.Reinstate(by="staff-3", reason="public-interest"))

    # -- what the clock and notifications do

    @rule(hours=st.sampled_from((1, 9, 30, 72)))
    def time_passes(self, hours: int) -> None:
        self.now = min(self.now + timedelta(hours=hours), datetime(2026, 12, 1, tzinfo=UTC))

    @rule(case_id=some_case, notice=st.sampled_from(("takedown", "counter-received", "supplement-requested")))
    def serve(self, case_id: str, notice: str) -> None:
        party: c.state.Party = "merchant" if notice == "takedown" else "owner"
        if self._try(case_id, c.RecordService(party=party, notice=notice, served_at=self.now)):
            assert self.due[case_id] is None, "a clock starts once"
            self.due[case_id] = third_business_day_ends(self.now)

    @rule(case_id=some_case, number=st.integers(1, 3))
    def an_expiry_comes_at_any_time(self, case_id: str, number: int) -> None:
        kinds = {"awaiting_supplement": "supplement", "countered": "owner-response"}
        kind = kinds.get(self._state(case_id), "counter-notification")
        due = self.due[case_id]
        before = self.cases[case_id].deadlines
        if self._try(case_id, c.ExpireDeadline(deadline_id=f"{kind}:{number}")):
            assert due is not None
            assert self.now > due + CASE_RULES.grace
            assert [deadline.id for deadline in before] == [f"{kind}:{number}"]

    @precondition(lambda self: any(case.deadlines for case in self.cases.values()))
    @rule(case_id=some_case, seconds=st.sampled_from((-1, 0, 60, 61, 7200)))
    def a_deadline_passes(self, case_id: str, seconds: int) -> None:
        for deadline in self.cases[case_id].deadlines:
            assert isinstance(deadline, Deadline)
            self.now = max(self.now, deadline.due + timedelta(seconds=seconds))
            late_enough = self.now > deadline.due + CASE_RULES.grace
            assert self._try(case_id, c.ExpireDeadline(deadline_id=deadline.id)) == late_enough

    # -- what travels

    @precondition(lambda self: self.told_measure)
    @rule()
    def measure_hears_of_a_case(self) -> None:
        self._tell_measure(self.told_measure.popleft())

    @precondition(lambda self: self.told_cases)
    @rule()
    def case_hears_of_its_measure(self) -> None:
        self._try(*self.told_cases.popleft())

    @precondition(lambda self: self.told_marketplace)
    @rule(fails=st.booleans(), twice=st.booleans())
    def marketplace_acts(self, fails: bool, twice: bool) -> None:
        command = self.told_marketplace.popleft()
        kind: m.AcknowledgementKind = "failed"
        if not fails:
            self.down = command.kind == "remove"
            kind = "removed" if self.down else "reinstated"
        acknowledgement = m.Acknowledge(command_id=command.id, kind=kind, merchant_id=MERCHANT, cause="timeout")
        self.told_by_marketplace.extend([acknowledgement] * (2 if twice else 1))

    @precondition(lambda self: self.told_by_marketplace)
    @rule()
    def measure_hears_of_the_marketplace(self) -> None:
        self._tell_measure(self.told_by_marketplace.popleft())

    @precondition(lambda self: self.measure is not None and self.measure.retry is not None)
    @rule(early=st.booleans())
    def retry(self, early: bool) -> None:
        assert self.measure is not None
        assert self.measure.retry is not None
        if not early:
            self.now = max(self.now, self.measure.retry.due)
        self._tell_measure(m.RetryDue(deadline_id=self.measure.retry.id))

    @rule()
    def everything_arrives(self) -> None:
        """Until nothing is under way; the marketplace does what it is told at last."""
        for _ in range(1000):
            if self.told_measure:
                self.measure_hears_of_a_case()
            elif self.told_marketplace:
                self.marketplace_acts(fails=False, twice=False)
            elif self.told_by_marketplace:
                self.measure_hears_of_the_marketplace()
            elif self.told_cases:
                self.case_hears_of_its_measure()
            elif self.measure is not None and self.measure.retry is not None:
                self.retry(early=False)
            else:
                break
        else:
            raise AssertionError("the messages never end")
        self._check_rest()

    def _check_rest(self) -> None:
        holding = {case.id for case in self.cases.values() if case.holds}
        held = set(self.measure.holders) if self.measure else set()
        assert holding == held
        assert self.down == bool(holding)
        for case in self.cases.values():
            if case.upheld_by is None:
                assert case.reinstatement == "none"
            elif case.holds:
                assert case.state in ("taken_down", "countered", "disputed", "closed", "final")
            elif self.down:
                assert case.reinstatement in ("due", "held_by_others", "done")
            else:
                assert case.reinstatement == "done"

    # -- what always holds

    @invariant()
    def deadlines_are_current_ones(self) -> None:
        for case in self.cases.values():
            numbers = {
                "awaiting_supplement": f"supplement:{case.supplements}",
                "taken_down": f"counter-notification:{case.attempts + 1}",
                "countered": f"owner-response:{case.attempts}",
            }
            for deadline in case.deadlines:
                assert deadline.id == numbers[case.state]
                assert isinstance(deadline, Deadline)
                assert deadline.due == self.due[case.id]

    @invariant()
    def one_final_decision(self) -> None:
        for case_id, events in self.events.items():
            decided = [event for event in events if isinstance(event, c.DisputeDecided)]
            assert len(decided) <= ATTEMPTS
            assert sum(event.further_attempt is None for event in decided) <= 1
            assert sum(isinstance(event, c.ComplaintUpheld) for event in events) <= 1
            assert self.cases[case_id].attempts <= ATTEMPTS

    # -- machinery

    def _state(self, case_id: str) -> str:
        return self.cases[case_id].state

    def _received(self, case_id: str, seconds: int) -> datetime:
        return min((self.due[case_id] or self.now) + timedelta(seconds=seconds), self.now)

    def _try(self, case_id: str, command: c.Command) -> bool:
        """Whether the command had an effect. A reaction must never be refused for good."""
        before = self.cases[case_id]
        try:
            events = c.decide(before, command, self.now, CASE_RULES)
        except Refusal as refusal:
            reaction = isinstance(command, REACTIONS)
            assert isinstance(refusal, Obsolete) or not reaction, f"{command} was refused: {refusal}"
            return False
        after = fold(c.evolve, before, events)
        assert after is not None
        assert after.state == before.state or after.state in STEPS[before.state], (before.state, after.state)
        self.cases[case_id] = after
        self.events[case_id].extend(events)
        for event in events:
            if isinstance(event, HOLDING) and after.holds:
                self.told_measure.append(m.PlaceHold(listing_id=LISTING, platform="taobao", case_id=case_id))
            if isinstance(event, LETTING_GO) and not after.holds:
                self.told_measure.append(m.ReleaseHold(case_id=case_id))
        return True

    def _answer(self, case_id: str, command: c.Command, at: datetime, after_silence: bool, state: str) -> bool:
        """An answer counts exactly if its question is open, or was ended by silence, and it came before the due."""
        due = self.due[case_id]
        asked = after_silence or self._state(case_id) == state
        counted = self._try(case_id, command)
        assert counted == (asked and (due is None or at < due))
        return counted

    def _tell_measure(self, command: m.Command) -> None:
        try:
            (event,) = m.decide(self.measure, command, self.now, MEASURE_RULES)
        except Obsolete:
            return
        self.measure = m.evolve(self.measure, event)
        if isinstance(event, m.HoldPlaced | m.HoldReleased | m.CommandRepeated) and event.command:
            self.told_marketplace.append(event.command)
        tell: Callable[[str, c.Command], None] = lambda case_id, said: self.told_cases.append((case_id, said))  # noqa: E731
        match event:
            case m.HoldPlaced(already_down=True):
                tell(event.case_id, c.RecordTakedown(merchant_id=self.measure.merchant_id or ""))
            case m.RemovalAcknowledged():
                for case_id in self.measure.holders:
                    tell(case_id, c.RecordTakedown(merchant_id=event.merchant_id))
            case m.HoldReleased():
                tell(event.case_id, c.RecordReinstatementDue(held_by_others=event.held_by_others))
            case m.ReinstatementAcknowledged():
                for case_id in event.released:
                    tell(case_id, c.RecordReinstated())
            case _:
                pass

    def teardown(self) -> None:
        if self.cases:
            self.everything_arrives()


TestCasesOnOneListing = OneListing.TestCase
TestCasesOnOneListing.settings = settings(max_examples=120, stateful_step_count=80, deadline=None)
