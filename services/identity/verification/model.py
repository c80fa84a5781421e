"""When verification starts, how it is decided, what happens when it takes too long (001 Steps 2 and 4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from services.identity.accounts.model import (
    Account,
    AccountVerified,
    Event,
    IdentitySubmitted,
    IprDocumentReceived,
    VerificationFailed,
    VerificationOverdue,
    VerificationStarted,
    active,
    existing,
)
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.calendars import Deadline
from shared.policies.terms import PolicyBook

FailureReason = Literal[
    "image-unclear",
    "image-altered",
    "document-expired",
    "wrong-document",
    "name-mismatch",
    "number-mismatch",
    "right-document-insufficient",
    "provider-not-confirmed",
]
"""Why a verification fails (001 Step 2: "clear, true and valid", nothing modified; the list is ours)."""


@dataclass(frozen=True)
class SubmitIdentity:
    """Everything is sealed; the mainland's methods were confirmed by their provider."""

    submitted: IdentitySubmitted


@dataclass(frozen=True)
class ReceiveIprDocument:
    right_id: str


@dataclass(frozen=True)
class DecideVerification:
    """`round`: the submission that the reviewer looked at; None: the present one."""

    result: Literal["verified", "failed"]
    reasons: tuple[str, ...]
    by: str
    round: int | None = None


@dataclass(frozen=True)
class ExpireVerification:
    deadline_id: str


Command = SubmitIdentity | ReceiveIprDocument | DecideVerification | ExpireVerification


def decide(account: Account | None, command: Command, now: datetime, policy: PolicyBook) -> tuple[Event, ...]:
    """What follows from a command. Raises Refusal; Obsolete where something later overtook the command."""
    match command:
        case SubmitIdentity(submitted):
            return _submit(active(account), submitted, now, policy)
        case ReceiveIprDocument(right_id):
            return _receive(existing(account), right_id, now, policy)
        case DecideVerification():
            return _decide(existing(account), command)
        case ExpireVerification(deadline_id):
            return _expire(existing(account), deadline_id, now, policy)
        case _:
            assert_never(command)


def _submit(account: Account, submitted: IdentitySubmitted, now: datetime, policy: PolicyBook) -> tuple[Event, ...]:
    if account.verification == "verified" and not account.identity_reopened:
        mend = "Ask for a correction (POST /v1/accounts/me/privacy-requests) if something of it is wrong."
        raise Refusal("account-verified-already", "The account is verified already.", mend)
    if account.verification == "queued":
        raise Refusal("verification-under-way", "A reviewer has the documents.", "Wait for the decision.")
    if account.first_right_id is None:
        return (submitted,)
    return (submitted, _start(account, now, policy))


def _receive(account: Account, right_id: str, now: datetime, policy: PolicyBook) -> tuple[Event, ...]:
    """Later rights are authenticated one by one; the account is not verified again (DOMAIN: Accounts 7)."""
    if account.first_right_id is not None:
        return ()
    received = IprDocumentReceived(right_id)
    if account.identity is None or account.standing == "closed":
        return (received,)
    return (received, _start(account, now, policy))


def _start(account: Account, now: datetime, policy: PolicyBook) -> VerificationStarted:
    number = account.round + 1
    return VerificationStarted(number, policy.account_verification(f"account-verification:{number}", now), now)


def _decide(account: Account, command: DecideVerification) -> tuple[Event, ...]:
    if command.round is not None and command.round != account.round:
        raise Obsolete("verification-round-over", f"The present submission is number {account.round}.", "Look again.")
    if account.verification != "queued":
        raise Refusal("verification-not-queued", "There is nothing to decide about this account now.")
    if command.result == "verified":
        return (AccountVerified(account.round, command.by),)
    if not command.reasons:
        raise Refusal("reasons-missing", "A failed verification names its reasons.", "Name at least one.")
    return (VerificationFailed(account.round, command.by, command.reasons),)


def _expire(account: Account, deadline_id: str, now: datetime, policy: PolicyBook) -> tuple[Event, ...]:
    """Warns operators; decides nothing."""
    deadline = account.deadline
    if not isinstance(deadline, Deadline) or deadline.id != deadline_id:
        raise Obsolete("deadline-not-current", f"{deadline_id} does not run any more.")
    if now <= deadline.due + policy.at(now).deadlines.expiry_grace:
        raise Obsolete("deadline-not-over", f"{deadline_id} is not over yet.")
    return (VerificationOverdue(account.round, deadline_id),)
