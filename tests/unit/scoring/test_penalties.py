"""Penalty points: by reason, grouped within 72 hours of the first, lapsing, returned on reinstatement."""

from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.penalties.model import Book, Rules, Score
from services.scoring.streams.outcomes import OutcomeProcessor
from services.scoring.streams.outcomes import shape as outcomes_shape
from services.scoring.streams.penalties import PenaltyProcessor, shape
from shared.contracts.envelope import decode, read_data
from shared.contracts.scoring import outcomes
from shared.contracts.scoring.merchants import MerchantPoints
from shared.contracts.scoring.outcomes import CaseOutcome
from shared.policies.policy import PenaltyGrouping, PenaltyLadder, PenaltyStep
from shared.streams.processor import Record
from tests.support.case_events import FILED, CaseTale
from tests.support.streams import Bench

_STEPS = (
    PenaltyStep("warning", 6, "warn", None),
    PenaltyStep("posting-7", 12, "restrict_posting", 7),
    PenaltyStep("terminated", 48, "terminate", None),
)
_TAO = ("taobao", "tmall", "tmall_global")
_PLAIN = PenaltyLadder(6, MappingProxyType({"coexisting_trademark": 0}), 365, None, _STEPS)
_GROUPED = PenaltyLadder(
    6, MappingProxyType({"counterfeit": 12}), 365, PenaltyGrouping(72, "owner_and_merchant", _TAO), _STEPS
)


def _rules_at(platform: str, _: datetime) -> Rules:
    return Rules(_GROUPED if platform in _TAO else _PLAIN, "2026-01")


def _score(hours: float, platform: str = "taobao", owner: str = "o1", reason: str = "other", **more: bool) -> Score:
    return Score(3, platform, owner, reason, FILED + timedelta(hours=hours), more.get("stands", True))


def _book(*scores: Score) -> Book:
    book = Book()
    for number, score in enumerate(scores):
        book.put(f"C{number}", score)
    return book


def _counted(book: Book, platform: str = "taobao", hours: float = 1000) -> list[int]:
    sheet = book.sheet(platform, FILED + timedelta(hours=hours), _rules_at)
    assert sheet.points == sum(entry.counted for entry in sheet.entries)
    return [entry.counted for entry in sheet.entries]


def test_points_follow_the_reason() -> None:
    assert _counted(_book(_score(0, "alibaba"), _score(1, "alibaba", reason="coexisting_trademark")), "alibaba") == [
        6,
        0,
    ]


def test_within_72_hours_of_the_first_the_same_owner_counts_once_without_chaining() -> None:
    """0 h opens a group that ends with 72 h; 73 h opens the next one, although it is 33 h after the one before."""
    assert _counted(_book(_score(0), _score(40), _score(72), _score(73), _score(145))) == [6, 0, 0, 6, 0]


def test_another_owner_opens_a_group_of_its_own() -> None:
    assert _counted(_book(_score(0), _score(1, owner="o2"))) == [6, 6]


def test_tao_marketplaces_are_grouped_together_and_counted_apart() -> None:
    book = _book(_score(0, "taobao"), _score(1, "tmall"), _score(80, "tmall"))

    assert (_counted(book, "taobao"), _counted(book, "tmall")) == ([6], [0, 6])


def test_where_nothing_is_grouped_every_case_counts() -> None:
    assert _counted(_book(_score(0, "lazada"), _score(1, "lazada")), "lazada") == [6, 6]


def test_a_case_that_gives_its_points_back_leaves_its_place_to_the_next() -> None:
    assert _counted(_book(_score(0, stands=False), _score(40), _score(72))) == [6, 0]


def test_points_lapse_365_days_after_they_were_scored_to_the_instant() -> None:
    book, end = _book(_score(0, "alibaba")), timedelta(days=365)

    assert book.sheet("alibaba", FILED + end - timedelta(seconds=1), _rules_at).points == 6
    assert book.sheet("alibaba", FILED + end, _rules_at).points == 0


@pytest.mark.parametrize(
    ("cases", "step"), [(0, "none"), (1, "warning"), (2, "posting-7"), (7, "posting-7"), (8, "terminated")]
)
def test_the_highest_rung_reached_holds(cases: int, step: str) -> None:
    book = _book(*(_score(n, "alibaba") for n in range(cases)))

    assert book.sheet("alibaba", FILED + timedelta(days=1), _rules_at).step == step


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6), st.booleans()), max_size=30),
    st.randoms(use_true_random=False),
)
def test_repeats_in_any_order_do_not_change_the_points(told: list[tuple[int, int, bool]], shuffle: Random) -> None:
    rows = {(case, number): stands for case, number, stands in told}
    newest = {case: rows[case, max(n for c, n in rows if c == case)] for case, _ in rows}
    book = Book()
    repeated = [*rows.items(), *rows.items()]
    shuffle.shuffle(repeated)

    for (case, number), stands in repeated:
        book.put(str(case), Score(number, "alibaba", "o1", "other", FILED, stands))

    assert book.sheet("alibaba", FILED, _rules_at).points == 6 * sum(newest.values())


def _by_merchant(*tales: CaseTale) -> list[Record]:
    """What the outcome processor tells of these cases under the merchant's key."""
    bench = Bench(lambda: OutcomeProcessor(outcomes_shape()))
    sends = bench.feed(record for tale in tales for record in tale.records)
    told = [(send.key, decode(send.value)) for send in sends if send.topic == outcomes.BY_MERCHANT.name]
    return [Record(outcomes.BY_MERCHANT.name, 0, key, one, read_data(one, CaseOutcome)) for key, one in told]


def _bench() -> Bench:
    return Bench(lambda: PenaltyProcessor(shape(), _rules_at))


def _points(bench: Bench, key: str) -> MerchantPoints:
    return read_data(bench.latest("scoring.merchants.v1")[key], MerchantPoints)


def test_a_takedown_is_told_with_its_points_and_the_rung() -> None:
    bench = _bench()

    bench.feed(_by_merchant(CaseTale().upheld().down()))

    told = _points(bench, "taobao:m-17")
    assert (told.platform, told.merchant_id, told.points, told.step) == ("taobao", "m-17", 12, "posting-7")
    [entry] = told.entries
    assert entry.scored_at == FILED + timedelta(hours=2)
    assert entry.lapses_at == FILED + timedelta(days=365, hours=2)


def test_a_won_counter_notification_takes_the_points_back() -> None:
    bench = _bench()

    bench.feed(_by_merchant(CaseTale().upheld().down().countered().accepted()))

    assert (_points(bench, "taobao:m-17").points, _points(bench, "taobao:m-17").step) == (0, "none")


def test_points_given_back_on_one_tao_marketplace_make_the_next_case_count_on_another() -> None:
    first = CaseTale("C1", platform="taobao").upheld().down()
    second = CaseTale("C2", platform="tmall", filed_at=FILED + timedelta(hours=10)).upheld().down()
    bench = _bench()
    bench.feed(_by_merchant(first, second))
    assert _points(bench, "tmall:m-17").points == 0

    bench.feed(_by_merchant(first.countered().accepted()))

    assert (_points(bench, "taobao:m-17").points, _points(bench, "tmall:m-17").points) == (0, 12)


def test_what_was_lost_in_a_crash_is_told_when_the_record_comes_again() -> None:
    bench = _bench()
    records = _by_merchant(CaseTale().upheld().down())
    bench.feed(records, lost=True)
    bench.crash()

    bench.feed(records)

    assert _points(bench, "taobao:m-17").points == 12
