"""The account's rules: given / when / then, and what holds whatever happens."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.accounts import model as accounts
from services.identity.accounts.model import (
    Account,
    AccountRegistered,
    AccountVerified,
    ChangeStanding,
    EmailVerified,
    Event,
    IdentitySubmitted,
    IprDocumentReceived,
    LegalHoldPlaced,
    LegalHoldReleased,
    Register,
    RenewEmailCode,
    StandingChanged,
    VerificationFailed,
    VerificationOverdue,
    VerificationStarted,
    VerifyEmail,
    evolve,
)
from services.identity.accounts.publishing import publish
from services.identity.accounts.store import ACCOUNTS
from services.identity.contacts.model import change_contact
from services.identity.privacy import model as privacy
from services.identity.verification import model as verification
from services.identity.verification.model import (
    DecideVerification,
    ExpireVerification,
    ReceiveIprDocument,
    SubmitIdentity,
)
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.calendars import Deadline
from shared.policies.loading import load_policy_book

BOOK = load_policy_book()
FRIDAY = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai

REGISTERED = AccountRegistered(
    account_id="acc-intl-1",
    region="intl",
    category="enterprise",
    registrant="rights_holder",
    language="en",
    email_ref="vlt-email",
    email_index="hash-of-email",
    phone_ref=None,
    password_ref="vlt-password",
    code_ref="vlt-code",
    accepted=(
        accounts.Accepted("user-agreement", "2019-09", "en", "0" * 64),
        accounts.Accepted("privacy-policy", "2018-05", "en", "1" * 64),
    ),
    at=FRIDAY,
)
SUBMITTED = IdentitySubmitted(
    method="business-licence",
    document_kind="business-licence",
    details_ref="vlt-details",
    document_ref="vlt-image",
    subject_index="hash-of-number",
    provider_reference=None,
    at=FRIDAY,
)
RIGHT = IprDocumentReceived("rgt-1")


def started(number: int = 1) -> VerificationStarted:
    return VerificationStarted(number, BOOK.account_verification(f"account-verification:{number}", FRIDAY), FRIDAY)


def account_after(*events: Event) -> Account:
    account = evolve(None, REGISTERED)
    for event in events:
        account = evolve(account, event)
    return account


VERIFIED_EMAIL = EmailVerified(FRIDAY)
QUEUED = (VERIFIED_EMAIL, RIGHT, SUBMITTED, started())


def refused(code: str, account: Account | None, command: verification.Command | accounts.Command) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        decided(account, command)
    assert refusal.value.code == code
    return refusal.value


def decided(
    account: Account | None, command: verification.Command | accounts.Command, now: datetime = FRIDAY
) -> Sequence[Event]:
    if isinstance(command, get_args(accounts.Command)):
        return accounts.decide(account, command, now)
    return verification.decide(account, command, now, BOOK)  # type: ignore[arg-type]


def test_identity_alone_starts_nothing() -> None:
    assert decided(account_after(VERIFIED_EMAIL), SubmitIdentity(SUBMITTED)) == (SUBMITTED,)


def test_a_right_alone_starts_nothing() -> None:
    assert decided(account_after(VERIFIED_EMAIL), ReceiveIprDocument("rgt-1")) == (RIGHT,)


@pytest.mark.parametrize(
    ("before", "command", "first"),
    [
        ((VERIFIED_EMAIL, RIGHT), SubmitIdentity(SUBMITTED), SUBMITTED),
        ((VERIFIED_EMAIL, SUBMITTED), ReceiveIprDocument("rgt-1"), RIGHT),
    ],
)
def test_verification_starts_when_both_are_in(
    before: tuple[Event, ...], command: verification.Command, first: Event
) -> None:
    events = decided(account_after(*before), command)
    assert events == (first, started())
    # Friday 6 March 2026 + 3 working days: Monday, Tuesday, Wednesday; over at midnight in Shanghai (16:00 UTC).
    deadline = account_after(*before, *events).deadline
    assert isinstance(deadline, Deadline)
    assert deadline.due == datetime(2026, 3, 11, 16, 0, tzinfo=UTC)
    assert [day for day, _ in deadline.skipped] == [date(2026, 3, 7), date(2026, 3, 8)]


def test_later_rights_change_nothing_about_the_account() -> None:
    assert decided(account_after(*QUEUED), ReceiveIprDocument("rgt-2")) == ()
    assert decided(account_after(*QUEUED, AccountVerified(1, "staff-1")), ReceiveIprDocument("rgt-2")) == ()


def test_a_reviewer_verifies() -> None:
    events = decided(account_after(*QUEUED), DecideVerification("verified", (), "staff-1"))
    assert events == (AccountVerified(1, "staff-1"),)
    after = account_after(*QUEUED, *events)
    assert (after.verified, after.deadline, after.queued_at) == (True, None, None)


def test_a_failed_verification_names_reasons_and_can_be_resubmitted() -> None:
    refused("reasons-missing", account_after(*QUEUED), DecideVerification("failed", (), "staff-1"))
    failed = VerificationFailed(1, "staff-1", ("image-unclear",))
    assert decided(account_after(*QUEUED), DecideVerification("failed", ("image-unclear",), "staff-1")) == (failed,)
    again = decided(account_after(*QUEUED, failed), SubmitIdentity(SUBMITTED))
    assert again == (SUBMITTED, started(2))


def test_a_decision_about_an_earlier_submission_is_obsolete() -> None:
    failed = VerificationFailed(1, "staff-1", ("image-unclear",))
    account = account_after(*QUEUED, failed, SUBMITTED, started(2))
    assert isinstance(
        refused("verification-round-over", account, DecideVerification("verified", (), "staff-1", round=1)), Obsolete
    )


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ((), "email-not-verified"),
        (QUEUED, "verification-under-way"),
        ((*QUEUED, AccountVerified(1, "staff-1")), "account-verified-already"),
        ((VERIFIED_EMAIL, StandingChanged("closed", "user-request", False, "staff-1")), "account-closed"),
    ],
)
def test_when_an_identity_is_refused(before: tuple[Event, ...], code: str) -> None:
    refused(code, account_after(*before), SubmitIdentity(SUBMITTED))


def test_nothing_is_decided_about_an_account_that_is_not_queued() -> None:
    refused("verification-not-queued", account_after(VERIFIED_EMAIL), DecideVerification("verified", (), "staff-1"))
    refused("no-such-account", None, DecideVerification("verified", (), "staff-1"))


def test_an_expiry_warns_once_and_never_early() -> None:
    account = account_after(*QUEUED)
    deadline = account.deadline
    assert isinstance(deadline, Deadline)
    expire = ExpireVerification(deadline.id)
    grace = BOOK.at(FRIDAY).deadlines.expiry_grace
    with pytest.raises(Obsolete, match="deadline-not-over"):
        decided(account, expire, deadline.due + grace)
    overdue = decided(account, expire, deadline.due + grace + timedelta(microseconds=1))
    assert overdue == (VerificationOverdue(1, deadline.id),)
    late = account_after(*QUEUED, *overdue)
    assert (late.verification, late.overdue, late.deadline) == ("queued", True, None)
    with pytest.raises(Obsolete, match="deadline-not-current"):
        decided(late, expire, deadline.due + timedelta(days=9))
    assert decided(late, DecideVerification("verified", (), "staff-1")) == (AccountVerified(1, "staff-1"),)


def test_an_e_mail_is_verified_once_with_the_right_code() -> None:
    fresh = account_after()
    assert decided(fresh, VerifyEmail("right")) == (VERIFIED_EMAIL,)
    refused("code-wrong", fresh, VerifyEmail("wrong"))
    refused("code-expired", fresh, VerifyEmail("expired"))
    refused("email-verified-already", account_after(VERIFIED_EMAIL), VerifyEmail("right"))
    refused("email-verified-already", account_after(VERIFIED_EMAIL), RenewEmailCode("vlt-2"))
    refused("account-exists", fresh, Register(REGISTERED))


def test_standing_is_changed_with_a_finding_and_closing_is_final() -> None:
    account = account_after(*QUEUED)
    suspended = decided(account, ChangeStanding("suspended", "malicious", "staff-1", deliberate_falsehood=True))
    after = account_after(*QUEUED, *suspended)
    assert (after.standing, after.deliberate_falsehood) == ("suspended", True)
    restored = account_after(*QUEUED, *suspended, *decided(after, ChangeStanding("good", "appeal", "staff-1")))
    assert (restored.standing, restored.deliberate_falsehood) == ("good", True)  # "ever" (001, Good Faith)
    refused("standing-unchanged", restored, ChangeStanding("good", "again", "staff-1"))
    closed = account_after(VERIFIED_EMAIL, StandingChanged("closed", "user-request", False, "staff-1"))
    refused("account-closed", closed, ChangeStanding("good", "appeal", "staff-1"))
    with pytest.raises(Refusal, match="account-closed"):
        change_contact(closed, "disclosed", "vlt-1")


def test_a_closed_account_gives_its_e_mail_and_subject_free() -> None:
    account = account_after(*QUEUED)
    assert {"email", "subject", "queued_at"} <= set(ACCOUNTS.index(account))
    closed = evolve(account, StandingChanged("closed", "user-request", False, "staff-1"))
    assert {"email", "subject"}.isdisjoint(ACCOUNTS.index(closed))


def test_every_event_can_be_told_without_references_or_hashes() -> None:
    deadline = started().deadline
    events: tuple[Event, ...] = (
        REGISTERED,
        accounts.EmailCodeRenewed("vlt-2"),
        VERIFIED_EMAIL,
        SUBMITTED,
        RIGHT,
        started(),
        AccountVerified(1, "staff-1"),
        VerificationFailed(1, "staff-1", ("image-unclear",)),
        VerificationOverdue(1, deadline.id),
        accounts.ContactChanged("disclosed", "vlt-3"),
        StandingChanged("warned", "late", False, "staff-1"),
        LegalHoldPlaced("lgh-1", "litigation", "LH-2026-017", date(2026, 9, 1), "staff-1", FRIDAY),
        LegalHoldReleased("lgh-1", "settled", "staff-1", FRIDAY),
        privacy.ConsentGiven("contact-disclosure", "2026-01", "en", "0" * 64, FRIDAY),
        privacy.ConsentWithdrawn("contact-disclosure", "2026-01", "en", "0" * 64, FRIDAY),
        privacy.ProcessingRestricted("prq-1"),
        privacy.RestrictionLifted("prq-1"),
        privacy.ObjectionGranted("good-faith", "prq-2"),
        privacy.ObjectionEnded("good-faith", "prq-2"),
        privacy.IdentityReopened("prq-3"),
        privacy.RegistrationCorrected("individual", "agent", "prq-4"),
        privacy.PhoneChanged("vlt-4"),
        accounts.AccountLeaves(FRIDAY),
        accounts.AccountStays(FRIDAY),
        accounts.AccountErased(FRIDAY),
    )
    assert {type(event) for event in events} == set(get_args(Event))
    account = account_after(*QUEUED)
    told = [publication for event in events for publication in publish(account, event, 1)]
    assert len(told) == len(events) - 3  # the first right, contacts and phone are nobody else's business
    spoken = "".join(publication.data.model_dump_json() for publication in told)
    assert "vlt-" not in spoken
    assert "hash-of" not in spoken
    assert "staff-1" not in spoken
    assert "LH-2026-017" not in spoken


COMMANDS = st.one_of(
    st.sampled_from([VerifyEmail("right"), VerifyEmail("wrong")]),
    st.just(SubmitIdentity(SUBMITTED)),
    st.sampled_from(["rgt-1", "rgt-2"]).map(ReceiveIprDocument),
    st.sampled_from([
        DecideVerification("verified", (), "staff-1"),
        DecideVerification("failed", ("image-unclear",), "staff-1"),
    ]),
    st.sampled_from([1, 2, 3]).map(lambda number: ExpireVerification(f"account-verification:{number}")),
    st.sampled_from(get_args(accounts.Standing)).map(lambda standing: ChangeStanding(standing, "why", "staff-1")),
)  # fmt: skip


@given(st.lists(st.tuples(COMMANDS, st.integers(min_value=0, max_value=5)), max_size=25))
def test_what_holds_whatever_happens(steps: list[tuple[verification.Command | accounts.Command, int]]) -> None:
    account, now = account_after(), FRIDAY
    for command, days in steps:
        now += timedelta(days=days)
        before = account
        try:
            for event in decided(account, command, now):
                account = evolve(account, event)
        except Refusal:
            assert account == before
        assert (account.deadline is None) or account.verification == "queued"
        assert (account.queued_at is not None) == (account.verification == "queued")
        if account.verification in ("queued", "verified", "failed"):
            assert account.email_verified
            assert account.identity is not None
            assert account.first_right_id is not None
        assert account.round >= before.round
        if before.verified:
            assert account.verified


def test_an_account_in_any_state_is_told_as_verified_only_when_it_is() -> None:
    account = account_after(*QUEUED)
    (told,) = publish(replace(account, verification="failed"), StandingChanged("warned", "x", False, "staff-1"), 1)
    assert told.data.model_dump()["verified"] is False
