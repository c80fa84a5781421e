"""Two computations of the same, told apart by key; a rebuilt processor reaches shadow topics only."""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from deploy.provision import declared, processor_versions
from deploy.rebuild import PROCESSORS, Comparison, Difference, RebuildFailed, rebuildable, run
from deploy.rebuild.comparison import Latest, Overdue, apart, expiry_key, of_deadline_row, of_event, of_expiry
from deploy.rebuild.processors import MARK
from deploy.rebuild.run import _View, _Work, confined
from shared.contracts.deadlines import DeadlineExpired
from shared.contracts.envelope import encode
from shared.contracts.scoring.outcomes import BY_ACCOUNT, CaseOutcome
from shared.kernel.clock import SteppedClock
from shared.streams.processor import Effects, Processor, Put, Record, Send
from tests.support.streams import envelope, record

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
OUTCOME = BY_ACCOUNT.examples[0]


def _value(data: Any, sequence: int, subject: str) -> bytes:
    return encode(envelope(data, sequence, NOW, subject))[1]


def _outcome(**more: Any) -> CaseOutcome:
    assert isinstance(OUTCOME, CaseOutcome)
    return OUTCOME.model_copy(update=more)


def test_the_highest_sequence_of_a_key_counts_and_of_two_alike_the_later() -> None:
    seen: list[Any] = []
    latest = Latest(of_event(), lambda key, content: seen.append((key, content and content["state"])))
    for sequence, state in ((2, "upheld"), (1, "received"), (2, "taken_down")):
        latest.take(b"acc-1", _value(_outcome(state=state), sequence, "IPP-1"))
    latest.take(b"acc-1", b"rubbish")

    assert seen == [("acc-1 IPP-1", "upheld"), ("acc-1 IPP-1", "taken_down")]
    assert list(latest.digests) == ["acc-1 IPP-1"]
    assert latest.unread == 1


def test_an_outcome_told_once_more_by_a_step_that_changed_nothing_is_the_same() -> None:
    live, rebuilt = Latest(of_event(frozenset({"case_sequence"}))), Latest(of_event(frozenset({"case_sequence"})))
    live.take(b"IPP-1", _value(_outcome(case_sequence=5), 5, "IPP-1"))
    rebuilt.take(b"IPP-1", _value(_outcome(case_sequence=4), 4, "IPP-1"))
    assert apart(live.digests, rebuilt.digests) == {}

    live.take(b"IPP-1", _value(_outcome(case_sequence=6, state="withdrawn"), 6, "IPP-1"))
    live.take(b"IPP-2", _value(_outcome(), 1, "IPP-2"))
    assert apart(live.digests, rebuilt.digests).keys() == {"IPP-1", "IPP-2"}


def _row(sequence: int, *running: tuple[str, datetime]) -> bytes:
    return json.dumps({"seq": sequence, "due": [[name, "k", due.isoformat()] for name, due in running]}).encode()


def test_a_subject_without_deadlines_is_no_row_and_the_order_of_deadlines_is_none() -> None:
    one, other = Latest(of_deadline_row), Latest(of_deadline_row)
    one.take(b"cases|A", _row(3, ("d1", NOW), ("d2", NOW)))
    one.take(b"cases|B", _row(1, ("d1", NOW)))
    one.take(b"cases|B", _row(2))
    other.take(b"cases|A", _row(3, ("d2", NOW), ("d1", NOW)))

    assert apart(one.digests, other.digests) == {}


def test_only_what_is_overdue_and_still_runs_is_owed_an_expiry() -> None:
    overdue = Overdue(NOW)
    latest = Latest(of_deadline_row, overdue.take)
    late, early = NOW - timedelta(seconds=1), NOW
    latest.take(b"cases|A", _row(1, ("d1", late), ("d2", early)))
    latest.take(b"cases|B", _row(1, ("d1", late)))
    latest.take(b"cases|B", _row(2))
    told = Latest(of_expiry)
    told.take(b"A", _value(DeadlineExpired(subject="A", deadline_id="d1", kind="k", due=late), 1, "A"))

    assert overdue.keys() == {expiry_key("A", "d1", late.isoformat())} == set(told.digests)


def test_a_difference_says_what_differs() -> None:
    both = Difference("t", "k", {"a": 1, "b": 2}, {"a": 1, "b": 3})

    assert both.fields == ("b",)
    assert str(both) == "t k: b is 2, rebuilt 3"
    assert str(Difference("t", "k", None, {"a": 1})) == 't k: not there live, rebuilt it is {"a":1}'
    assert str(Difference("t", "k", {"a": 1}, None)) == 't k: live it is {"a":1}, rebuilt it is not there'
    assert Comparison("p").equal
    assert not Comparison("p", foreign_writes=("takedowns.taobao.v1",)).equal
    assert not Comparison("p", different=1).equal


def test_the_version_that_is_live_can_be_named() -> None:
    target = rebuildable("scoring.outcomes", 2)

    assert (target.live.app_id, target.live.changelog) == ("scoring.outcomes-v2", "scoring.outcomes-v2-state-changelog")
    assert target.live.outputs == rebuildable("scoring.outcomes").live.outputs
    assert target.shadow("now").app_id == "scoring.outcomes.shadow-now-v3"


