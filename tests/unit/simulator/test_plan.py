"""The plan of a run: the same for a seed, evenly dealt, and right about what must come of it."""

import ast
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from deploy import simulator
from deploy.simulator.drawing import make_plan
from deploy.simulator.fates import ENDS, Fate, deck
from deploy.simulator.listings import PLATFORMS
from deploy.simulator.plan import Plan
from deploy.simulator.reckoning import FaithChange, faith_changes, figures
from deploy.simulator.timetable import Step
from services.complaints.intake.addresses import AddressRefused, recognize

PLAN = make_plan(7)


def test_the_same_seed_draws_the_same_plan_and_another_seed_another() -> None:
    again, other = make_plan(7), make_plan(8)

    assert again.submissions == PLAN.submissions
    assert again.cases == PLAN.cases
    assert other.submissions != PLAN.submissions


@pytest.mark.parametrize("complaints", [7, 20, 70, 300, 700, 703])
def test_every_marketplace_gets_its_share_and_every_case_its_row(complaints: int) -> None:
    plan = make_plan(3, complaints)

    assert plan.complaints == complaints
    assert max(plan.by_platform().values()) - min(plan.by_platform().values()) <= 1
    rows = [row.case for submission in plan.submissions for row in submission.rows if row.case]
    assert sorted(rows) == sorted(plan.cases)


def test_seven_hundred_complaints_have_every_fate_on_every_marketplace() -> None:
    for platform in PLATFORMS:
        fates = {case.fate for case in PLAN.cases.values() if case.platform == platform}
        assert fates == set(Fate)


def test_each_row_is_taken_by_the_platforms_own_recognition_exactly_where_the_plan_says_so() -> None:
    for submission in PLAN.submissions:
        seen: set[str] = set()
        for row in submission.rows:
            found = recognize(row.url, submission.platform)
            if row.case is not None:
                assert not isinstance(found, AddressRefused), (row.url, found)
                assert found.id == PLAN.cases[row.case].listing.id
                seen.add(found.id)
            elif not isinstance(found, AddressRefused):
                standing = {
                    case.listing.id for case in PLAN.cases.values() if case.wave == 0 and case.right == submission.right
                }
                assert found.id in seen | standing, "neither repeated nor on file already"


def test_all_lazada_sites_are_filed_at_with_a_right_of_their_own_country() -> None:
    lazada = [case for case in PLAN.cases.values() if case.platform == "lazada"]

    assert {case.listing.site for case in lazada} == {"SG", "MY", "ID", "PH", "TH", "VN"}
    assert all(PLAN.rights[case.right].place == case.listing.site for case in lazada)


def test_of_two_cases_on_one_listing_the_first_lets_go_while_the_other_holds() -> None:
    pairs = [case for case in PLAN.cases.values() if case.shared_with]

    assert pairs
    for case in pairs:
        assert case.shared_with is not None
        other = PLAN.cases[case.shared_with]
        assert other.listing == case.listing
        assert other.right != case.right
        assert PLAN.held_by_others(case) == (case.fate == Fate.WITHDRAWN_AFTER)


def test_good_faith_is_granted_with_the_second_wave_and_lost_when_the_first_leaves_the_window() -> None:
    # 56 requests filed on 3 February and 56 on the 10th: 112 of at least 100; 4 of the first 56 rejected (92.9 %).
    # On 3 May the window is (3 February, 3 May]: 56 requests are left.
    granted = FaithChange("owner-1", "granted", date(2026, 2, 10))
    lost = FaithChange("owner-1", "lost", date(2026, 5, 3))

    assert faith_changes(PLAN) == [granted, lost]


def test_the_figures_behind_it() -> None:
    diligent = [case for case in PLAN.cases.values() if case.account == "owner-1"]
    careless = [case for case in PLAN.cases.values() if case.account == "owner-2"]

    first = figures(diligent, date(2026, 2, 9))
    assert (first.requests, first.decided, first.upheld, first.counter_successes) == (56, 56, 52, 2)
    assert figures(diligent, date(2026, 5, 2)).requests == 112
    assert figures(diligent, date(2026, 5, 3)).requests == 56
    assert figures(careless, date(2026, 3, 1)).requests == 112
    assert not figures(careless, date(2026, 3, 1)).eligible


def test_no_other_account_files_enough_to_be_eligible() -> None:
    filed = Counter(case.account for case in make_plan(5, 5000).cases.values())

    assert all(count < 100 for account, count in filed.items() if account not in ("owner-1", "owner-2"))


def test_a_run_too_small_for_the_program_has_no_good_faith_day() -> None:
    plan = make_plan(1, 70)

    assert plan.diligent is None
    assert faith_changes(plan) == []
    assert Step.LOOK_AT_FAITH not in {appointment.step for appointment in plan.appointments}


def test_points_count_six_for_each_case_that_stands_and_leave_out_what_an_operator_decides() -> None:
    for merchant, points in PLAN.merchant_points().items():
        platform, _, merchant_id = merchant.partition(":")
        mine = [
            case for case in PLAN.cases.values() if (case.platform, case.listing.merchant_id) == (platform, merchant_id)
        ]
        assert all(case.fate != Fate.WITHDRAWN_AFTER for case in mine)
        assert points == 6 * sum(case.end.holds for case in mine)


def test_totals_agree_with_each_other() -> None:
    assert sum(PLAN.by_state().values()) == 700
    assert sum(PLAN.down_by_platform().values()) == len(PLAN.down())
    assert _held(PLAN) == PLAN.down()


def test_appointments_come_in_order() -> None:
    times = [appointment.at for appointment in PLAN.appointments]

    assert times == sorted(times)


@pytest.mark.parametrize("size", [0, 1, 5, 13, 25, 68])
def test_a_deck_has_its_size(size: int) -> None:
    assert len(deck(size)) == size
    assert set(deck(68)) == set(ENDS)


def _held(plan: Plan) -> set[str]:
    return {case.listing.id for case in plan.cases.values() if case.end.holds}


def test_the_oracle_knows_nothing_of_the_services() -> None:
    folder = Path(simulator.__file__ or "").parent
    for module in folder.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not any(name.partition(".")[0] == "services" for name in names), module.name
