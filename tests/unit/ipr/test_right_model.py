"""A right: every status × every command, and what a submission must hold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.ipr.rights.model import (
    HANDBOOK_WORDS,
    AuthenticationFailed,
    AuthenticationOverdue,
    Command,
    CopyDisclosed,
    DecideAuthentication,
    Details,
    DiscloseCopy,
    DisclosedPage,
    Document,
    Event,
    ExpireDeadline,
    NotAcceptable,
    Rectangle,
    Right,
    RightAuthenticated,
    RightDrafted,
    RightExpired,
    RightSubmitted,
    RightWithdrawn,
    SaveDraft,
    Status,
    SubmitRight,
    WithdrawRight,
    decide,
    evolve,
)
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.calendars import Deadline, Undated
from shared.policies.loading import load_policy_book

BOOK = load_policy_book()
NOW = datetime(2026, 2, 13, 2, 0, tzinfo=UTC)  # Friday 10:00 in Shanghai
DETAILS = Details(
    right_type="trademark",
    place="CN",
    madrid_designations=(),
    name="ACME",
    registration_number="No. 1234567",
    registrant_ref="vlt-1",
    brand_ref=None,
    expires_on=date(2030, 12, 6),
    nice_classes=(25,),
)
CERTIFICATE = Document(
    kind="certificate", name="certificate-1.pdf", media_type="application/pdf", size=9, sha256="00", ref="vlt-2"
)
SUBMIT = SubmitRight(right_id="rgt-1", account_id="acc-1", principal_id=None, details=DETAILS, documents=(CERTIFICATE,))
DRAFT = SaveDraft(right_id="rgt-1", account_id="acc-1", principal_id=None, details=DETAILS, documents=(CERTIFICATE,))
AUTHENTICATE = DecideAuthentication(result="authenticated", reasons=(), by="staff-1")
FAIL = DecideAuthentication(result="failed", reasons=("certificate-unclear",), by="staff-1")
WITHDRAW = WithdrawRight(reason="sold")
PAGE = DisclosedPage(page=1, rectangles=(Rectangle(x=0.1, y=0.1, width=0.2, height=0.1),), ref="vlt-3", sha256="ab")
DISCLOSE = DiscloseCopy(number=1, document_sha256="00", pages=(PAGE,), by="staff-1")


def given(*commands: Command, at: datetime = NOW) -> Right:
    right: Right | None = None
    for command in commands:
        for event in decide(right, command, at, BOOK):
            right = evolve(right, event)
    assert right is not None
    return right


def when(right: Right | None, command: Command, at: datetime = NOW) -> tuple[Event, ...]:
    return decide(right, command, at, BOOK)


def then(right: Right, events: tuple[Event, ...]) -> Right:
    for event in events:
        right = evolve(right, event)
    return right


PATHS: dict[Status, tuple[Command, ...]] = {
    "draft": (DRAFT,),
    "under_authentication": (SUBMIT,),
    "authentication_failed": (SUBMIT, FAIL),
    "authenticated": (SUBMIT, AUTHENTICATE),
    "withdrawn": (SUBMIT, WITHDRAW),
}
# command → status → the event, or the code of the refusal
TABLE: dict[str, tuple[Command, dict[Status, type[Event] | str]]] = {
    "save draft": (
        DRAFT,
        {
            "draft": RightDrafted,
            "under_authentication": "right-submitted-already",
            "authentication_failed": "right-submitted-already",
            "authenticated": "right-submitted-already",
            "withdrawn": "right-submitted-already",
        },
    ),
    "submit": (
        SUBMIT,
        {
            "draft": RightSubmitted,
            "under_authentication": "authentication-under-way",
            "authentication_failed": RightSubmitted,
            "authenticated": "right-authenticated-already",
            "withdrawn": "right-withdrawn",
        },
    ),
    "authenticate": (
        AUTHENTICATE,
        {
            "draft": "not-under-authentication",
            "under_authentication": RightAuthenticated,
            "authentication_failed": "not-under-authentication",
            "authenticated": "not-under-authentication",
            "withdrawn": "not-under-authentication",
        },
    ),
    "fail": (
        FAIL,
        {
            "draft": "not-under-authentication",
            "under_authentication": AuthenticationFailed,
            "authentication_failed": "not-under-authentication",
            "authenticated": "not-under-authentication",
            "withdrawn": "not-under-authentication",
        },
    ),
    "withdraw": (
        WITHDRAW,
        {
            "draft": RightWithdrawn,
            "under_authentication": RightWithdrawn,
            "authentication_failed": RightWithdrawn,
            "authenticated": RightWithdrawn,
            "withdrawn": "right-withdrawn",
        },
    ),
    "disclose": (
        DISCLOSE,
        {
            "draft": "right-not-disclosed",
            "under_authentication": CopyDisclosed,
            "authentication_failed": "right-not-disclosed",
            "authenticated": CopyDisclosed,
            "withdrawn": CopyDisclosed,  # its cases go on
        },
    ),
}
CELLS = [(name, status) for name, (_, row) in TABLE.items() for status in row]


@pytest.mark.parametrize(("name", "status"), CELLS)
def test_every_status_and_command(name: str, status: Status) -> None:
    command, row = TABLE[name]
    right, expected = given(*PATHS[status]), row[status]
    assert right.status == status
    if isinstance(expected, str):
        with pytest.raises(Refusal) as refused:
            when(right, command)
        assert refused.value.code == expected
    else:
        assert [type(event) for event in when(right, command)] == [expected]


@pytest.mark.parametrize("command", [AUTHENTICATE, WITHDRAW, DISCLOSE, ExpireDeadline(deadline_id="right-expiry:1")])
def test_given_no_right_then_there_is_nothing_to_decide(command: Command) -> None:
    with pytest.raises(Refusal) as refused:
        when(None, command)
    assert refused.value.code == "no-such-right"


def test_the_handbooks_words() -> None:
    """001, IPR Management."""
    assert list(HANDBOOK_WORDS.values()) == [
        "Draft",
        "Under authentication",
        "Authentication failed",
        "Authenticated",
        "Withdraw",
    ]


def test_given_nothing_when_submitted_then_three_working_days_run_and_the_expiry_is_a_deadline() -> None:
    right = given(SUBMIT)
    assert right.status == "under_authentication"
    target, expiry = right.deadlines
    assert isinstance(target, Deadline)
    assert isinstance(expiry, Deadline)
    # Friday 13 February 2026. Saturday 14 is a make-up working day, the Spring Festival lasts from 15 to 23: the
    # working days are 14, 24 and 25, and the period ends with the 25th in Shanghai.
    assert (target.kind, target.due) == ("right-authentication", datetime(2026, 2, 25, 16, 0, tzinfo=UTC))
    # Valid on 6 December 2030, over at midnight in Shanghai.
    assert (expiry.kind, expiry.due) == ("right-expiry", datetime(2030, 12, 6, 16, 0, tzinfo=UTC))


def test_given_it_failed_when_edited_and_resubmitted_then_the_next_round_runs_under_its_own_deadlines() -> None:
    failed = given(SUBMIT, FAIL)
    assert (failed.reasons, failed.deadlines) == (("certificate-unclear",), ())
    better = replace(SUBMIT, details=replace(DETAILS, registration_number="7654321"))
    again = then(failed, when(failed, better))
    assert (again.status, again.round, again.reasons) == ("under_authentication", 2, ())
    assert [deadline.id for deadline in again.deadlines] == ["right-authentication:2", "right-expiry:2"]
    assert again.details.registration_number == "7654321"


def test_given_it_was_edited_since_when_the_former_round_is_decided_then_it_is_refused() -> None:
    again = given(SUBMIT, FAIL, SUBMIT)
    with pytest.raises(Refusal) as refused:
        when(again, replace(AUTHENTICATE, round=1))
    assert refused.value.code == "authentication-round-over"


def test_a_failure_says_why() -> None:
    with pytest.raises(Refusal) as refused:
        when(given(SUBMIT), replace(FAIL, reasons=()))
    assert refused.value.code == "reasons-missing"


def findings(details: Details, documents: tuple[Document, ...] = (CERTIFICATE,)) -> list[tuple[str, str]]:
    with pytest.raises(NotAcceptable) as refused:
        when(None, replace(SUBMIT, details=details, documents=documents))
    return [(each.code, each.pointer) for each in refused.value.problems]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    wrong = replace(DETAILS, registration_number="-", expires_on=date(2026, 2, 12), renewed=True, assigned=True)
    assert findings(wrong, ()) == [
        ("number-not-valid", "/submission/registration_number"),
        ("right-expired", "/submission/expires_on"),
        ("document-missing", "/certificate"),
        ("document-missing", "/renewal"),
        ("document-missing", "/assignment"),
    ]


def test_an_expiry_lies_ahead_of_today_in_shanghai() -> None:
    tomorrow = replace(SUBMIT, details=replace(DETAILS, expires_on=date(2026, 2, 14)))
    evening = datetime(2026, 2, 13, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert isinstance(when(None, tomorrow, evening)[0], RightSubmitted)
    with pytest.raises(NotAcceptable):
        when(None, tomorrow, evening + timedelta(minutes=1))


@pytest.mark.parametrize("expires_on", [date(2077, 1, 1), date(9999, 12, 31)])
def test_an_expiry_that_no_trademark_has_is_a_slip_of_the_pen(expires_on: date) -> None:
    assert findings(replace(DETAILS, expires_on=expires_on)) == [("expiry-not-plausible", "/submission/expires_on")]


def test_a_time_stamp_alone_proves_nothing() -> None:
    stamp = replace(CERTIFICATE, media_type="application/timestamp-reply")
    assert findings(DETAILS, (stamp,)) == [("document-missing", "/certificate")]
    assert when(None, replace(SUBMIT, documents=(stamp, CERTIFICATE)))


def test_a_draft_may_lack_everything_but_its_fields() -> None:
    assert isinstance(when(None, DRAFT)[0], RightDrafted)
    assert given(DRAFT).deadlines == ()


@pytest.mark.parametrize(
    ("number", "same"),
    [("1234567", True), ("no 1234567", True), ("NO.1234567", True), ("Ｎo．１２３４５６７", True), ("1234568", False)],
)
def test_the_fingerprint_does_not_depend_on_how_the_number_is_written(number: str, same: bool) -> None:
    plain = replace(DETAILS, registration_number="No 1234567")
    written = number if "n" in number.lower() or "Ｎ" in number else f"No {number}"
    other = replace(DETAILS, registration_number=written)
    assert (other.fingerprint == plain.fingerprint) is same


def test_the_fingerprint_follows_the_office() -> None:
    elsewhere = replace(DETAILS, place="US")
    assert elsewhere.fingerprint != DETAILS.fingerprint
    # An international registration has one number, wherever it was filed from and whichever offices it designates.
    chinese = replace(DETAILS, madrid_designations=("SG", "TH"))
    assert chinese.fingerprint == replace(elsewhere, madrid_designations=("VN",)).fingerprint != DETAILS.fingerprint


def test_given_the_target_passed_then_it_is_overdue_and_nothing_is_decided() -> None:
    right = given(SUBMIT)
    late = datetime(2026, 2, 25, 16, 1, 1, tzinfo=UTC)
    events = when(right, ExpireDeadline(deadline_id="right-authentication:1"), late)
    assert [type(event) for event in events] == [AuthenticationOverdue]
    overdue = then(right, events)
    assert (overdue.status, overdue.overdue) == ("under_authentication", True)
    assert [deadline.kind for deadline in overdue.deadlines] == ["right-expiry"]  # so that nobody asks again
    assert isinstance(when(overdue, AUTHENTICATE, late)[0], RightAuthenticated)


def test_given_its_last_day_is_over_then_it_expires_and_keeps_its_status() -> None:
    right = given(SUBMIT, AUTHENTICATE)
    over = datetime(2030, 12, 6, 16, 1, 1, tzinfo=UTC)
    events = when(right, ExpireDeadline(deadline_id="right-expiry:1"), over)
    assert [type(event) for event in events] == [RightExpired]
    expired = then(right, events)
    assert (expired.status, expired.expired, expired.deadlines) == ("authenticated", True, ())
    assert not expired.counts


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2030, 12, 6, 15, 59, tzinfo=UTC), "deadline-not-due"),
        (datetime(2030, 12, 6, 16, 1, 0, tzinfo=UTC), "deadline-not-due"),  # due + the grace of 60 s, exactly
    ],
)
def test_an_expiry_before_due_and_grace_is_refused(at: datetime, code: str) -> None:
    with pytest.raises(Obsolete) as refused:
        when(given(SUBMIT, AUTHENTICATE), ExpireDeadline(deadline_id="right-expiry:1"), at)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("right", "deadline_id"),
    [
        (given(SUBMIT, FAIL, SUBMIT), "right-expiry:1"),
        (given(SUBMIT, WITHDRAW), "right-expiry:1"),
        (given(SUBMIT, AUTHENTICATE), "right-authentication:1"),
    ],
)
def test_an_expiry_that_no_longer_runs_is_obsolete(right: Right, deadline_id: str) -> None:
    with pytest.raises(Obsolete) as refused:
        when(right, ExpireDeadline(deadline_id=deadline_id), datetime(2031, 1, 1, tzinfo=UTC))
    assert refused.value.code == "deadline-not-current"


def test_given_it_expired_under_authentication_then_it_cannot_be_authenticated_and_can_fail() -> None:
    right = given(SUBMIT)
    over = datetime(2030, 12, 7, tzinfo=UTC)
    expired = then(right, when(right, ExpireDeadline(deadline_id="right-expiry:1"), over))
    with pytest.raises(Refusal) as refused:
        when(expired, AUTHENTICATE, over)
    assert refused.value.code == "right-expired"
    assert isinstance(when(expired, FAIL, over)[0], AuthenticationFailed)


def test_given_the_calendar_ends_then_the_target_is_undated_and_the_submission_goes_on() -> None:
    """DOMAIN, Deadlines 1: never a guess, never a stop."""
    beyond = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)
    right = given(SUBMIT, at=beyond)
    if BOOK.default_calendar(beyond).last_covered_day.year > 2026:
        pytest.skip("the calendar of 2027 is published")
    assert isinstance(right.authentication, Undated)
    with pytest.raises(Obsolete):
        when(right, ExpireDeadline(deadline_id="right-authentication:1"), datetime(2028, 1, 1, tzinfo=UTC))
