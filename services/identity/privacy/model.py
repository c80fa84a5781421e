"""What a person decided about their own data, and what was granted to them, as events of the account (000 I.6, III.1,
V and VII). Codes only."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class ConsentGiven:
    """To one version of the text of one purpose, by itself; `sha256` is of the text that was shown."""

    purpose: str
    version: str
    language: Literal["zh", "en"]
    sha256: str
    at: datetime


@dataclass(frozen=True)
class ConsentWithdrawn:
    """Names what was withdrawn: the text that had been agreed to."""

    purpose: str
    version: str
    language: Literal["zh", "en"]
    sha256: str
    at: datetime


@dataclass(frozen=True)
class ProcessingRestricted:
    """The data are kept and not used, until the restriction is lifted (000 VII.2)."""

    request_id: str


@dataclass(frozen=True)
class RestrictionLifted:
    request_id: str


@dataclass(frozen=True)
class ObjectionGranted:
    """The data are no longer processed for this purpose (000 VII.2)."""

    purpose: str
    request_id: str


@dataclass(frozen=True)
class ObjectionEnded:
    purpose: str
    request_id: str


@dataclass(frozen=True)
class IdentityReopened:
    """A corrected identity may be submitted although the account is verified (000 V.2)."""

    request_id: str


@dataclass(frozen=True)
class RegistrationCorrected:
    """The categories as they are from now on (000 V.2)."""

    category: Literal["individual", "enterprise"]
    registrant: Literal["rights_holder", "agent"]
    request_id: str


@dataclass(frozen=True)
class PhoneChanged:
    """None: it was taken away."""

    ref: str | None


PrivacyEvent = (
    ConsentGiven
    | ConsentWithdrawn
    | ProcessingRestricted
    | RestrictionLifted
    | ObjectionGranted
    | ObjectionEnded
    | IdentityReopened
    | RegistrationCorrected
    | PhoneChanged
)


@dataclass(frozen=True)
class Choices:
    """consents: what is agreed to now, at most one text for each purpose; withdrawn: the last withdrawal of each;
    restricted_by, reopened_by: the requests that were granted; objections: purposes with the requests granted. Two of a
    sort can meet, as the end of one and the grant of the next come in no order."""

    consents: tuple[ConsentGiven, ...] = ()
    withdrawn: tuple[ConsentWithdrawn, ...] = ()
    restricted_by: tuple[str, ...] = ()
    reopened_by: tuple[str, ...] = ()
    objections: tuple[tuple[str, str], ...] = ()

    def consent(self, purpose: str) -> ConsentGiven | None:
        return next((one for one in self.consents if one.purpose == purpose), None)

    def restricted(self, request_id: str) -> "Choices":
        return replace(self, restricted_by=(*self.restricted_by, request_id))

    def unrestricted(self, request_id: str) -> "Choices":
        return replace(self, restricted_by=tuple(one for one in self.restricted_by if one != request_id))

    @property
    def objected_to(self) -> tuple[str, ...]:
        """The purposes for which the data are no longer processed."""
        return tuple(dict.fromkeys(purpose for purpose, _ in self.objections))

    def after(self, event: ConsentGiven | ConsentWithdrawn | ObjectionGranted | ObjectionEnded) -> "Choices":
        consents = tuple(one for one in self.consents if one.purpose != event.purpose)
        withdrawn = tuple(one for one in self.withdrawn if one.purpose != event.purpose)
        match event:
            case ConsentGiven():
                return replace(self, consents=(*consents, event), withdrawn=withdrawn)
            case ConsentWithdrawn():
                return replace(self, consents=consents, withdrawn=(*withdrawn, event))
            case ObjectionGranted(purpose, request_id):
                return replace(self, objections=(*self.objections, (purpose, request_id)))
            case ObjectionEnded(purpose, request_id):
                left = tuple(one for one in self.objections if one != (purpose, request_id))
                return replace(self, objections=left)


NOTHING_CHOSEN = Choices()
