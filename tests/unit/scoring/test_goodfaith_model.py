"""The Good Faith Program: thresholds, window, loss and re-entry, by figures worked out by hand."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.goodfaith.model import (
    BARRED,
    COUNTER_SUCCESS,
    FALSEHOOD,
    REQUESTS,
    SUCCESS,
    Contribution,
    Counts,
    Judgement,
    Rules,
    Standing,
    Tally,
    days_to_judge,
    judge,
    unmet_conditions,
)
from shared.policies.good_faith import good_faith_window
from shared.policies.policy import GoodFaithPolicy

RULES = Rules(GoodFaithPolicy(100, 0.90, 0.05, 3, 3, every_reason_code=False), "2026-01")


@pytest.mark.parametrize(
    ("counts", "unmet"),
    [
        (Counts(100, 100, 90, 4), ()),  # 90 % and 4/90 = 4.4 %
        (Counts(99, 99, 99, 0), (REQUESTS,)),
        (Counts(100, 100, 89, 0), (SUCCESS,)),
        (Counts(1000, 1000, 1000, 50), ()),  # exactly 5 %
        (Counts(1000, 1000, 1000, 51), (COUNTER_SUCCESS,)),
        (Counts(100, 10, 9, 0), ()),  # undecided requests count as requests only
        (Counts(100, 0, 0, 0), (SUCCESS, COUNTER_SUCCESS)),  # a rate over nothing is not met
        (Counts(100, 50, 0, 0), (SUCCESS, COUNTER_SUCCESS)),
    ],
)
def test_thresholds(counts: Counts, unmet: tuple[str, ...]) -> None:
    assert unmet_conditions(counts, False, RULES) == unmet


def test_a_finding_of_falsehood_is_never_forgiven() -> None:
    assert unmet_conditions(Counts(500, 500, 500, 0), True, RULES) == (FALSEHOOD,)


def _tally(filed_on: date, upheld: int = 100, rejected: int = 0) -> Tally:
    tally = Tally()
    for number in range(upheld + rejected):
        tally.put(f"{filed_on}/{number}", Contribution(5, filed_on, decided=True, upheld=number < upheld))
    return tally


def _judge_days(tally: Tally, first: date, last: date) -> dict[date, Judgement]:
    judged = {first: judge(tally, False, None, first, RULES)}
    for day in days_to_judge(judged[first].standing, last):
        judged[day] = judge(tally, False, judged[day - timedelta(days=1)].standing, day, RULES)
    return judged


def test_the_window_excludes_its_first_day_and_clamps_month_ends() -> None:
    """On 31 May the window is (28 February, 31 May]."""
    on_the_edge = _tally(date(2026, 2, 28))
    inside = _tally(date(2026, 3, 1))
    window = good_faith_window(date(2026, 5, 31))

    assert on_the_edge.counts(window) == Counts()
    assert inside.counts(window) == Counts(100, 100, 100, 0)
    assert on_the_edge.counts(good_faith_window(date(2026, 5, 27))).requests == 100


def test_granted_by_figures_lost_by_the_passing_of_days_and_barred_for_three_months() -> None:
    """100 upheld cases of 10 March count through 9 June; on 10 June the window is (10 March, 10 June]."""
    judged = _judge_days(_tally(date(2026, 3, 10)), date(2026, 3, 12), date(2026, 9, 12))

    assert judged[date(2026, 3, 12)].change == "granted"
    assert {day for day, one in judged.items() if one.change == "lost"} == {date(2026, 6, 10)}
    lost = judged[date(2026, 6, 10)]
    assert lost.standing.unmet == (REQUESTS, SUCCESS, COUNTER_SUCCESS, BARRED)
    assert lost.standing == Standing(
        date(2026, 6, 10), False, date(2026, 9, 10), (REQUESTS, SUCCESS, COUNTER_SUCCESS, BARRED), Counts()
    )
    assert judged[date(2026, 6, 11)].change is None
    assert judged[date(2026, 9, 10)].standing.barred_until is None


def test_re_entry_is_on_the_day_the_bar_ends_and_not_before() -> None:
    """New cases of 1 August meet the figures at once; the bar of 10 June ends on 10 September."""
    tally = _tally(date(2026, 8, 1))
    before = Standing(date(2026, 8, 1), False, date(2026, 9, 10))

    eve = judge(tally, False, before, date(2026, 9, 9), RULES)
    day = judge(tally, False, eve.standing, date(2026, 9, 10), RULES)

    assert (eve.standing.eligible, eve.standing.unmet) == (False, (BARRED,))
    assert (day.change, day.standing.eligible, day.standing.unmet) == ("granted", True, ())


def test_loss_by_falsehood_sets_no_bar_of_months() -> None:
    tally = _tally(date(2026, 3, 10))
    granted = judge(tally, False, None, date(2026, 3, 12), RULES)

    lost = judge(tally, True, granted.standing, date(2026, 3, 13), RULES)

    assert (lost.change, lost.standing.unmet, lost.standing.barred_until) == ("lost", (FALSEHOOD,), None)


def test_judging_again_changes_nothing() -> None:
    tally = _tally(date(2026, 3, 10))
    for day in (date(2026, 3, 12), date(2026, 6, 10)):
        before = judge(tally, False, None, date(2026, 3, 11), RULES).standing
        once = judge(tally, False, before, day, RULES)
        again = judge(tally, False, once.standing, day, RULES)

        assert (again.standing, again.change) == (once.standing, None)


def test_figures_are_told_at_most_once_a_day() -> None:
    tally, day = Tally(), date(2026, 3, 10)
    standing, changes = None, []
    for number in range(5):
        tally.put(str(number), Contribution(1, day))
        judged = judge(tally, False, standing, day, RULES)
        standing = judged.standing
        changes.append(judged.change)
    assert standing is not None

    tomorrow = judge(tally, False, standing, day + timedelta(days=1), RULES)

    assert changes == ["figures", None, None, None, None]
    assert (tomorrow.change, tomorrow.counts.requests) == ("figures", 5)


_CASES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 9), st.integers(0, 40), st.booleans(), st.booleans()),
    max_size=40,
)


@given(_CASES, st.randoms(use_true_random=False))
def test_sums_follow_from_the_newest_of_each_case_whatever_comes_again(
    told: list[tuple[str, int, int, bool, bool]], shuffle: Random
) -> None:
    """Duplicates, corrections and repeats out of order: the sums are those of the newest contributions."""
    first_day = date(2026, 4, 1)
    rows = {
        (case, number): Contribution(number, first_day + timedelta(days=day), True, upheld, counter)
        for case, number, day, upheld, counter in told
    }
    newest = {case: rows[case, max(n for c, n in rows if c == case)] for case, _ in rows}
    repeated = [*rows.items(), *rows.items()]
    shuffle.shuffle(repeated)
    tally = Tally()

    for (case, _), row in repeated:
        tally.put(case, row)

    window = good_faith_window(date(2026, 5, 31))
    assert tally.counts(window) == Counts(
        len(newest),
        len(newest),
        sum(row.upheld for row in newest.values()),
        sum(row.upheld and row.counter_success for row in newest.values()),
    )
    assert tally.progress == sum(row.sequence for row in newest.values())
