"""The Good Faith processor: cases, findings and days in, statuses with their figures out, the same after a crash."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from services.scoring.goodfaith.model import BARRED, FALSEHOOD, OBJECTION, Rules
from services.scoring.streams.counted import CountedOutcome
from services.scoring.streams.goodfaith import GoodFaithProcessor, shape
from shared.contracts.envelope import decode, read_data
from shared.contracts.identity import accounts
from shared.contracts.scoring import goodfaith, outcomes
from shared.contracts.scoring.goodfaith import GoodFaithStatus
from shared.contracts.scoring.outcomes import CaseOutcome
from shared.kernel.clock import SteppedClock
from shared.policies.policy import GoodFaithPolicy
from shared.streams.processor import Record, Send
from tests.support.streams import Bench, record

RULES = Rules(GoodFaithPolicy(10, 0.90, 0.05, 3, 3, every_reason_code=False), "2026-01")
ACCOUNT = "acc-intl-1"
FILED = datetime.fromisoformat("2026-03-10T02:00:00Z")
_STATUSES, _DAYS = shape().outputs


class _World:
    def __init__(self) -> None:
        self.clock = SteppedClock(FILED)
        self.seconds = 0.0
        self.bench = Bench(self.build)

    def build(self) -> GoodFaithProcessor:
        zone = ZoneInfo("Asia/Shanghai")
        return GoodFaithProcessor(shape(), self.clock, lambda _: RULES, zone, seconds=lambda: self.seconds)

    def days_pass(self, to: str) -> list[Send]:
        """Moves the clock and gives the tick's records back to the processor, as the broker does."""
        self.clock.move_to(datetime.fromisoformat(to))
        turns = self.bench.tick()
        assert all(send.topic == _DAYS for send in turns)
        return self.bench.feed(_came_back(send) for send in turns)

    def processor_backlog(self) -> int:
        return self.bench.processor.backlog()

    def status(self, key: str = ACCOUNT) -> GoodFaithStatus:
        return read_data(self.bench.latest(_STATUSES)[key], GoodFaithStatus)


def _came_back(send: Send) -> Record:
    envelope = decode(send.value)
    return Record(_DAYS, 0, send.key, envelope, read_data(envelope, goodfaith.DayTurned))


def _outcome(
    case: str, sequence: int = 2, *, principal: str | None = None, at: datetime = FILED, **more: object
) -> Record:
    data = outcomes.OUTCOMES.examples[0].model_copy(
        update={
            "case_id": case,
            "case_sequence": sequence,
            "account_id": ACCOUNT,
            "principal_id": principal,
            "filed_at": FILED,
            "first_decision": "upheld",
            **more,
        }
    )
    assert isinstance(data, CaseOutcome)
    told = record(outcomes.BY_ACCOUNT.name, data, sequence, at, case)
    return Record(told.topic, told.partition, ACCOUNT, told.envelope, CountedOutcome.read(told.envelope))


def _falsehood(sequence: int = 7, *, found: bool = True) -> Record:
    data = accounts.StandingChanged(account_id=ACCOUNT, reason="forged-papers", deliberate_falsehood=found)
    return record(accounts.TOPIC.name, data, sequence, FILED + timedelta(days=1), ACCOUNT)


def _objection(sequence: int, *, ends: bool = False, purpose: str = "good-faith") -> Record:
    kind = accounts.ObjectionEnded if ends else accounts.ObjectionGranted
    there = () if ends else (purpose,)
    data = kind(account_id=ACCOUNT, purpose=purpose, request_id="prq-1", objections=there)
    return record(accounts.TOPIC.name, data, sequence, FILED + timedelta(days=1), ACCOUNT)


def _ten(principal: str | None = None) -> list[Record]:
    return [_outcome(f"C{principal or ''}{number}", principal=principal) for number in range(10)]


def test_the_tenth_case_grants_the_status_with_its_figures() -> None:
    world = _World()
    world.bench.feed(_ten()[:9])
    assert (world.status().eligible, world.status().change) == (False, "figures")

    [send] = world.bench.feed(_ten()[9:])

    status = read_data(decode(send.value), GoodFaithStatus)
    assert (status.eligible, status.change, status.day) == (True, "granted", date(2026, 3, 10))
    assert (status.window_from, status.window_to) == (date(2025, 12, 10), date(2026, 3, 10))
    assert (status.requests, status.decided, status.upheld, status.counter_successes) == (10, 10, 10, 0)
    assert (status.success_rate, status.counter_success_rate, status.unmet) == (1.0, 0.0, ())