def test_every_declared_processor_can_be_rebuilt() -> None:
    changelogs = {topic.name for topic in declared() if topic.name.endswith("-changelog")}

    assert {each.live.changelog for each in PROCESSORS} <= changelogs
    assert {each.name: each.live.version for each in PROCESSORS} == processor_versions()
    with pytest.raises(LookupError):
        rebuildable("scoring.nothing")


@pytest.mark.parametrize("target", PROCESSORS, ids=lambda target: target.name)
def test_a_shadow_writes_to_no_live_topic_and_is_in_no_live_group(target: Any) -> None:
    shape = target.shadow("now")

    written = {*shape.outputs, shape.changelog, shape.dead_letters, shape.app_id}
    assert all(MARK in name for name in written)
    assert len(written) == len(shape.outputs) + 3
    assert not written & set(shape.inputs)
    assert {name for name in shape.inputs if MARK not in name} == set(target.live.inputs) - set(target.later)
    assert list(shape.inputs.values()) == list(target.live.inputs.values())
    assert target.build(shape, SteppedClock(NOW)).shape == shape


class _Loud(Processor):
    """Sends everywhere."""

    def __init__(self) -> None:
        self.shape = rebuildable("scoring.outcomes").shadow("now")

    def restore(self, partition: int, key: str, value: bytes) -> None:
        """Nothing is kept."""

    def drop(self, partition: int) -> None:
        """Nothing is kept."""

    def process(self, record: Record) -> Effects:
        return Effects((Put("k", b"v"),), (Send("takedowns.taobao.v1", "k", (), b""), self._inside))

    def tick(self) -> Iterable[Send]:
        yield Send("complaints.deadlines.v1", "k", (), b"")
        yield self._inside

    @property
    def _inside(self) -> Send:
        return Send(self.shape.outputs[0], "k", (), b"")


def test_what_a_rebuilt_processor_sends_elsewhere_does_not_go_out_and_is_told() -> None:
    foreign: list[str] = []
    processor = confined(_Loud(), foreign)

    effects = processor.process(record(BY_ACCOUNT.name, OUTCOME, 1, NOW, "IPP-1"))

    assert [send.topic for send in (*effects.sends, *processor.tick())] == [processor.shape.outputs[0]] * 2
    assert len(effects.writes) == 1
    assert foreign == ["takedowns.taobao.v1", "complaints.deadlines.v1"]


class _Stuck:
    """A broker whose groups commit nothing."""

    async def commits(self, group: str) -> dict[TopicPartition, int]:
        return {}


async def test_a_live_processor_that_stands_still_is_told_and_not_waited_for_for_ever() -> None:
    target = rebuildable("scoring.outcomes")
    broker: Any = _Stuck()
    work = _Work(
        target, target.shadow("now"), MARK, "", SteppedClock(NOW), broker, lambda _: None, lambda: None, patience=0.0
    )

    with pytest.raises(RebuildFailed, match=r"the live processor .* stands still, 3 records behind"):
        await asyncio.wait_for(work._until("g", {TopicPartition("t", 0): 3}, "the live processor"), 10)


class _Rounds(_Work):
    """Sees each round what is given, by key: the digest live, and the one rebuilt."""

    rounds: list[dict[str, tuple[bytes, bytes]]]

    async def _caught_up(self) -> None:
        self._records = 1

    async def _views(self) -> list[_View]:
        seen = self.rounds.pop(0)
        live, rebuilt = ({key: pair[side] for key, pair in seen.items()} for side in (0, 1))
        return [_View("t", of_event(), ("t", "t.shadow-now"), live, rebuilt, unread=2)]

    async def _contents(self, topic: str, read: Any, keys: frozenset[str]) -> dict[str, Any]:
        return {key: {"topic": topic} for key in keys}


_EQUAL, _ONE, _TWO, _THREE = (b"=", b"="), (b"1", b"="), (b"2", b"="), (b"3", b"=")


@pytest.mark.parametrize(
    ("rounds", "equal", "differing", "moved"),
    [
        ([{"a": _EQUAL}], True, [], ()),
        ([{"a": _ONE}, {"a": _TWO}, {"a": _EQUAL}], True, [], ()),
        ([{"a": _ONE}, {"a": _ONE}], False, ["a"], ()),
        # Five rounds are all there are: what differs in the last, but not as in the one before, is not decided.
        ([{"a": one, "b": _EQUAL} for one in (_ONE, _TWO, _THREE, _ONE, _TWO)], False, [], ("t a",)),
        ([{"a": one, "b": _ONE} for one in (_ONE, _TWO, _THREE, _ONE, _TWO)], False, ["b"], ("t a",)),
    ],
)
async def test_what_keeps_moving_to_the_last_is_neither_equal_nor_different(
    monkeypatch: pytest.MonkeyPatch,
    rounds: list[dict[str, tuple[bytes, bytes]]],
    equal: bool,
    differing: list[str],
    moved: tuple[str, ...],
) -> None:
    monkeypatch.setattr(run, "_PAUSE_SECONDS", 0.0)
    target, nobody = rebuildable("scoring.outcomes"), cast("Any", None)
    work = _Rounds(target, target.shadow("now"), MARK, "", SteppedClock(NOW), nobody, lambda _: None, lambda: None)
    work.rounds = list(rounds)

    found = await work.run()

    assert (found.equal, [each.key for each in found.differences], found.moved) == (equal, differing, moved)
    assert (found.different, found.moving, found.unread) == (len(differing), len(moved), 2)
    assert work.rounds == []
