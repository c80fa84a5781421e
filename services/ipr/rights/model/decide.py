"""The rules of a right: every status × every command."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from services.ipr.rights.model.commands import (
    Command,
    DecideAuthentication,
    DiscloseCopy,
    ExpireDeadline,
    SaveDraft,
    SubmitRight,
    WithdrawRight,
)
from services.ipr.rights.model.disclosing import check_disclosable, check_pages
from services.ipr.rights.model.events import (
    AuthenticationFailed,
    AuthenticationOverdue,
    CopyDisclosed,
    Event,
    RightAuthenticated,
    RightDrafted,
    RightExpired,
    RightSubmitted,
    RightWithdrawn,
)
from services.ipr.rights.model.state import (
    RIGHT_AUTHENTICATION,
    RIGHT_EXPIRY,
    TIMESTAMP,
    Details,
    Document,
    DocumentKind,
    Right,
    normalized_number,
)
from shared.kernel.decider import Obsolete, Refusal
from shared.policies.calendars import calendar_days_later, is_expired
from shared.policies.terms import PolicyBook

LONGEST_TERM_YEARS = 50
"""[ours] Terms are ten years, renewed at most a few years ahead; what is far beyond is a slip of the pen."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a right as it was sent. `pointer`: JSON pointer into the form."""

    code: str
    detail: str
    mend: str
    pointer: str


