"""Requests about one's data: given / when / then, every command in every state, and what holds whatever happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.identity.accounts.model import Account, AccountVerified, evolve
from services.identity.consents.model import give_consent, withdraw_consent
from services.identity.consents.purposes import CONTACT_DISCLOSURE, load_purposes
from services.identity.privacy.model import (
    ConsentGiven,
    IdentityReopened,
    ObjectionEnded,
    ObjectionGranted,
    ProcessingRestricted,
    RegistrationCorrected,
    RestrictionLifted,
)
from services.identity.privacy_requests import model as m
from services.identity.privacy_requests.effects import Granted, end, grant
from services.identity.privacy_requests.model import (
    AnnounceLifting,
    AnswerDueSoon,
    AnswerOverdue,
    BeginExamination,
    Command,
    EffectEnded,
    Event,
    ExaminationBegun,
    ExpireAnswer,
    FileRequest,
    GrantRequest,
    LiftingAnnounced,
    LiftRestriction,
    PrivacyRequest,
    PrivacyRequestFiled,
    RefuseRequest,
    RequestGranted,
    RequestRefused,
    RequestWithdrawn,
    WithdrawRequest,
    decide,
)
from services.identity.privacy_requests.publishing import publish
from services.identity.privacy_requests.store import REQUESTS
from services.identity.verification import model as verification
from services.identity.verification.model import SubmitIdentity
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.terms import PolicyBook
from tests.unit.identity.test_deciders import BOOK, FRIDAY, QUEUED, SUBMITTED, VERIFIED_EMAIL, account_after, started

ANSWER = datetime(2026, 4, 5, 16, 0, tzinfo=UTC)  # 6 March in Shanghai + 30 days = 5 April, over at midnight there
WARNING = datetime(2026, 3, 29, 16, 0, tzinfo=UTC)  # + 23 days = 29 March
GRACE = timedelta(seconds=60)
GRANT = GrantRequest("staff-1", "vlt-answer")
REFUSE = RefuseRequest("staff-1", "data-correct", None)


def filing(kind: m.Kind = "restriction", about: m.About = "", **more: Any) -> FileRequest:
    wanted = FileRequest("prq-1", "acc-intl-1", kind, about, True, "vlt-text", "en", 0)
    return replace(wanted, **more)


def request_after(*events: Event, kind: m.Kind = "restriction", about: m.About = "") -> PrivacyRequest:
    [filed] = decide(None, filing(kind, about), FRIDAY, BOOK)
    request = m.evolve(None, filed)
    for event in events:
        request = m.evolve(request, event)
    return request


def refused(request: PrivacyRequest | None, command: Command, code: str, now: datetime = FRIDAY) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        decide(request, command, now, BOOK)
    assert refusal.value.code == code
    return refusal.value


GRANTED = RequestGranted("staff-1", "vlt-answer", None, None, FRIDAY)
ANNOUNCED = LiftingAnnounced("staff-1", FRIDAY)


def test_a_request_is_due_at_the_end_of_the_thirtieth_day() -> None:
    [filed] = decide(None, filing(), FRIDAY, BOOK)
    assert isinstance(filed, PrivacyRequestFiled)
    assert {one.kind: one.due for one in filed.deadlines} == {
        "privacy-answer": ANSWER,
        "privacy-answer-warning": WARNING,
    }
    assert request_after().due == ANSWER


@pytest.mark.parametrize("kind", ["objection", "restriction"])
def test_what_is_for_residents_of_the_eea_is_offered_to_them_only(kind: m.Kind) -> None:
    assert "European Economic Area" in refused(None, filing(kind, eea=False), "not-offered-here").detail
    refused(None, filing(kind, eea=None), "country-missing")
    assert decide(None, filing(kind, eea=True), FRIDAY, BOOK)


@pytest.mark.parametrize("kind", ["correction", "other"])
@pytest.mark.parametrize("eea", [True, False, None])
def test_the_rest_is_offered_to_everybody(kind: m.Kind, eea: bool | None) -> None:
    assert decide(None, filing(kind, eea=eea), FRIDAY, BOOK)


def test_the_eea_is_the_union_and_three_more() -> None:
    countries = BOOK.at(FRIDAY).privacy.eea_countries
    assert len(countries) == len(set(countries)) == 27 + 3
    assert {"DE", "FR", "IE", "IS", "LI", "NO"} <= set(countries)
    assert {"GB", "CH", "US", "CN", "TR"}.isdisjoint(countries)


# The whole table: what each command gives in each state, by hand.
STATES: dict[str, PrivacyRequest] = {
    "received": request_after(),
    "in-examination": request_after(ExaminationBegun("staff-1")),
    "granted": request_after(GRANTED),
    "announced": request_after(GRANTED, ANNOUNCED),
    "granted, other": request_after(GRANTED, kind="other"),
    "refused": request_after(RequestRefused("staff-1", "unfounded", None, FRIDAY)),
    "withdrawn": request_after(RequestWithdrawn(FRIDAY)),
    "ended": request_after(GRANTED, EffectEnded("by-person", FRIDAY)),
}
_OVER = "request-answered-already"
_ANSWERED = {"examine": _OVER, "grant": _OVER, "refuse": _OVER, "withdraw": _OVER, "lift": "restriction-not-lifted"}
TABLE: dict[str, dict[str, str | type]] = {
    "received": {
        "examine": ExaminationBegun,
        "grant": RequestGranted,
        "refuse": RequestRefused,
        "withdraw": RequestWithdrawn,
        "announce": "nothing-to-lift",
        "lift": "restriction-not-lifted",
    },
    "in-examination": {
        "examine": "",
        "grant": RequestGranted,
        "refuse": RequestRefused,
        "withdraw": RequestWithdrawn,
        "announce": "nothing-to-lift",
        "lift": "restriction-not-lifted",
    },
    "granted": {**_ANSWERED, "withdraw": EffectEnded, "announce": LiftingAnnounced},
    "announced": {**_ANSWERED, "withdraw": EffectEnded, "announce": LiftingAnnounced, "lift": EffectEnded},
    "granted, other": {**_ANSWERED, "announce": "nothing-to-lift"},
    "refused": {**_ANSWERED, "announce": "nothing-to-lift"},
    "withdrawn": {**_ANSWERED, "announce": "nothing-to-lift"},
    "ended": {**_ANSWERED, "announce": "nothing-to-lift"},
}
COMMANDS: dict[str, Command] = {
    "examine": BeginExamination("staff-1"),
    "grant": GRANT,
    "refuse": REFUSE,
    "withdraw": WithdrawRequest(),
    "announce": AnnounceLifting("staff-1"),
    "lift": LiftRestriction(),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_every_state(state: str, command: str) -> None:
    expected = TABLE[state][command]
    if expected == "":
        assert decide(STATES[state], COMMANDS[command], FRIDAY, BOOK) == ()
    elif isinstance(expected, str):
        refused(STATES[state], COMMANDS[command], expected)
    else:
        [event] = decide(STATES[state], COMMANDS[command], FRIDAY, BOOK)
        assert type(event) is expected
    refused(None, COMMANDS[command], "no-such-request")
    refused(STATES[state], filing(), "request-exists")


def test_expiries_warn_before_and_after_and_decide_nothing() -> None:
    request = request_after()
    with pytest.raises(Obsolete, match="deadline-not-over"):
        decide(request, ExpireAnswer("answer-warning"), WARNING + GRACE, BOOK)
    soon = decide(request, ExpireAnswer("answer-warning"), WARNING + GRACE + timedelta(microseconds=1), BOOK)
    assert soon == (AnswerDueSoon("answer-warning"),)
    warned = request_after(*soon)
    assert (warned.due_soon, [one.id for one in warned.deadlines]) == (True, ["answer"])
    with pytest.raises(Obsolete, match="deadline-not-over"):
        decide(warned, ExpireAnswer("answer"), ANSWER + GRACE, BOOK)
    over = decide(warned, ExpireAnswer("answer"), ANSWER + GRACE + timedelta(microseconds=1), BOOK)
    assert over == (AnswerOverdue("answer"),)
    late = request_after(*soon, *over)
    assert (late.status, late.overdue, late.deadlines) == ("received", True, ())
    with pytest.raises(Obsolete, match="deadline-not-current"):
        decide(late, ExpireAnswer("answer"), ANSWER + timedelta(days=9), BOOK)
    assert isinstance(decide(late, GRANT, ANSWER + timedelta(days=9), BOOK)[0], RequestGranted)
    with pytest.raises(Obsolete, match="deadline-not-current"):
        decide(request_after(GRANTED), ExpireAnswer("answer"), ANSWER + timedelta(days=9), BOOK)


def test_a_correction_of_the_registration_says_what_it_is_to_be() -> None:
    registration = request_after(kind="correction", about="registration")
    refused(registration, GRANT, "correction-missing")
    assert decide(registration, replace(GRANT, registrant="agent"), FRIDAY, BOOK)
    refused(request_after(), replace(GRANT, category="individual"), "correction-not-asked-for")


def test_a_fee_can_be_asked_only_where_the_policy_says_so() -> None:
    refused(request_after(), replace(REFUSE, reason="fee-not-agreed"), "no-fee-here")
    policy = BOOK.at(FRIDAY)
    charging = PolicyBook([replace(policy, privacy=replace(policy.privacy, free_requests=3))], BOOK.calendars)
    flags = []
    for earlier in range(5):
        [filed] = decide(None, filing("other", earlier=earlier), FRIDAY, charging)
        assert isinstance(filed, PrivacyRequestFiled)
        flags.append(filed.fee_may_be_asked)
    assert flags == [False, False, False, True, True]
    [refusal] = decide(m.evolve(None, filed), replace(REFUSE, reason="fee-not-agreed"), FRIDAY, charging)
    assert isinstance(refusal, RequestRefused)


def test_one_of_a_sort_at_a_time_while_it_is_open_or_holds() -> None:
    current = {name: "current" in REQUESTS.index(request) for name, request in STATES.items()}
    assert [name for name, there in current.items() if there] == ["received", "in-examination", "granted", "announced"]
    waiting = {name for name, request in STATES.items() if "due" in REQUESTS.index(request)}
    assert waiting == {"received", "in-examination"}


def test_every_event_is_told_without_references_or_who_decided() -> None:
    [filed] = decide(None, filing(), FRIDAY, BOOK)
    events: tuple[Event, ...] = (
        filed,
        ExaminationBegun("staff-1"),
        GRANTED,
        RequestRefused("staff-1", "unfounded", "vlt-answer", FRIDAY),
        RequestWithdrawn(FRIDAY),
        AnswerDueSoon("answer-warning"),
        AnswerOverdue("answer"),
        ANNOUNCED,
        EffectEnded("lifted", FRIDAY),
    )
    assert {type(event) for event in events} == set(get_args(Event))
    told = [publication for event in events for publication in publish(request_after(), event, 1)]
    assert len({type(publication.data) for publication in told}) == len(events)
    spoken = "".join(publication.data.model_dump_json() for publication in told)
    assert "vlt-" not in spoken
    assert "staff-1" not in spoken


# ---- effects on the account


def granted(kind: m.Kind, about: m.About = "", request_id: str = "prq-1", **more: Any) -> Granted:
    return Granted(request_id, kind, about, more.get("category"), more.get("registrant"))


VERIFIED = (*QUEUED, AccountVerified(1, "staff-1"))


def test_a_restriction_holds_once_and_ends_by_its_own_request_only() -> None:
    account = account_after(VERIFIED_EMAIL)
    assert grant(account, granted("restriction")) == (ProcessingRestricted("prq-1"),)
    restricted = evolve(account, ProcessingRestricted("prq-1"))
    assert restricted.restricted
    assert grant(restricted, granted("restriction")) == ()
    assert end(restricted, "prq-2") == ()
    assert end(restricted, "prq-1") == (RestrictionLifted("prq-1"),)
    free = evolve(restricted, RestrictionLifted("prq-1"))
    assert (free.restricted, end(free, "prq-1")) == (False, ())


def test_the_next_restriction_may_be_told_before_the_end_of_the_last_one() -> None:
    account = evolve(account_after(VERIFIED_EMAIL), ProcessingRestricted("prq-1"))
    [second] = grant(account, granted("restriction", request_id="prq-2"))
    both = evolve(account, second)
    [lifted] = end(both, "prq-1")
    after = evolve(both, lifted)
    assert (after.restricted, after.choices.restricted_by) == (True, ("prq-2",))


def test_an_objection_holds_for_its_purpose() -> None:
    account = account_after(VERIFIED_EMAIL)
    assert grant(account, granted("objection", "good-faith")) == (ObjectionGranted("good-faith", "prq-1"),)
    objecting = evolve(account, ObjectionGranted("good-faith", "prq-1"))
    assert grant(objecting, granted("objection", "good-faith")) == ()
    assert grant(objecting, granted("objection", "other", "prq-2")) == (ObjectionGranted("other", "prq-2"),)
    assert end(objecting, "prq-1") == (ObjectionEnded("good-faith", "prq-1"),)


def test_a_corrected_identity_is_verified_anew_and_only_then_is_it_in_question() -> None:
    account = account_after(*VERIFIED)
    reopened = grant(account, granted("correction", "identity"))
    assert reopened == (IdentityReopened("prq-1"),)
    again = account_after(*VERIFIED, *reopened)
    assert again.verified  # nothing new is there to be looked at
    assert grant(again, granted("correction", "identity")) == ()  # the same request, told twice
    events = verification.decide(again, SubmitIdentity(SUBMITTED), FRIDAY, BOOK)
    assert events == (SUBMITTED, started(2))
    queued = account_after(*VERIFIED, *reopened, *events)
    assert (queued.verified, queued.verification, queued.identity_reopened) == (False, "queued", False)
    done = account_after(*VERIFIED, *reopened, *events, AccountVerified(2, "staff-2"))
    assert grant(done, granted("correction", "identity")) == ()  # told late: it was opened for this request already
    with pytest.raises(Refusal, match="account-verified-already"):
        verification.decide(done, SubmitIdentity(SUBMITTED), FRIDAY, BOOK)


def test_corrected_categories_take_the_identity_with_them_where_its_proof_is_another() -> None:
    account = account_after(*VERIFIED)  # an enterprise, rights holder
    agent = grant(account, granted("correction", "registration", registrant="agent"))
    assert agent == (RegistrationCorrected("enterprise", "agent", "prq-1"),)
    person = grant(account, granted("correction", "registration", category="individual"))
    assert person == (RegistrationCorrected("individual", "rights_holder", "prq-1"), IdentityReopened("prq-1"))
    assert grant(account, granted("correction", "registration", category="enterprise")) == ()


@given(st.integers(1, 4), st.booleans(), st.sampled_from(["restriction", "objection"]), st.data())
def test_effects_of_one_request_come_in_order_and_of_several_in_any(
    number: int, last_ends: bool, kind: m.Kind, data: st.DataObject
) -> None:
    """Each is granted and ended after the one before; only the last may hold still."""
    coming = [name for name in range(number) for _ in range(2 if name < number - 1 or last_ends else 1)]
    account, heard = account_after(VERIFIED_EMAIL), set[int]()
    for name in data.draw(st.permutations(coming)):
        request_id, about = f"prq-{name}", "good-faith" if kind == "objection" else ""
        for _ in range(2):  # told twice
            if name in heard:
                events = end(account, request_id)
            else:
                events = grant(account, Granted(request_id, kind, about, None, None))  # type: ignore[arg-type]
            for event in events:
                account = evolve(account, event)
        heard.add(name)
    holds = account.restricted if kind == "restriction" else bool(account.choices.objected_to)
    assert holds is not last_ends


@pytest.mark.parametrize(("kind", "about"), [("correction", "other"), ("other", "")])
def test_the_rest_is_done_by_hand(kind: m.Kind, about: m.About) -> None:
    assert grant(account_after(*VERIFIED), granted(kind, about)) == ()


# ---- requests × consents × restriction, whatever happens


PURPOSES = load_purposes()
_LIKELY: list[Command] = [GRANT, WithdrawRequest(), *COMMANDS.values(), ExpireAnswer("answer")]


class OnePerson(RuleBasedStateMachine):
    """One account with requests of each sort, consents, and effects that arrive late, twice or not yet."""

    @initialize()
    def begin(self) -> None:
        self.now = FRIDAY
        self.account: Account = account_after(*VERIFIED)
        self.requests: dict[str, PrivacyRequest] = {}
        self.told: dict[str, list[tuple[PrivacyRequest, Event]]] = {}

    @rule(kind=st.sampled_from(["restriction", "objection"]), eea=st.sampled_from([True, True, True, False, None]))
    def file(self, kind: m.Kind, eea: bool | None) -> None:
        about: m.About = "good-faith" if kind == "objection" else ""
        if any(each.kind == kind and "current" in REQUESTS.index(each) for each in self.requests.values()):
            return  # the unique index
        request_id = f"prq-{len(self.requests)}"
        try:
            [filed] = decide(None, filing(kind, about, request_id=request_id, eea=eea), self.now, BOOK)
        except Refusal:
            assert not eea
            return
        assert eea
        self.requests[request_id] = m.evolve(None, filed)

    @rule(which=st.integers(0, 9), command=st.sampled_from(_LIKELY))
    def act(self, which: int, command: Command) -> None:
        if not self.requests:
            return
        request_id = f"prq-{which % len(self.requests)}"
        before = self.requests[request_id]
        try:
            events = decide(before, command, self.now, BOOK)
        except Refusal:
            return
        for event in events:
            self.requests[request_id] = m.evolve(self.requests[request_id], event)
            self.told.setdefault(request_id, []).append((self.requests[request_id], event))

    @rule(which=st.integers(0, 9), again=st.booleans())
    def an_effect_arrives(self, which: int, again: bool) -> None:
        """Each request's in order, requests among themselves in any; a repeat changes nothing."""
        if not self.told:
            return
        request_id = sorted(self.told)[which % len(self.told)]
        request, event = self.told[request_id].pop(0)
        for _ in range(2 if again else 1):
            events: tuple[Any, ...] = ()
            if isinstance(event, RequestGranted):
                events = grant(self.account, granted(request.kind, request.about, request.id))
            elif isinstance(event, EffectEnded):
                events = end(self.account, request.id)
            for each in events:
                self.account = evolve(self.account, each)
        if not self.told[request_id]:
            del self.told[request_id]

    @rule()
    def all_effects_arrive(self) -> None:
        while self.told:
            self.an_effect_arrives(which=0, again=False)

    @rule(gives=st.booleans())
    def choose(self, gives: bool) -> None:
        text = PURPOSES.latest(CONTACT_DISCLOSURE)
        given = ConsentGiven(text.code, text.version, "en", text.sha256("en"), self.now)
        try:
            events = give_consent(self.account, given) if gives else withdraw_consent(self.account, text.code, self.now)
        except Refusal:
            assert not PURPOSES.covers(self.account, text.code)
            return
        for event in events:
            self.account = evolve(self.account, event)
        assert PURPOSES.covers(self.account, text.code) is gives

    @rule(days=st.integers(1, 20))
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def one_of_each_sort_is_current(self) -> None:
        current = [REQUESTS.index(each).get("current") for each in self.requests.values()]
        held = [name for name in current if name]
        assert len(held) == len(set(held))

    @invariant()
    def what_was_answered_is_not_due_and_open_ones_are_or_were(self) -> None:
        for request in self.requests.values():
            assert request.open or not request.deadlines
            assert not request.open or request.overdue or request.deadlines
            assert request.lifting_announced_at is None or request.kind == "restriction"

    @invariant()
    def the_account_is_as_the_requests_say_once_all_is_heard(self) -> None:
        if self.told:
            return
        granted_now = {each.kind for each in self.requests.values() if each.in_force}
        assert self.account.restricted == ("restriction" in granted_now)
        assert bool(self.account.choices.objections) == ("objection" in granted_now)
        assert self.account.verified  # none of it touches what was verified


TestOnePerson = OnePerson.TestCase
TestOnePerson.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
