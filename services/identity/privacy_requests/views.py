"""What is shown of a request, to its person and at the desk."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from services.identity.privacy_requests.model import ABOUT, About, Kind, PrivacyRequest, RefusalReason, Status
from shared.policies.calendars import why

FreeText = Annotated[str, Field(min_length=1, max_length=4000)]
REMOVED = "removed"


class RequestBody(BaseModel):
    """about: what exactly, for a correction `identity`, `registration` or `other`, for an objection `good-faith` or
    `other`. country: where you live (ISO 3166 alpha-2), for an objection and a restriction."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    about: About = ""
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    text: FreeText
    password: SecretStr = Field(max_length=128)

    @model_validator(mode="after")
    def _check_about(self) -> "RequestBody":
        if self.about not in ABOUT[self.kind]:
            names = ", ".join(name or "nothing" for name in ABOUT[self.kind])
            raise PydanticCustomError("about_not_fitting", f"A request of this kind is about one of: {names}.")
        return self


class RequestView(BaseModel):
    """due: the first instant at which the answer is too late; due_explained: why it is then, to be checked by hand;
    answered_at: also of a withdrawal; fee_may_be_asked: there were more of this kind than are free (000 V.5)."""

    request_id: str
    kind: Kind
    about: About
    status: Status
    filed_at: datetime
    due: datetime
    due_explained: tuple[str, ...]
    overdue: bool
    answered_at: datetime | None
    reason: RefusalReason | None
    fee_may_be_asked: bool
    lifting_announced_at: datetime | None


class OwnRequestView(RequestView):
    """With what was written on both sides; `removed` where that is no more."""

    text: str
    statement: str | None


class RequestsView(BaseModel):
    requests: list[RequestView]


def request_view(request: PrivacyRequest) -> RequestView:
    return RequestView.model_validate(known_of(request))


def own_view(request: PrivacyRequest, text: str, statement: str | None) -> OwnRequestView:
    return OwnRequestView.model_validate({**known_of(request), "text": text, "statement": statement})


def known_of(request: PrivacyRequest) -> dict[str, object]:
    """What every view of it says."""
    same = ("kind", "about", "status", "filed_at", "due", "overdue", "answered_at", "reason", "fee_may_be_asked")
    return {
        "request_id": request.id,
        "lifting_announced_at": request.lifting_announced_at,
        "due_explained": why(request.answer_by),
        **{name: getattr(request, name) for name in same},
    }
