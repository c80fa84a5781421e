"""What happened to a right. Class names are what the store keeps: never rename one."""

from dataclasses import dataclass
from datetime import datetime

from services.ipr.rights.model.state import Details, DisclosedPage, Document, RunningDeadline


@dataclass(frozen=True, slots=True, kw_only=True)
class RightDrafted:
    at: datetime
    right_id: str
    account_id: str
    principal_id: str | None
    details: Details
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightSubmitted:
    """`round` counts submissions from 1; a right that failed is edited and submitted again."""

    at: datetime
    right_id: str
    account_id: str
    principal_id: str | None
    details: Details
    documents: tuple[Document, ...]
    round: int
    authentication: RunningDeadline
    expiry: RunningDeadline
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightAuthenticated:
    at: datetime
    by: str
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationFailed:
    at: datetime
    by: str
    reasons: tuple[str, ...]
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationOverdue:
    """The three working days passed: operators are warned, nothing is decided by it."""

    at: datetime
    deadline_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightWithdrawn:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightExpired:
    at: datetime
    deadline_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDisclosed:
    """A copy of a document may be shown to the sellers complained of, in place of one before."""

    at: datetime
    number: int
    document_sha256: str
    pages: tuple[DisclosedPage, ...]
    by: str
    policy_version: str


Event = (
    RightDrafted
    | RightSubmitted
    | RightAuthenticated
    | AuthenticationFailed
    | AuthenticationOverdue
    | RightWithdrawn
    | RightExpired
    | CopyDisclosed
)