def test_a_case_filed_after_midnight_in_shanghai_counts_on_that_day() -> None:
    """2026-03-10T16:30Z is 11 March in Shanghai."""
    world = _World()
    late = datetime.fromisoformat("2026-03-10T16:30:00Z")

    world.bench.feed([_outcome("C1", at=late, filed_at=late)])

    assert world.status().day == date(2026, 3, 11)


def test_it_is_lost_by_the_passing_of_days_alone() -> None:
    world = _World()
    world.bench.feed(_ten())

    assert world.days_pass("2026-06-09T15:59:59Z") == []  # still 9 June in Shanghai: (9 March, 9 June]
    assert world.status().eligible
    [send] = world.days_pass("2026-06-09T16:00:00Z")

    status = read_data(decode(send.value), GoodFaithStatus)
    assert (status.change, status.day, status.barred_until) == ("lost", date(2026, 6, 10), date(2026, 9, 10))
    assert status.requests == 0


def test_days_leapt_over_are_judged_one_by_one() -> None:
    """The clock leaps from March to October: lost on 10 June, the bar over on 10 September."""
    world = _World()
    world.bench.feed(_ten())

    told = [read_data(decode(send.value), GoodFaithStatus) for send in world.days_pass("2026-10-01T02:00:00Z")]

    assert [(one.change, one.day) for one in told] == [("lost", date(2026, 6, 10)), ("figures", date(2026, 9, 10))]
    assert BARRED not in told[-1].unmet
    late = datetime.fromisoformat("2026-10-01T03:00:00Z")
    world.bench.feed(_outcome(f"D{n}", at=late, filed_at=late) for n in range(10))
    assert world.status().eligible


def test_new_figures_do_not_help_while_the_bar_runs() -> None:
    world = _World()
    world.bench.feed(_ten())
    world.days_pass("2026-06-10T02:00:00Z")
    late = datetime.fromisoformat("2026-08-01T03:00:00Z")

    world.bench.feed(_outcome(f"D{n}", at=late, filed_at=late) for n in range(10))
    world.days_pass("2026-08-02T02:00:00Z")

    assert (world.status().eligible, world.status().unmet) == (False, (BARRED,))
    [granted] = world.days_pass("2026-09-10T02:00:00Z")
    assert read_data(decode(granted.value), GoodFaithStatus).change == "granted"


def test_a_case_lost_to_a_counter_notification_takes_the_status_away() -> None:
    """1 of 10 is 10 %, more than 5 %."""
    world = _World()
    world.bench.feed(_ten())

    [send] = world.bench.feed([_outcome("C3", 6, counter_success=True)])

    status = read_data(decode(send.value), GoodFaithStatus)
    assert (status.change, status.counter_successes, status.unmet) == ("lost", 1, ("counter-success-rate", BARRED))


def test_a_correction_replaces_what_was_counted() -> None:
    world = _World()
    world.bench.feed(_ten())

    world.bench.feed([_outcome("C0", 3, first_decision="rejected"), _outcome("C1", 3, first_decision="rejected")])

    assert (world.status().decided, world.status().upheld) == (10, 8)


def test_agencies_are_judged_by_principal_and_a_finding_bars_all_of_them() -> None:
    world = _World()
    world.bench.feed([*_ten("p1"), *_ten("p2")[:4]])
    assert world.status(f"{ACCOUNT}|p1").eligible
    assert not world.status(f"{ACCOUNT}|p2").eligible

    world.bench.feed([_falsehood()])

    assert world.status(f"{ACCOUNT}|p1").unmet == (FALSEHOOD,)
    world.bench.feed(_ten("p2")[4:])
    assert world.status(f"{ACCOUNT}|p2").unmet == (FALSEHOOD,)


