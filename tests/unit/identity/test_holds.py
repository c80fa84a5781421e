"""Legal holds of an account: several at once, each ends by its own release, and who is held is found."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.identity.accounts.model import Account, Event, StandingChanged, evolve
from services.identity.accounts.store import ACCOUNTS
from services.identity.holds.model import PlaceHold, ReleaseHold, holds_in, place, release
from shared.kernel.decider import Refusal
from tests.unit.identity.test_deciders import REGISTERED

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FIRST = PlaceHold("lgh-1", "litigation", "LH-2026-017", date(2026, 9, 1), "staff-1", date(2026, 3, 2))
SECOND = replace(FIRST, hold_id="lgh-2", reference="LH-2026-018")


def given(*events: Event) -> Account:
    account = evolve(None, REGISTERED)
    for event in events:
        account = evolve(account, event)
    return account


def test_each_hold_ends_by_its_own_release() -> None:
    told = [*place(given(), FIRST, NOW)]
    told += place(given(*told), SECOND, NOW)
    assert given(*told).legal_holds == ("lgh-1", "lgh-2")
    told += release(given(*told), ReleaseHold("lgh-1", "settled", "staff-2"), NOW + timedelta(days=9))
    assert given(*told).legal_holds == ("lgh-2",)
    first, second = holds_in(told)
    assert (first.released_by, first.release_reason, first.released_at) == (
        "staff-2",
        "settled",
        NOW + timedelta(days=9),
    )
    assert (second.reference, second.placed_by, second.released_at) == ("LH-2026-018", "staff-1", None)


def test_a_closed_account_is_held_too_and_a_repeat_changes_nothing() -> None:
    closed = StandingChanged("closed", "user-request", False, "staff-1")
    told = place(given(closed), FIRST, NOW)
    assert given(closed, *told).legal_holds == ("lgh-1",)
    assert place(given(closed, *told), FIRST, NOW) == ()


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 3, 2)])
def test_its_review_is_still_to_come_when_it_is_placed(day: date) -> None:
    with pytest.raises(Refusal, match="review-in-the-past"):
        place(given(), replace(FIRST, review_on=day), NOW)


def test_what_is_not_held_is_not_released() -> None:
    for account, code in ((given(), "no-such-hold"), (None, "no-such-account")):
        with pytest.raises(Refusal, match=code):
            release(account, ReleaseHold("lgh-1", "settled", "staff-1"), NOW)


def test_a_review_is_due_from_its_day_on_until_the_release() -> None:
    [hold] = holds_in(place(given(), FIRST, NOW))
    assert [hold.review_is_due(date(2026, month, 1)) for month in (8, 9, 10)] == [False, True, True]
    assert not replace(hold, released_at=NOW).review_is_due(date(2026, 10, 1))


def test_who_is_kept_back_is_found_with_the_reason() -> None:
    account = given()
    assert "kept_back" not in ACCOUNTS.index(account)
    assert ACCOUNTS.index(replace(account, restricted=True))["kept_back"] == "restriction"
    held = replace(account, restricted=True, legal_holds=("lgh-1",))
    assert ACCOUNTS.index(held)["kept_back"] == "legal-hold"
