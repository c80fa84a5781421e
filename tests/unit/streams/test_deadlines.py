"""The deadline processor: never early, again until answered, the same after a crash."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.complaints import cases, measures
from shared.contracts.deadlines import DeadlineData, DeadlineExpired
from shared.contracts.envelope import decode, read_data
from shared.kernel.clock import SteppedClock
from shared.streams.deadlines import MOST_SENT_AT_ONCE, DeadlineProcessor, Running, Subject
from shared.streams.processor import Record, Shape
from tests.support.streams import Bench, record

_START = datetime.fromisoformat("2026-02-13T02:00:00Z")
_DUE = datetime.fromisoformat("2026-02-24T16:00:00Z")
_GRACE = timedelta(seconds=60)
_CASE = "IPP-7K2M9QX4TD-001"
_SHAPE = Shape(
    "complaints.deadline-processor",
    {cases.TOPIC.name: cases.TOPIC, measures.TOPIC.name: measures.TOPIC},
    ("complaints.deadlines.v1",),
)


class _World:
    def __init__(self) -> None:
        self.clock = SteppedClock(_START)
        self.seconds = 0.0
        self.bench = Bench(self.build)

    def build(self) -> DeadlineProcessor:
        return DeadlineProcessor(_SHAPE, "complaints", self.clock, _GRACE, seconds=lambda: self.seconds)

    @property
    def processor(self) -> DeadlineProcessor:
        assert isinstance(self.bench.processor, DeadlineProcessor)
        return self.bench.processor


def _deadline(due: datetime | None, name: str = "counter-notification:1") -> DeadlineData:
    return DeadlineData(
        id=name,
        kind=name.split(":")[0],
        due=due,
        start=_START,
        business_days=3,
        calendar="CN-PRC",
        calendar_version="2026.1",
        policy_version="2026-01",
    )


def _case(sequence: int, *deadlines: DeadlineData, subject: str = _CASE) -> Record:
    event = cases.TOPIC.examples[0].model_copy(update={"case_id": subject, "deadlines": deadlines})
    return record(cases.TOPIC.name, event, sequence, _START, subject)


def test_an_expiry_is_sent_once_business_time_is_past_due_and_grace_and_not_before() -> None:
    world = _World()
    world.bench.feed([_case(1, _deadline(_DUE))])

    world.clock.move_to(_DUE + _GRACE)
    assert world.bench.tick() == []
    assert world.processor.overdue() == 0

    world.clock.advance(timedelta(microseconds=1))
    [send] = world.bench.tick()
    assert (send.topic, send.key) == ("complaints.deadlines.v1", _CASE)
    told = decode(send.value)
    assert read_data(told, DeadlineExpired) == DeadlineExpired(
        subject=_CASE, deadline_id="counter-notification:1", kind="counter-notification", due=_DUE
    )
    assert (told.time, told.sequence, told.causationid, told.correlationid) == (_DUE, 1, f"{_CASE}/1", "cor-1")
    assert world.processor.overdue() == 1


def test_it_is_sent_again_with_growing_waits_and_the_same_bytes_until_the_owner_answers() -> None:
    world = _World()
    world.bench.feed([_case(1, _deadline(_DUE))])
    world.clock.move_to(_DUE + timedelta(hours=1))
    [first] = world.bench.tick()

    sent_at = []
    for second in range(1, 36):
        world.seconds = float(second)
        for send in world.bench.tick():
            assert send == first
            sent_at.append(second)
    assert sent_at == [5, 15, 35]  # waits of 5, 10, 20 seconds

    world.bench.feed([_case(2)])
    world.seconds = 1000.0
    assert world.bench.tick() == []
    assert world.processor.overdue() == 0


def test_lateness_is_business_time_past_due_and_grace() -> None:
    world = _World()
    world.bench.feed([_case(1, _deadline(_DUE)), _case(1, _deadline(_DUE + timedelta(hours=2)), subject="C2")])
    assert world.processor.lateness() == timedelta()

    world.clock.move_to(_DUE + _GRACE + timedelta(hours=1))

    assert world.processor.lateness() == timedelta(hours=1)


def test_an_undated_deadline_never_fires_and_fires_once_dated() -> None:
    world = _World()
    world.bench.feed([_case(1, _deadline(None))])
    world.clock.move_to(_DUE + timedelta(days=400))
    assert world.bench.tick() == []

    world.bench.feed([_case(2, _deadline(_DUE + timedelta(days=300)))])

    assert len(world.bench.tick()) == 1


def test_a_lengthened_deadline_fires_at_its_later_due_only() -> None:
    world = _World()
    later = _DUE + timedelta(days=1)
    world.bench.feed([_case(1, _deadline(_DUE)), _case(2, _deadline(later))])

    world.clock.move_to(_DUE + timedelta(hours=1))
    assert world.bench.tick() == []
    world.clock.move_to(later + timedelta(hours=1))
    [send] = world.bench.tick()
    assert read_data(decode(send.value), DeadlineExpired).due == later


def test_an_older_event_that_comes_again_brings_no_deadline_back() -> None:
    world = _World()
    world.bench.feed([_case(1, _deadline(_DUE)), _case(2), _case(1, _deadline(_DUE))])
    world.clock.move_to(_DUE + timedelta(hours=1))

    assert world.bench.tick() == []


def test_cases_and_measures_of_the_same_name_keep_apart() -> None:
    world = _World()
    measure = measures.TOPIC.examples[0].model_copy(update={"deadlines": (_deadline(_DUE, "retry-command:1"),)})
    world.bench.feed([_case(1, _deadline(_DUE)), record(measures.TOPIC.name, measure, 1, _START, _CASE), _case(2)])
    world.clock.move_to(_DUE + timedelta(hours=1))

    [send] = world.bench.tick()
    assert read_data(decode(send.value), DeadlineExpired).deadline_id == "retry-command:1"


def test_a_subject_that_never_had_a_deadline_writes_no_table() -> None:
    world = _World()

    world.bench.feed([_case(1), _case(2), _case(3)])

    assert world.bench.table == {}


def test_after_a_crash_the_same_deadlines_are_owed() -> None:
    world = _World()
    other = _DUE + timedelta(days=1)
    world.bench.feed([_case(1, _deadline(_DUE)), _case(1, _deadline(other), subject="C2"), _case(2, subject="C3")])
    world.bench.feed([_case(1, _deadline(_DUE), subject="C4"), _case(2, subject="C4")])

    world.bench.crash()

    world.clock.move_to(_DUE + timedelta(hours=1))
    assert [send.key for send in world.bench.tick()] == [_CASE]


def test_a_revoked_partition_owes_nothing_here() -> None:
    world = _World()
    world.bench.feed([_case(1, _deadline(_DUE))])
    world.clock.move_to(_DUE + timedelta(hours=1))

    world.processor.drop(0)

    assert world.bench.tick() == []
    assert world.processor.overdue() == 0


def test_what_falls_due_together_is_sent_some_at_a_time_and_all_of_it_once() -> None:
    world = _World()
    count = 2 * MOST_SENT_AT_ONCE + 1
    world.bench.feed([_case(1, _deadline(_DUE), subject=f"C{number}") for number in range(count)])
    world.clock.move_to(_DUE + timedelta(hours=1))

    ticks = [[send.key for send in world.bench.tick()] for _ in range(4)]

    assert [len(keys) for keys in ticks] == [MOST_SENT_AT_ONCE, MOST_SENT_AT_ONCE, 1, 0]
    assert len({key for keys in ticks for key in keys}) == count == world.processor.overdue()


def test_rows_read_back_in_bulk_are_as_those_read_one_by_one() -> None:
    """The latest row of a key counts, wherever it comes, and one that cannot be read is told and hurts no other."""
    world, other = _World(), _World()
    later = Subject(4, (Running("d:1", "d", _DUE + timedelta(days=1)),), "cause", "cor").to_bytes()
    ended = Subject(5).to_bytes()
    rows = [(b"cases|C%d" % n, Subject(3, (Running("d:1", "d", _DUE),), "cause", "cor").to_bytes()) for n in range(5)]
    rows += [(b"cases|C0", later), (b"cases|C0", rows[0][1]), (b"cases|C1", ended), (b"\xff", later)]
    rows += [(b"cases|C9", b"{"), (b"cases|C8", b'{"seq": 1, "due": [["d:1", "d", "soon"]], "cause": "", "cor": ""}')]

    bad = world.processor.restore_all(0, rows)
    for key, value in rows[:-3]:
        other.processor.restore(0, key.decode(), value)

    assert [row.key for row in bad] == [b"\xff", b"cases|C9", b"cases|C8"]
    for day in (0, 1):
        for each in (world, other):
            each.clock.move_to(_DUE + timedelta(days=day, hours=1))
        sent = world.bench.tick()
        assert sent == other.bench.tick()
        assert [send.key for send in sent] == (["C0"] if day else ["C2", "C3", "C4"])


_LISTS = st.lists(st.lists(st.integers(0, 5), max_size=3, unique=True), min_size=1, max_size=8)


@given(_LISTS, st.data())
def test_repeats_and_a_crash_leave_the_latest_list(lists: list[list[int]], data: st.DataObject) -> None:
    """Whatever is told twice, and wherever a crash falls, what fires is the last list that the owner told."""
    world = _World()
    story = [
        _case(number, *(_deadline(_DUE + timedelta(days=day), f"d:{day}") for day in days))
        for number, days in enumerate(lists, start=1)
    ]
    cut = data.draw(st.integers(0, len(story)))
    back = data.draw(st.integers(0, cut))
    world.bench.feed(story[:cut])
    world.bench.crash()
    world.bench.feed(story[back:])

    world.clock.move_to(_DUE + timedelta(days=30))

    fired = sorted(read_data(decode(send.value), DeadlineExpired).deadline_id for send in world.bench.tick())
    assert fired == sorted(f"d:{day}" for day in lists[-1])
