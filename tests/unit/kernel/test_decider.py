"""Refusals are named; a state is what its events make of it."""

import pytest

from shared.kernel.decider import Obsolete, Refusal, fold


def test_a_refusal_says_what_it_is_and_how_to_mend_it() -> None:
    refusal = Refusal("not-open", "The case is closed.", "File a new complaint.")

    assert (refusal.code, refusal.detail, refusal.mend) == ("not-open", "The case is closed.", "File a new complaint.")
    assert str(refusal) == "not-open: The case is closed."
    with pytest.raises(Refusal, match="not-open"):
        raise refusal


def test_what_is_obsolete_is_a_refusal_that_is_told_apart() -> None:
    obsolete = Obsolete("ended", "It has ended.")

    assert isinstance(obsolete, Refusal)
    assert str(obsolete) == "ended: It has ended."
    assert obsolete != Refusal("ended", "It has ended.")
    assert not isinstance(Refusal("ended", "It has ended."), Obsolete)


def test_events_are_folded_in_their_order() -> None:
    assert fold(lambda state, event: f"{state}{event}", "", ["a", "b", "c"]) == "abc"
    assert fold(lambda state, event: state + event, 7, []) == 7
