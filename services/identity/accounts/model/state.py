"""What an account is after its events."""

from dataclasses import dataclass
from datetime import datetime

from services.identity.accounts.model.events import (
    Accepted,
    Category,
    IdentitySubmitted,
    Language,
    Region,
    Registrant,
    Standing,
    Verification,
)
from services.identity.privacy.model import NOTHING_CHOSEN, Choices
from shared.policies.calendars import Deadline, Undated


@dataclass(frozen=True)
class Account:
    """State after all events. `identity` is the latest submission; `deadline` runs while verification is queued.

    legal_holds: what keeps everything of the account from being erased; restricted: its data are kept and not used;
    leaving: it asked for everything to be erased, and files nothing more; erased: what the references here lead to is
    gone; choices: consents and objections; identity_reopened: a correction was granted, and the next submission of an
    identity is taken though it is verified.
    """

    id: str
    region: Region
    category: Category
    registrant: Registrant
    language: Language
    email_ref: str
    email_index: str
    phone_ref: str | None
    password_ref: str
    code_ref: str
    accepted: tuple[Accepted, ...]
    registered_at: datetime
    email_verified: bool = False
    identity: IdentitySubmitted | None = None
    first_right_id: str | None = None
    verification: Verification = "incomplete"
    round: int = 0
    queued_at: datetime | None = None
    overdue: bool = False
    failure_reasons: tuple[str, ...] = ()
    deadline: Deadline | Undated | None = None
    disclosed_contact_ref: str | None = None
    platform_contact_ref: str | None = None
    standing: Standing = "good"
    deliberate_falsehood: bool = False
    legal_holds: tuple[str, ...] = ()
    restricted: bool = False
    leaving: bool = False
    choices: Choices = NOTHING_CHOSEN
    identity_reopened: bool = False
    erased: bool = False

    @property
    def verified(self) -> bool:
        return self.verification == "verified"
