"""A holder's part in an erasure."""

import pytest

from shared.contracts import erasures as contract
from shared.erasure import ErasureHere, erasures_of
from shared.erasure import model as m
from shared.kernel.decider import Obsolete

ACCOUNT = "acc-intl-A"


def look(*reasons: str, request: int = 1) -> m.Look:
    return m.Look(account_id=ACCOUNT, request=request, reasons=reasons)


def done(request: int = 1) -> m.RecordErased:
    return m.RecordErased(account_id=ACCOUNT, request=request, counts={"texts": 3, "rights_withdrawn": 1})


STAYS = m.Withdraw(account_id=ACCOUNT, request=1)


def after(*commands: m.Command) -> ErasureHere:
    here: ErasureHere | None = None
    for command in commands:
        for event in m.decide(here, command):
            here = m.evolve(here, event)
    assert here is not None
    return here


def said(here: ErasureHere | None, command: m.Command) -> list[str]:
    return [type(event).__name__ for event in m.decide(here, command)]


def test_the_first_look_asks_and_answers() -> None:
    assert said(None, look()) == ["ErasureAsked", "Cleared"]
    assert said(None, look("open-cases")) == ["ErasureAsked", "Obstructed"]


def test_an_answer_is_said_again_only_where_it_changed() -> None:
    assert said(after(look("open-cases")), look("open-cases")) == []
    assert said(after(look("open-cases")), look()) == ["Cleared"]
    assert said(after(look()), look()) == []
    assert said(after(look()), look("open-cases")) == ["Obstructed"]


def test_an_order_that_comes_before_the_look_is_known_is_confirmed_all_the_same() -> None:
    assert said(None, done()) == ["ErasureAsked", "Erased"]


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ((look(), done()), look()),
        ((look(), done()), done()),
        ((look(), done()), STAYS),
        ((look(), STAYS), look()),
        ((look(), STAYS), STAYS),
        ((look(), STAYS, look(request=2)), look()),
    ],
)
def test_what_was_overtaken_changes_nothing(given: tuple[m.Command, ...], command: m.Command) -> None:
    with pytest.raises(Obsolete):
        m.decide(after(*given), command)


def test_a_second_request_begins_anew() -> None:
    assert said(after(look("open-cases"), STAYS), look(request=2)) == ["ErasureAsked", "Cleared"]
    assert not after(look(), STAYS).waits
    assert not after(look(), done()).waits
    assert after(look("open-cases")).waits


def test_a_confirmation_says_how_much_it_was_by_kind() -> None:
    kept = erasures_of("ipr", contract.IPR_ERASURES)
    here = after(look())
    [event] = m.decide(here, done())
    [told] = kept.publish(m.evolve(here, event), event, 3)
    assert told.topic == "ipr.erasures.v1"
    assert told.data == contract.PersonalDataErased(
        account_id=ACCOUNT, recipient="ipr", request=1, counts={"texts": 3, "rights_withdrawn": 1}
    )
