"""Figures counted by hand."""

from services.complaints.cases.model import Outcome
from services.complaints.records.figures import Figures, Group, history

UNDECIDED, REJECTED, UPHELD = (Outcome.of_code(code) for code in ("", "r", "u"))
WITHDRAWN, LOST, DISPUTED_IN_VAIN = (Outcome.of_code(code) for code in ("w", "ucs", "uc"))


def test_ten_requests() -> None:
    found = history(
        [
            Group("taobao", "rgt-1", "2026-01", UPHELD, 4),
            Group("taobao", "rgt-1", "2026-01", REJECTED, 1),
            Group("taobao", "rgt-2", "2026-02", LOST, 1),
            Group("lazada", "rgt-2", "2026-02", DISPUTED_IN_VAIN, 1),
            Group("lazada", "rgt-2", "2026-02", WITHDRAWN, 2),
            Group("lazada", "rgt-2", "2026-03", UNDECIDED, 1),
        ]
    )
    assert found.total == Figures(10, 7, 6, 1, 2, 2, 1)
    assert (found.total.success_rate, found.total.counter_success_rate) == (6 / 7, 1 / 6)
    assert found.by_platform == {"lazada": Figures(4, 1, 1, 0, 2, 1, 0), "taobao": Figures(6, 6, 5, 1, 0, 1, 1)}
    assert found.by_month == {
        "2026-01": Figures(5, 5, 4, 1, 0, 0, 0),
        "2026-02": Figures(4, 2, 2, 0, 2, 2, 1),
        "2026-03": Figures(1, 0, 0, 0, 0, 0, 0),
    }
    assert found.by_right["rgt-1"] == Figures(5, 5, 4, 1, 0, 0, 0)


def test_a_rate_over_nothing_is_none() -> None:
    nothing = history([]).total
    assert nothing == Figures()
    assert (nothing.success_rate, nothing.counter_success_rate) == (None, None)