class NotAcceptable(Refusal):
    """What stands in the way of a submission, all named at once."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        number = len(findings)
        detail = f"{number} {'thing stands' if number == 1 else 'things stand'} in the way of this right."
        super().__init__("right-not-acceptable", detail, "Mend what `problems` names and send it again.")
        self.problems = findings


def decide(right: Right | None, command: Command, now: datetime, book: PolicyBook) -> tuple[Event, ...]:
    """Exhaustive over statuses × commands. Raises Refusal; Obsolete for an expiry that no longer matters."""
    match command:
        case SaveDraft():
            return _save_draft(right, command, now)
        case SubmitRight():
            return _submit(right, command, now, book)
        case DecideAuthentication():
            return _decide_authentication(_existing(right), command, now, book)
        case WithdrawRight():
            return _withdraw(_existing(right), command, now)
        case ExpireDeadline():
            return _expire(_existing(right), command, now, book)
        case DiscloseCopy():
            return _disclose(_existing(right), command, now, book)
        case _:
            assert_never(command)


def _save_draft(right: Right | None, command: SaveDraft, now: datetime) -> tuple[Event, ...]:
    if right is not None and right.status != "draft":
        raise Refusal("right-submitted-already", "This right was submitted; it is no draft any more.")
    return (
        RightDrafted(
            at=now,
            right_id=command.right_id,
            account_id=command.account_id,
            principal_id=command.principal_id,
            details=command.details,
            documents=command.documents,
        ),
    )


def _submit(right: Right | None, command: SubmitRight, now: datetime, book: PolicyBook) -> tuple[Event, ...]:
    if right is not None:
        _may_be_submitted(right)
    calendar = book.default_calendar(now)
    today = calendar.local_day(now)
    findings = tuple(check(command.details, command.documents, today))
    if findings:
        raise NotAcceptable(findings)
    policy, number = book.at(now), (right.round if right else 0) + 1
    expiry = calendar_days_later(
        calendar,
        now,
        (command.details.expires_on - today).days,
        deadline_id=f"{RIGHT_EXPIRY}:{number}",
        kind=RIGHT_EXPIRY,
        policy_version=policy.version,
    )
    return (
        RightSubmitted(
            at=now,
            right_id=command.right_id,
            account_id=command.account_id,
            principal_id=command.principal_id,
            details=command.details,
            documents=command.documents,
            round=number,
            authentication=book.right_authentication(f"{RIGHT_AUTHENTICATION}:{number}", now),
            expiry=expiry,
            policy_version=policy.version,
        ),
    )


def _may_be_submitted(right: Right) -> None:
    match right.status:
        case "draft" | "authentication_failed":
            return
        case "under_authentication":
            raise Refusal("authentication-under-way", "This right is being authenticated.", "Wait for the result.")
        case "authenticated":
            raise Refusal("right-authenticated-already", "This right is authenticated.", "Submit a further right.")
        case "withdrawn":
            raise Refusal("right-withdrawn", "This right was withdrawn.", "Submit it as a new one.")
        case _:
            assert_never(right.status)


def check(details: Details, documents: tuple[Document, ...], today: date) -> list[Finding]:
    """What a submission lacks (001, Step 3). Its expiry lies ahead; `today` is that of Shanghai, where no platform
    applies [ours]."""
    findings: list[Finding] = []
    if not normalized_number(details.registration_number):
        findings.append(
            Finding(
                "number-not-valid",
                "The registration number has no letter or digit.",
                "Give it as the certificate does.",
                "/submission/registration_number",
            )
        )
    if details.expires_on <= today:
        findings.append(
            Finding(
                "right-expired",
                f"The right is valid until {details.expires_on.isoformat()} and no longer.",
                "Give its present expiry, with the proof of renewal.",
                "/submission/expires_on",
            )
        )
    if details.expires_on.year > today.year + LONGEST_TERM_YEARS:
        findings.append(
            Finding(
                "expiry-not-plausible",
                f"No trademark is valid until {details.expires_on.isoformat()}.",
                "Give the expiry that the certificate states.",
                "/submission/expires_on",
            )
        )
    there = {document.kind for document in documents}
    wanted: dict[DocumentKind, bool] = {
        "certificate": True,
        "renewal": details.renewed,
        "assignment": details.assigned,
        "alteration": details.altered,
    }
    certificates = [document for document in documents if document.kind == "certificate"]
    if certificates and all(document.media_type == TIMESTAMP for document in certificates):
        what = "A time stamp alone proves no right."
        findings.append(Finding("document-missing", what, "Send what it stamps as well.", "/certificate"))
    for kind in (kind for kind, is_wanted in wanted.items() if is_wanted and kind not in there):
        findings.append(
            Finding(
                "document-missing", f"The document of the {kind} is missing.", f"Send the part `{kind}`.", f"/{kind}"
            )
        )
    return findings


def _decide_authentication(
    right: Right, command: DecideAuthentication, now: datetime, book: PolicyBook
) -> tuple[Event, ...]:
    if right.status != "under_authentication":
        raise Refusal("not-under-authentication", "This right is not under authentication.")
    if command.round is not None and command.round != right.round:
        raise Refusal("authentication-round-over", "The right was edited since.", "Look at the present submission.")
    version = book.at(now).version
    if command.result == "failed":
        if not command.reasons:
            raise Refusal("reasons-missing", "A failed authentication says why.", "Give at least one reason.")
        return (AuthenticationFailed(at=now, by=command.by, reasons=command.reasons, policy_version=version),)
    if right.expired:
        raise Refusal("right-expired", "The right has expired meanwhile.", "Decide that it failed.")
    return (RightAuthenticated(at=now, by=command.by, policy_version=version),)


def _withdraw(right: Right, command: WithdrawRight, now: datetime) -> tuple[Event, ...]:
    """Cases that were filed with it go on: they are decided by the right as of filing (DOMAIN, Fine points)."""
    if right.status == "withdrawn":
        raise Refusal("right-withdrawn", "This right was withdrawn already.")
    return (RightWithdrawn(at=now, reason=command.reason),)


def _disclose(right: Right, command: DiscloseCopy, now: datetime, book: PolicyBook) -> tuple[Event, ...]:
    policy = book.at(now)
    check_disclosable(right, command.number, command.document_sha256)
    check_pages(tuple(each.page for each in command.pages), len(command.pages), policy.files.drawing.disclosed_pages)
    return (
        CopyDisclosed(
            at=now,
            number=command.number,
            document_sha256=command.document_sha256,
            pages=command.pages,
            by=command.by,
            policy_version=policy.version,
        ),
    )


def _expire(right: Right, command: ExpireDeadline, now: datetime, book: PolicyBook) -> tuple[Event, ...]:
    """What the deadline processor reports; it asks again until an event of the right no longer names the deadline."""
    for deadline in right.deadlines:
        if deadline.id == command.deadline_id:
            if not is_expired(deadline, now, book.at(now).deadlines.expiry_grace):
                raise Obsolete("deadline-not-due", "The deadline has not passed yet.")
            if deadline.kind == RIGHT_EXPIRY:
                return (RightExpired(at=now, deadline_id=deadline.id),)
            return (AuthenticationOverdue(at=now, deadline_id=deadline.id),)
    raise Obsolete("deadline-not-current", "The deadline no longer runs.")


def _existing(right: Right | None) -> Right:
    if right is None:
        raise Refusal("no-such-right", "There is no such right.", "Check the number.")
    return right