def test_of_a_person_who_objects_no_figures_are_made_and_the_end_of_it_brings_them_back() -> None:
    world = _World()
    world.bench.feed(_ten())
    assert world.status().eligible

    world.bench.feed([_objection(7)])

    objected = world.status()
    assert (objected.eligible, objected.change, objected.unmet) == (False, "lost", (OBJECTION,))
    assert (objected.requests, objected.success_rate, objected.barred_until) == (0, None, None)
    sent = len(world.bench.sent)
    world.bench.feed([_outcome("C10"), _outcome("C11", first_decision="rejected")])
    assert len([each for each in world.bench.sent[sent:] if each.topic == _STATUSES]) == 0

    world.bench.crash()
    world.bench.feed([_objection(8, ends=True)])
    back = world.status()
    # 12 requests, 11 of them upheld: counted by hand
    assert (back.eligible, back.change, back.requests, back.upheld) == (True, "granted", 12, 11)


def test_an_old_or_another_objection_changes_nothing() -> None:
    world = _World()
    world.bench.feed([*_ten(), _objection(7, purpose="other")])
    assert world.status().eligible
    world.bench.feed([_objection(9, ends=True), _objection(8)])
    assert world.status().eligible


def test_another_change_of_standing_is_no_finding() -> None:
    world = _World()
    world.bench.feed([*_ten(), _falsehood(found=False)])

    assert world.status().eligible


def test_the_tick_asks_again_only_after_a_while_and_until_the_day_is_judged() -> None:
    world = _World()
    world.bench.feed(_ten())
    world.clock.move_to(datetime.fromisoformat("2026-03-11T02:00:00Z"))

    assert world.processor_backlog() == 1
    [turn] = world.bench.tick()
    assert world.bench.tick() == []
    world.seconds = 5.0
    assert world.bench.tick() == [turn]
    world.bench.feed([_came_back(turn)])

    world.seconds = 100.0
    assert world.bench.tick() == []
    assert world.processor_backlog() == 0


def test_a_crash_forgets_neither_status_nor_bar_nor_finding() -> None:
    world = _World()
    world.bench.feed(_ten())
    world.days_pass("2026-06-10T02:00:00Z")
    world.bench.crash()
    late = datetime.fromisoformat("2026-08-01T03:00:00Z")
    world.bench.feed(_outcome(f"D{n}", at=late, filed_at=late) for n in range(10))
    world.days_pass("2026-08-02T02:00:00Z")
    assert world.status().unmet == (BARRED,)

    world.bench.feed([_falsehood()])
    world.bench.crash()
    world.days_pass("2026-09-10T02:00:00Z")

    assert world.status().unmet == (FALSEHOOD,)


def test_what_was_lost_between_table_and_send_is_told_when_the_record_comes_again() -> None:
    world = _World()
    cases = _ten()
    world.bench.feed(cases[:9])
    lost = world.bench.feed(cases[9:], lost=True)
    world.bench.crash()

    assert [decode(send.value).data for send in world.bench.feed(cases[9:])] == [decode(s.value).data for s in lost]
    assert world.status().change == "granted"


def test_statuses_of_a_key_rise_in_sequence() -> None:
    world = _World()
    world.bench.feed([*_ten(), _outcome("C3", 6, counter_success=True)])
    world.days_pass("2026-03-20T02:00:00Z")
    world.bench.feed([_falsehood()])

    told = [decode(send.value).sequence for send in world.bench.sent if send.topic == _STATUSES]

    assert told == sorted(set(told))


def test_a_status_row_of_the_form_with_named_counts_is_read_as_before() -> None:
    """A rolling redeploy meets rows of the version before, which wrote counts by their names."""
    world, control = _World(), _World()
    for one in (world, control):
        one.bench.feed(_ten())
    rows = {key: orjson.loads(value) for key, value in world.bench.table.items() if key.startswith("status|")}
    assert rows
    for key, row in rows.items():
        names = ("requests", "decided", "upheld", "counter_successes")
        row["standing"]["told"] = dict(zip(names, row["standing"]["told"], strict=True))
        world.bench.table[key] = orjson.dumps(row)

    for one in (world, control):
        one.bench.crash()
        one.days_pass("2026-06-10T02:00:00Z")

    assert world.status() == control.status()
    assert world.bench.table == control.bench.table
