"""What can be asked of a right."""

from dataclasses import dataclass
from typing import Literal

from services.ipr.rights.model.state import Details, DisclosedPage, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveDraft:
    """Documents may still be missing. A draft is saved again under its own id."""

    right_id: str
    account_id: str
    principal_id: str | None
    details: Details
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRight:
    """The first submission, that of a draft, or the corrected one after a failed authentication."""

    right_id: str
    account_id: str
    principal_id: str | None
    details: Details
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAuthentication:
    """`round`: which submission was looked at; it protects from deciding about a later one. None: the present one."""

    result: Literal["authenticated", "failed"]
    reasons: tuple[str, ...]
    by: str
    round: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRight:
    """`reason` is a code."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireDeadline:
    deadline_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscloseCopy:
    """`number`: of the document, from 1; `document_sha256`: which original was looked at; it protects from deciding
    about a later one."""

    number: int
    document_sha256: str
    pages: tuple[DisclosedPage, ...]
    by: str


Command = SaveDraft | SubmitRight | DecideAuthentication | WithdrawRight | ExpireDeadline | DiscloseCopy
