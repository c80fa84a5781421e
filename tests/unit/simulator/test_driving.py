"""What the driver goes by: deadlines that run, and whether the world stands still."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition

from deploy.simulator.ledger import CASES, Ledger
from deploy.simulator.quiet import Lag, NeverQuiet, Quiet

DUE = datetime(2026, 2, 6, 16, tzinfo=UTC)
PART = TopicPartition(CASES, 0)


def _event(case: str, sequence: int, state: str, *due: datetime) -> dict[str, Any]:
    deadlines = [{"id": "counter-notification:1", "kind": "counter-notification", "due": at.isoformat()} for at in due]
    return {"subject": case, "sequence": str(sequence), "data": {"state": state, "deadlines": deadlines}}


def test_the_list_of_deadlines_replaces_the_one_before() -> None:
    ledger = Ledger()
    ledger.take(CASES, _event("a", 1, "taken_down", DUE))
    ledger.take(CASES, _event("b", 1, "taken_down", DUE + timedelta(days=1)))
    assert ledger.next_due() == DUE

    ledger.take(CASES, _event("a", 2, "closed"))

    assert ledger.next_due() == DUE + timedelta(days=1)
    assert ledger.by_state() == {"closed": 1, "taken_down": 1}


def test_a_deadline_is_overdue_only_after_its_grace() -> None:
    ledger = Ledger()
    ledger.take(CASES, _event("a", 1, "taken_down", DUE))

    assert ledger.overdue(DUE + timedelta(seconds=60)) == []
    assert [entry.subject for entry in ledger.overdue(DUE + timedelta(seconds=61))] == ["a"]


def test_repeats_and_older_events_change_nothing() -> None:
    ledger = Ledger()
    ledger.take(CASES, _event("a", 2, "closed"))
    ledger.take(CASES, _event("a", 1, "taken_down", DUE))

    assert ledger.next_due() is None
    assert ledger.states == {"a": "closed"}


class _Broker:
    """Says what it is told to say, one answer a look; the last one for ever."""

    def __init__(self, ends: Sequence[int], lags: Sequence[int] = (0,), silent: Sequence[str] = ()) -> None:
        self._ends, self._lags, self._silent = list(ends), list(lags), list(silent)
        self.looks = 0

    async def ends(self, topics: Sequence[str]) -> Mapping[TopicPartition, int]:
        self.looks += 1
        return {PART: self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]}

    async def lags(self, groups: Sequence[str], ends: Mapping[TopicPartition, int]) -> list[Lag]:
        behind = self._lags.pop(0) if len(self._lags) > 1 else self._lags[0]
        return [Lag("g", CASES, behind)] if behind else []

    async def silent(self, groups: Sequence[str]) -> list[str]:
        return self._silent


def _quiet(broker: Any, *answers: str) -> Quiet:
    said = list(answers)

    async def check() -> str:
        return said.pop(0) if said else ""

    return Quiet(broker, (CASES,), ("g",), (check,), lambda ends: "")


async def test_quiet_is_when_two_looks_in_a_row_see_the_same() -> None:
    broker = _Broker([5])

    await _quiet(broker).wait(within=5)

    assert broker.looks == 2


async def test_a_topic_that_grew_in_between_is_looked_at_again() -> None:
    broker = _Broker([5, 6, 6])

    await _quiet(broker).wait(within=5)

    assert broker.looks == 3


async def test_cheap_questions_come_before_the_broker_is_asked() -> None:
    broker = _Broker([5])

    await _quiet(broker, "outstanding", "outstanding").wait(within=5)

    assert broker.looks == 2


async def test_who_never_comes_to_rest_is_named() -> None:
    with pytest.raises(NeverQuiet, match=r"g complaints\.cases\.v1 3"):
        await _quiet(_Broker([5], lags=[3])).wait(within=0.2)
    with pytest.raises(NeverQuiet, match="no member yet: g"):
        await _quiet(_Broker([5], silent=["g"])).wait(within=0.2)
