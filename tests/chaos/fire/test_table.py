"""The page shows the runs that are kept, and their totals."""

from typing import Any

from tests.chaos.table import PAGE, page, read, table


def _run(**more: Any) -> dict[str, Any]:
    told = {
        "date": "2026-03-02",
        "commit": "abc1234",
        "seed": 7,
        "form": "long",
        "store": "rs",
        "minutes": 20.0,
        "complaints": 3000,
        "faults": {"kill role": 12, "cut": 3},
        "worst_catch_up_s": 14.5,
        "breaches": {},
        "busy": "",
    }
    return {**told, **more}


def test_the_page_is_fresh() -> None:
    text = PAGE.read_text()
    assert page(text, read()) == text


def test_totals_grow_over_runs_and_what_broke_is_named() -> None:
    lines = table([_run(), _run(seed=8, breaches={"I4": 2}, worst_catch_up_s=None, faults={"cut": 1})]).splitlines()

    assert lines[2] == "| 2026-03-02 | `abc1234` | 7 | rs | 20.0 | 3000 | 15 | 14.5 s | 0 |"
    assert lines[3] == "| 2026-03-02 | `abc1234` | 8 | rs | 20.0 | 3000 | 1 | **one never did** | I4: 2 |"
    assert lines[4] == "| **all** | | | | 40.0 | 6000 | 16 | **one never did** | 2 |"
    assert lines[-1] == "All faults by kind: 12 × kill role, 4 × cut."


def test_a_catch_up_that_took_too_long_is_marked_by_what_its_store_is_allowed() -> None:
    lines = table([_run(worst_catch_up_s=60.5), _run(worst_catch_up_s=60.5, store="py")]).splitlines()

    assert lines[2].endswith("| **60.5 s: too slow** | 0 |")
    assert lines[3].endswith("| 60.5 s | 0 |")
    assert lines[4].endswith("| 60.5 s | 0 |")
