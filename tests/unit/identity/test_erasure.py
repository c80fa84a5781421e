"""An erasure: asked for, deferred with its reasons, ordered in stages, confirmed, completed (000 V.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.identity.erasure import model as m
from services.identity.erasure.publishing import account_of, erasure_id, publish
from shared.contracts.identity import erasures as told
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.loading import load_policy_book

BOOK = load_policy_book()
NOW = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
ACCOUNT = "acc-intl-A"
ASK = m.RequestErasure(account_id=ACCOUNT, language="en", ground="no-longer-used", by=ACCOUNT)
ALL = ("complaints", "ipr", "notifications")


def after(*commands: m.Command, hold: bool = False) -> m.Erasure:
    erasure: m.Erasure | None = None
    for command in commands:
        for event in m.decide(erasure, command, NOW, BOOK, legal_hold=hold):
            erasure = m.evolve(erasure, event)
    assert erasure is not None
    return erasure


def said(erasure: m.Erasure | None, command: m.Command, *, hold: bool = False, now: datetime = NOW) -> list[str]:
    return [type(event).__name__ for event in m.decide(erasure, command, now, BOOK, legal_hold=hold)]


def clear(who: str, request: int = 1) -> m.RecordObstacles:
    return m.RecordObstacles(recipient=who, request=request, reasons=())


def blocked(who: str, *reasons: str) -> m.RecordObstacles:
    return m.RecordObstacles(recipient=who, request=1, reasons=reasons)


def erased(who: str, request: int = 1) -> m.RecordErased:
    return m.RecordErased(recipient=who, request=request, counts={"texts": 2})


ORDERED: tuple[m.Command, ...] = (ASK, *map(clear, ALL))
CONFIRMED: tuple[m.Command, ...] = (*ORDERED, *map(erased, ALL))


def test_the_answer_is_due_at_the_end_of_the_thirtieth_day_in_shanghai() -> None:
    deadline = after(ASK).deadline
    assert deadline is not None
    assert deadline.due == datetime(2026, 4, 2, 16, 0, tzinfo=UTC)  # 3 March + 30 days = 2 April, over at midnight
    assert (deadline.calendar_days, deadline.kind) == (30, "erasure")


def test_nothing_is_ordered_before_all_have_answered() -> None:
    erasure = after(ASK)
    for who in ALL[:2]:
        assert said(erasure, clear(who)) == ["RecipientCleared"]
        erasure = m.evolve(erasure, m.RecipientCleared(at=NOW, recipient=who))
    assert said(erasure, clear("notifications")) == ["RecipientCleared", "ErasureOrdered"]


def test_complaints_erases_first_then_the_others_and_identity_last() -> None:
    """As long as complaints has not erased, a case may have begun in between; the contact is needed to the end."""
    ordered = after(*ORDERED)
    assert (ordered.status, ordered.stage) == ("ordered", 0)
    [_, second] = m.decide(ordered, erased("complaints"), NOW, BOOK)
    assert second == m.ErasureOrdered(at=NOW, stage=1, recipients=("ipr", "notifications"))
    half = after(*ORDERED, erased("complaints"), erased("notifications"))
    assert said(after(*ORDERED, erased("complaints")), erased("notifications")) == ["RecipientErased"]
    assert said(half, erased("ipr")) == ["RecipientErased", "ErasureConfirmed"]
    complete = m.Complete(request=1, told=True)
    assert said(after(*CONFIRMED), complete) == ["ErasureCompleted"]
    with pytest.raises(Obsolete):
        said(half, complete)


def test_an_open_case_defers_it_and_its_end_lets_it_go_on() -> None:
    asked = after(ASK, clear("ipr"), clear("notifications"))
    assert said(asked, blocked("complaints", "open-cases")) == ["RecipientObstructed", "ErasureDeferred"]
    deferred = after(ASK, clear("ipr"), clear("notifications"), blocked("complaints", "open-cases"))
    assert deferred.deferred_for == ("complaints:open-cases",)
    assert deferred.deadline is None  # the person was answered
    assert said(deferred, clear("complaints")) == ["RecipientCleared", "ErasureOrdered"]


def test_the_same_obstacle_is_told_once() -> None:
    deferred = after(ASK, blocked("complaints", "open-cases"))
    assert said(deferred, blocked("ipr", "open-dispute")) == ["RecipientObstructed", "ErasureDeferred"]
    assert said(deferred, clear("ipr")) == ["RecipientCleared"]
    assert said(deferred, blocked("complaints", "open-cases")) == ["RecipientObstructed"]


def test_a_legal_hold_defers_it_until_it_is_released() -> None:
    assert said(None, ASK, hold=True) == ["ErasureRequested", "ErasureDeferred"]
    held = after(ASK, *map(clear, ALL), hold=True)
    assert (held.status, held.deferred_for) == ("deferred", ("identity:legal-hold",))
    assert said(held, m.LookAgain(), hold=True) == []
    assert said(held, m.LookAgain()) == ["ErasureOrdered"]


def test_a_hold_that_comes_after_the_order_stops_nothing() -> None:
    assert said(after(*ORDERED), erased("complaints"), hold=True) == ["RecipientErased", "ErasureOrdered"]


def test_a_case_that_slipped_in_defers_what_was_ordered_and_what_is_erased_stays_so() -> None:
    ordered = after(*ORDERED)
    assert said(ordered, blocked("complaints", "open-cases")) == ["RecipientObstructed", "ErasureDeferred"]
    later = after(*ORDERED, erased("complaints"), blocked("ipr", "open-dispute"))
    assert later.status == "deferred"
    assert dict(later.erased) == {"complaints": (("texts", 2),)}
    [_, again] = m.decide(later, clear("ipr"), NOW, BOOK)
    assert again == m.ErasureOrdered(at=NOW, stage=1, recipients=("ipr", "notifications"))


def test_who_stays_after_all_may_ask_again_and_old_answers_do_not_count() -> None:
    stays = after(ASK, clear("ipr"), m.WithdrawErasure())
    assert (stays.status, stays.deadline) == ("withdrawn", None)
    again = after(ASK, clear("ipr"), m.WithdrawErasure(), ASK)
    assert (again.request, again.status, again.obstacles) == (2, "requested", ())
    with pytest.raises(Obsolete):
        said(again, clear("complaints", request=1))
    assert said(again, clear("complaints", request=2)) == ["RecipientCleared"]


@pytest.mark.parametrize(
    ("given", "command", "code"),
    [
        ((ASK,), ASK, "erasure-under-way"),
        (ORDERED, m.WithdrawErasure(), "erasure-ordered"),
        (CONFIRMED, m.WithdrawErasure(), "erasure-ordered"),
        ((*ORDERED, erased("complaints"), blocked("ipr", "open-dispute")), m.WithdrawErasure(), "erasure-ordered"),
        ((*CONFIRMED, m.Complete(request=1, told=False)), ASK, "erasure-completed"),
        ((*CONFIRMED, m.Complete(request=1, told=False)), m.WithdrawErasure(), "erasure-overtaken"),
        ((*ORDERED, erased("complaints")), erased("complaints"), "erasure-overtaken"),
        (CONFIRMED, clear("ipr"), "erasure-overtaken"),
        ((ASK,), m.Expire(deadline_id="erasure:2"), "deadline-not-current"),
        ((ASK,), m.Expire(deadline_id="erasure:1"), "deadline-not-over"),
    ],
)
def test_what_does_not_fit_is_refused(given: tuple[m.Command, ...], command: m.Command, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        m.decide(after(*given), command, NOW, BOOK)
    assert refused.value.code == code


def test_nothing_can_be_done_about_an_erasure_that_nobody_asked_for() -> None:
    with pytest.raises(Refusal, match="no-erasure"):
        m.decide(None, m.LookAgain(), NOW, BOOK)


def test_thirty_days_without_an_answer_warn_operators_and_decide_nothing() -> None:
    asked = after(ASK)
    assert asked.deadline is not None
    late = asked.deadline.due + timedelta(seconds=61)
    [event] = m.decide(asked, m.Expire(deadline_id="erasure:1"), late, BOOK)
    overdue = m.evolve(asked, event)
    assert (overdue.overdue, overdue.status) == (True, "requested")


def test_what_is_told_names_the_account_by_its_id_alone() -> None:
    erasure: m.Erasure | None = None
    published: list[Any] = []
    for number, command in enumerate((*CONFIRMED, m.Complete(request=1, told=True))):
        for event in m.decide(erasure, command, NOW, BOOK):
            erasure = m.evolve(erasure, event)
            published += publish(erasure, event, number)
    kinds = (told.ErasureRequested, told.ErasureOrdered, told.ErasureConfirmed, told.ErasureCompleted)
    assert [each.data.type for each in published] == [kinds[number].type for number in (0, 1, 1, 2, 3)]
    assert {each.key for each in published} == {erasure_id(ACCOUNT)}
    assert account_of(erasure_id(ACCOUNT)) == ACCOUNT
    assert [bool(each.data.deadlines) for each in published] == [True, True, True, True, False]


class Leaving(RuleBasedStateMachine):
    """Answers come in any order, again, late and contradicting each other; the hold comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self.erasure: m.Erasure | None = None
        self.hold = False
        self.blocks = dict.fromkeys(ALL, False)
        self.gone: set[str] = set()

    def do(self, command: m.Command) -> list[m.Event]:
        try:
            events = list(m.decide(self.erasure, command, NOW, BOOK, legal_hold=self.hold))
        except Refusal:
            return []
        for event in events:
            if isinstance(event, m.ErasureOrdered):
                assert not any(self.blocks[who] for who in event.recipients)
                assert all(first in self.gone for stage in m.STAGES[: event.stage] for first in stage)
            self.erasure = m.evolve(self.erasure, event)
        return events

    @rule()
    def ask(self) -> None:
        if self.do(ASK):
            self.gone = set()

    @rule()
    def stay(self) -> None:
        self.do(m.WithdrawErasure())

    @rule(who=st.sampled_from(ALL), block=st.booleans())
    def answer(self, who: str, block: bool) -> None:
        if self.erasure is None or who in self.gone:
            return
        self.blocks[who] = block
        reasons = ("open-cases",) if block else ()
        self.do(m.RecordObstacles(recipient=who, request=self.erasure.request, reasons=reasons))

    @rule(hold=st.booleans())
    def hold_changes(self, hold: bool) -> None:
        self.hold = hold
        self.do(m.LookAgain())

    @precondition(lambda self: self.erasure is not None and self.erasure.status == "ordered")
    @rule(who=st.sampled_from(ALL))
    def erase(self, who: str) -> None:
        assert self.erasure is not None
        if self.erasure.stage is not None and who in m.STAGES[self.erasure.stage] and not self.blocks[who]:
            self.gone.add(who)
            self.do(m.RecordErased(recipient=who, request=self.erasure.request, counts={}))

    @invariant()
    def nothing_is_lost_or_early(self) -> None:
        erasure = self.erasure
        if erasure is None:
            return
        assert set(dict(erasure.erased)) == self.gone
        if erasure.status == "confirmed":
            assert self.gone == set(ALL)
        if erasure.status == "withdrawn":
            assert not self.gone
        if erasure.status == "deferred":
            assert erasure.deferred_for
        if erasure.status == "requested":
            assert any(who not in dict(erasure.obstacles) for who in ALL)


TestLeaving = Leaving.TestCase
TestLeaving.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
