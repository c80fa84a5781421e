"""The right after an event."""

from dataclasses import replace
from typing import assert_never

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
from services.ipr.rights.model.state import DisclosedCopy, Right, Status


def evolve(right: Right | None, event: Event) -> Right:
    match event:
        case RightDrafted():
            return _as_sent(event, "draft", round=0)
        case RightSubmitted():
            submitted = _as_sent(event, "under_authentication", round=event.round)
            return replace(submitted, submitted_at=event.at, authentication=event.authentication, expiry=event.expiry)
        case _ if right is not None:
            return _later(right, event)
        case _:
            raise ValueError("a right begins with its draft or its submission")


def _later(
    right: Right,
    event: RightAuthenticated
    | AuthenticationFailed
    | AuthenticationOverdue
    | RightWithdrawn
    | RightExpired
    | CopyDisclosed,
) -> Right:
    match event:
        case RightAuthenticated(at=at):
            return replace(right, status="authenticated", decided_at=at, authentication=None, reasons=())
        case AuthenticationFailed(at=at, reasons=reasons):
            failed = replace(right, status="authentication_failed", decided_at=at, reasons=reasons)
            return replace(failed, authentication=None, expiry=None)
        case AuthenticationOverdue():
            return replace(right, overdue=True, authentication=None)
        case RightWithdrawn(reason=reason):
            withdrawn = replace(right, status="withdrawn", withdrawn_because=reason)
            return replace(withdrawn, authentication=None, expiry=None)
        case RightExpired():
            return replace(right, expired=True, expiry=None)
        case CopyDisclosed():
            return _with_copy(right, event)
        case _:
            assert_never(event)


def _with_copy(right: Right, event: CopyDisclosed) -> Right:
    copy = DisclosedCopy(
        number=event.number,
        document_sha256=event.document_sha256,
        pages=event.pages,
        by=event.by,
        at=event.at,
    )
    others = tuple(each for each in right.disclosed if each.number != copy.number)
    return replace(right, disclosed=tuple(sorted((*others, copy), key=lambda each: each.number)))


def _as_sent(event: RightDrafted | RightSubmitted, status: Status, *, round: int) -> Right:  # noqa: A002 - the field's name
    return Right(
        id=event.right_id,
        account_id=event.account_id,
        principal_id=event.principal_id,
        status=status,
        details=event.details,
        documents=event.documents,
        round=round,
    )
