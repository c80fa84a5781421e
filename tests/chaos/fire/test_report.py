"""What makes a run fail: the exit status of `python -m tests.chaos`."""

import pytest

from tests.chaos.__main__ import told
from tests.chaos.checker import Breach
from tests.chaos.fire.catching_up import CatchUp
from tests.chaos.report import Result, Run


def _result(store: str = "rs") -> Result:
    return Result(Run(), catch_ups=[CatchUp(1.0, 59.9)], figures={"store": store, "cases": 60})


def test_a_run_in_which_all_held_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(_result()) == 0
    assert "slowest catching up 59.9 s, 0 breaches" in capsys.readouterr().out


@pytest.mark.parametrize("late", [CatchUp(60.1, 1.0), CatchUp(None, 3.0, "the marker was not filed")])
def test_a_catch_up_that_took_too_long_fails_it(late: CatchUp, capsys: pytest.CaptureFixture[str]) -> None:
    result = _result()
    result.catch_ups.append(late)

    assert told(result) == 1
    assert "1 of 2 catch-ups took longer than 60 s" in capsys.readouterr().out


def test_the_slow_store_is_given_longer_but_not_for_ever() -> None:
    result = _result("py")
    result.catch_ups.append(CatchUp(119.0, 1.0))
    assert told(result) == 0
    result.catch_ups.append(CatchUp(121.0, 1.0))
    assert told(result) == 1


@pytest.mark.parametrize(
    ("figures", "told_of"),
    [
        ({"cases": 59}, "59 of 60 complaints"),
        ({"parked": 41}, "41 parked records"),
        ({"dead_letters": 1}, "1 dead letters"),
    ],
)
def test_so_does_a_run_that_did_less_or_left_something(
    figures: dict[str, int], told_of: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = _result()
    result.figures |= figures

    assert told(result) == 1
    assert told_of in capsys.readouterr().out


def test_so_do_faults_that_were_not_done() -> None:
    late, skipped, ended = _result(), _result(), _result()
    late.volleys_left = 90
    skipped.skipped["kill broker"] = "not ours"
    ended.ended_early = True

    assert [told(result) for result in (late, skipped, ended)] == [1, 1, 1]


def test_so_do_a_breach_an_unrest_and_what_could_not_be_looked_at() -> None:
    broken, busy, blind = _result(), _result(), _result()
    broken.breaches.append(Breach("I1", "IPP-1", "is gone"))
    busy.busy = "records came"
    blind.problems.append("scoring.outcomes could not be rebuilt")

    assert [told(result) for result in (broken, busy, blind)] == [1, 1, 1]
