"""What operators send about an incident: codes, ids, counts, times; free text in `note` only, which is sealed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.identity.incidents.model import Extent, Impact, Measure, Scope, Touched, What
from shared.httpkit import Instant

Code = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,63}$")]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,119}$")]
MOST_PERSONS = 1_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScopeBody(_Body):
    """What was asked of the logs; store: the service whose store was copied."""

    actor: Id | None = None
    service: Code | None = None
    account: Id | None = None
    store: Code | None = None

    def scope(self) -> Scope:
        return Scope(self.actor or "", self.service or "", self.account or "", self.store or "")


class KindBody(_Body):
    what: Code
    persons: int = Field(ge=1)


class ExtentBody(_Body):
    """others: data subjects that are no accounts."""

    persons: int = Field(ge=0)
    records: int = Field(ge=1)
    others: int = Field(default=0, ge=0)
    kinds: list[KindBody] = Field(min_length=1, max_length=100)

    def extent(self) -> Extent:
        kinds = tuple(sorted((each.what, each.persons) for each in self.kinds))
        return Extent(self.persons, self.records, self.others, kinds)


class IncidentBody(_Body):
    """since, until: when it happened; detected_at: when we came to know of it."""

    what: What
    impact: Impact
    measures: list[Measure] = Field(min_length=1, max_length=20)
    scope: ScopeBody
    extent: ExtentBody
    since: Instant
    until: Instant
    detected_at: Instant
    note: str = Field(default="", max_length=10_000)


class TouchedBody(_Body):
    what: Code
    records: int = Field(ge=1)
    first: Instant | None = None
    last: Instant | None = None


class PersonBody(_Body):
    account_id: Id
    touched: list[TouchedBody] = Field(min_length=1, max_length=100)

    def kinds(self) -> tuple[Touched, ...]:
        return tuple(Touched(each.what, each.records, each.first, each.last) for each in self.touched)


class AffectedBody(_Body):
    persons: list[PersonBody] = Field(min_length=1, max_length=MOST_PERSONS)


class NotificationBody(_Body):
    """persons: how many the operator means to write to."""

    persons: int = Field(ge=1)


class AuthorityBody(_Body):
    """authority: a code, such as `cac` (China) or `ico` (United Kingdom)."""

    authority: Code
    informed_at: Instant
