"""What operators send to and see of the desk."""

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.identity.accounts.model import Category, Registrant
from services.identity.privacy_requests.model import PrivacyRequest, RefusalReason
from services.identity.privacy_requests.views import FreeText, RequestView, known_of


class DecisionBody(BaseModel):
    """granted: without a reason; refused: with one. statement: what the person is told beside it, kept sealed.
    category, registrant: where the registration is corrected, as they are to be."""

    model_config = ConfigDict(extra="forbid")

    reason: RefusalReason | None = None
    granted: bool
    statement: FreeText | None = None
    category: Category | None = None
    registrant: Registrant | None = None

    @model_validator(mode="after")
    def _check_reason(self) -> "DecisionBody":
        if self.granted == (self.reason is not None):
            raise PydanticCustomError("reason_not_fitting", "A refusal has a reason, a grant has none.")
        return self


class DeskQuery(BaseModel):
    """`after`: the id of the last one seen, also where it was answered since."""

    model_config = ConfigDict(extra="forbid")

    after: str | None = Field(default=None, max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


class DeskRequestView(RequestView):
    """eea: lives there, as declared; earlier: requests of this kind before it, within the policy's time."""

    account_id: str
    due_soon: bool
    eea: bool
    earlier: int


class DeskView(BaseModel):
    requests: list[DeskRequestView]


class RequestTextView(BaseModel):
    request_id: str
    account_id: str
    country: str | None
    text: str


def desk_view(request: PrivacyRequest) -> DeskRequestView:
    more = {name: getattr(request, name) for name in ("account_id", "due_soon", "eea", "earlier")}
    return DeskRequestView.model_validate({**known_of(request), **more})
