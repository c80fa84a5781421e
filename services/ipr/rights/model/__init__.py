"""A right: draft, under authentication, authenticated or not, withdrawn; and, beside its status, expired."""

from services.ipr.rights.model.commands import (
    Command,
    DecideAuthentication,
    ExpireDeadline,
    SaveDraft,
    SubmitRight,
    WithdrawRight,
)
from services.ipr.rights.model.decide import (
    Finding,
    NotAcceptable,
    check,
    decide,
)
from services.ipr.rights.model.events import (
    AuthenticationFailed,
    AuthenticationOverdue,
    Event,
    RightAuthenticated,
    RightDrafted,
    RightExpired,
    RightSubmitted,
    RightWithdrawn,
)
from services.ipr.rights.model.evolve import (
    evolve,
)
from services.ipr.rights.model.state import (
    HANDBOOK_WORDS,
    RIGHT_AUTHENTICATION,
    RIGHT_EXPIRY,
    TIMESTAMP,
    Details,
    Document,
    DocumentKind,
    Right,
    RightType,
    RunningDeadline,
    Scan,
    Status,
    normalized_number,
)

__all__ = [
    "HANDBOOK_WORDS",
    "RIGHT_AUTHENTICATION",
    "RIGHT_EXPIRY",
    "TIMESTAMP",
    "AuthenticationFailed",
    "AuthenticationOverdue",
    "Command",
    "DecideAuthentication",
    "Details",
    "Document",
    "DocumentKind",
    "Event",
    "ExpireDeadline",
    "Finding",
    "NotAcceptable",
    "Right",
    "RightAuthenticated",
    "RightDrafted",
    "RightExpired",
    "RightSubmitted",
    "RightType",
    "RightWithdrawn",
    "RunningDeadline",
    "SaveDraft",
    "Scan",
    "Status",
    "SubmitRight",
    "WithdrawRight",
    "check",
    "decide",
    "evolve",
    "normalized_number",
]
