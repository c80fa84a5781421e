"""What may be done with an account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from services.identity.accounts.model.events import (
    AccountErased,
    AccountLeaves,
    AccountRegistered,
    AccountStays,
    EmailCodeRenewed,
    EmailVerified,
    Event,
    Standing,
    StandingChanged,
)
from services.identity.accounts.model.state import Account
from shared.kernel.decider import Obsolete, Refusal


@dataclass(frozen=True)
class Register:
    """Everything of the registrant is in the vault already. `accepted` was checked against what is published."""

    registered: AccountRegistered


@dataclass(frozen=True)
class RenewEmailCode:
    code_ref: str


@dataclass(frozen=True)
class VerifyEmail:
    """What came of comparing the code that was sent with the one that was typed in."""

    finding: Literal["right", "wrong", "expired"]


@dataclass(frozen=True)
class ChangeStanding:
    standing: Standing
    reason: str
    by: str
    deliberate_falsehood: bool = False


ChangeDeparture = Literal["leaves", "stays", "erased"]
"""What an erasure makes of its account."""

Command = Register | RenewEmailCode | VerifyEmail | ChangeStanding


def decide(account: Account | None, command: Command, now: datetime) -> tuple[Event, ...]:
    """What follows from a command. Raises Refusal."""
    match command:
        case Register(registered):
            if account is not None:
                raise Obsolete("account-exists", "This account is registered already.")
            return (registered,)
        case RenewEmailCode(code_ref):
            known = existing(account)
            if known.email_verified:
                raise Refusal("email-verified-already", "The e-mail address is verified already.", "Log in.")
            return (EmailCodeRenewed(code_ref),)
        case VerifyEmail(finding):
            return _verify_email(existing(account), finding, now)
        case ChangeStanding():
            return _change_standing(existing(account), command)
        case _:
            assert_never(command)


def existing(account: Account | None) -> Account:
    """Raises Refusal where there is no such account."""
    if account is None:
        raise Refusal("no-such-account", "There is no such account.")
    return account


def active(account: Account | None) -> Account:
    """An account that may still change something: its e-mail is verified and it is not closed."""
    known = existing(account)
    if known.standing == "closed":
        raise Refusal("account-closed", "The account is closed.")
    if not known.email_verified:
        mend = "Type in the code that was sent to the login e-mail."
        raise Refusal("email-not-verified", "The e-mail address is not verified yet.", mend)
    return known


def _verify_email(account: Account, finding: str, now: datetime) -> tuple[Event, ...]:
    if account.email_verified:
        raise Refusal("email-verified-already", "The e-mail address is verified already.", "Log in.")
    if finding == "expired":
        raise Refusal("code-expired", "The code has expired.", "Ask for a new one.")
    if finding == "wrong":
        raise Refusal("code-wrong", "This is not the code that was sent.", "Look for the latest e-mail.")
    return (EmailVerified(now),)


def _change_standing(account: Account, command: ChangeStanding) -> tuple[Event, ...]:
    if account.standing == "closed":
        raise Refusal("account-closed", "The account is closed; that is final.")
    falsehood_is_new = command.deliberate_falsehood and not account.deliberate_falsehood
    if command.standing == account.standing and not falsehood_is_new:
        raise Refusal("standing-unchanged", f"The standing is {account.standing} already.")
    return (StandingChanged(command.standing, command.reason, command.deliberate_falsehood, command.by),)


def decide_departure(account: Account | None, change: ChangeDeparture, now: datetime) -> tuple[Event, ...]:
    """No event where it is so already."""
    known = existing(account)
    match change:
        case "leaves":
            return () if known.leaving or known.erased else (AccountLeaves(now),)
        case "stays":
            return (AccountStays(now),) if known.leaving else ()
        case "erased":
            return () if known.erased else (AccountErased(now),)
