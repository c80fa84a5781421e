"""Figures meet their goals or miss them, and their page says so."""

from tests.bench.figures import Figure, Sense
from tests.bench.page import page


def test_a_figure_is_the_median_of_its_samples() -> None:
    assert Figure("ratio", "ratio", (3.0, 1.0, 2.0, 9.0, 0.5)).value == 2.0


def test_a_goal_is_met_on_its_own_side() -> None:
    assert Figure("a", "ratio", (0.7,), 0.7, Sense.AT_LEAST).met is True
    assert Figure("b", "ratio", (0.69,), 0.7, Sense.AT_LEAST).met is False
    assert Figure("c", "s", (1.0,), 1.0, Sense.AT_MOST).met is True
    assert Figure("d", "s", (1.1,), 1.0, Sense.AT_MOST).met is False
    assert Figure("e", "MB", (300.0,)).met is None


def test_the_page_tells_each_figure_beside_its_goal_and_draws_how_far_it_is() -> None:
    figures = [
        Figure("fast_enough", "ratio", (1.5, 1.4, 1.6), 1.2, Sense.AT_LEAST),
        Figure("too_late", "s", (40.0, 50.0, 45.0), 30.0, Sense.AT_MOST),
        Figure("told", "MB", (123.0,)),
    ]

    text = page({"figures": {figure.name: figure.as_json() for figure in figures}})

    assert "| `fast_enough` | 1.5 | 1.4 to 1.6 | 3 | at least 1.2 | yes |" in text
    assert "| `too_late` | 45 s | 40 to 50 | 3 | at most 30 s | **no** |" in text
    assert "| `told` | 123 MB | 123 to 123 | 1 |  |  |" in text
    assert 'x-axis ["fast_enough", "too_late"]' in text
    assert "bar [1.25, 0.67]" in text  # 1.5 / 1.2 and 30 / 45
