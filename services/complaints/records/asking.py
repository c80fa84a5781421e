"""What may be asked about cases in a request, and what of it is wrong, all at once."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.complaints.cases.model import STATES
from services.complaints.intake.addresses import AddressRefused
from services.complaints.records.cursors import Cursor, read_cursor
from services.complaints.records.search import GROUPS, Search, listings_of, read_number
from shared.access import Actor, Role
from shared.httpkit import Problem, read_query
from shared.kernel.decider import Refusal
from shared.policies.platforms import PLATFORMS
from shared.policies.terms import PolicyBook

_LATEST = date(9999, 1, 1)


def _known_platform(platform: str) -> str:
    if platform not in PLATFORMS:
        raise _wrong("platform-unknown", "There is no such marketplace.", f"one of {', '.join(PLATFORMS)}")
    return platform


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _wrong(code: str, detail: str, expected: str) -> PydanticCustomError:
    """What is sent is not repeated: it may be anything."""
    return PydanticCustomError(code.replace("-", "_"), "{said}", {"said": detail, "expected": expected})


Code = Annotated[str, Field(min_length=1, max_length=100)]
Platform = Annotated[str, AfterValidator(_known_platform)]


class Days(BaseModel):
    """filed_from, filed_to: days of filing, both included, in the zone of the marketplace asked for (of Lazada: with
    its site); where none or several are, in Asia/Shanghai."""

    model_config = ConfigDict(extra="forbid")

    platform: Platform | None = None
    site: str | None = Field(default=None, description="Lazada's country site, two letters; only with platform=lazada")
    filed_from: date | None = None
    filed_to: date | None = None

    @field_validator("site")
    @classmethod
    def _of_its_platform(cls, site: str | None, info: ValidationInfo) -> str | None:
        platform = PLATFORMS.get(info.data.get("platform") or "")
        if site is not None and (platform is None or platform.site(site.upper()) is None):
            codes = ", ".join(each.code for each in PLATFORMS["lazada"].sites)
            raise _wrong("site-unknown", "The marketplace has no such country site.", f"platform=lazada and {codes}")
        return site.upper() if site else None

    @field_validator("filed_from", "filed_to")
    @classmethod
    def _in_order(cls, day: date | None, info: ValidationInfo) -> date | None:
        if day is None:
            return None
        if not date(1970, 1, 1) <= day < _LATEST:
            raise _wrong("day-out-of-range", "No case was filed on such a day.", "a day such as 2026-03-02")
        begin = info.data.get("filed_from")
        if info.field_name == "filed_to" and begin is not None and day < begin:
            raise _wrong("days-reversed", "The last day is before the first.", "filed_to on or after filed_from")
        return day

    def zone(self, book: PolicyBook, now: datetime) -> str:
        """In which the days are counted."""
        policy = book.at(now)
        if self.platform is None or (PLATFORMS[self.platform].sites and self.site is None):
            return policy.deadlines.zone
        return policy.for_platform(self.platform, self.site).zone


def instants(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """When the first day begins, and the first instant after the last one (UTC)."""
    return begin(first, zone), begin(last + timedelta(days=1), zone)


def begin(day: date, zone: str) -> datetime:
    """When a day begins in a zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


class CaseFilter(Days):
    """Each given filter narrows. number: of a case or a submission, as it is written or read out; listing: an address
    in any form, or a canonical id; status: a state, repeated for several; group: states by the handbook's words."""

    number: str | None = None
    submission_id: Code | None = None
    status: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list, max_length=len(STATES))
    group: str | None = Field(default=None, description=f"one of {', '.join(GROUPS)}")
    complaint_type: Code | None = None
    reason: Code | None = None
    right_id: Code | None = None
    principal_id: Code | None = None
    listing: Annotated[str, Field(max_length=2_100)] | None = None
    cursor: Annotated[str, Field(max_length=2_000)] | None = None

    @field_validator("number")
    @classmethod
    def _a_number(cls, number: str | None) -> str | None:
        if number is not None and read_number(number) is None:
            raise _wrong("number-malformed", "This is no number of a case or submission.", "one such as IPP-7K2M9QX4TB")
        return number

    @field_validator("status")
    @classmethod
    def _states(cls, states: list[str]) -> list[str]:
        if not set(states) <= set(STATES):
            raise _wrong("status-unknown", "There is no such status.", f"one or several of {', '.join(STATES)}")
        return states

    @field_validator("group")
    @classmethod
    def _a_group(cls, group: str | None) -> str | None:
        if group is not None and group not in GROUPS:
            raise _wrong("group-unknown", "There is no such group of statuses.", f"one of {', '.join(GROUPS)}")
        return group

    @field_validator("listing")
    @classmethod
    def _a_listing(cls, listing: str | None) -> str | None:
        found = listings_of(listing) if listing is not None else ()
        if isinstance(found, AddressRefused):
            raise _wrong(found.code, found.message, "the address of one listing, or its canonical id")
        return listing

    @field_validator("cursor")
    @classmethod
    def _a_cursor(cls, cursor: str | None) -> str | None:
        if cursor is not None:
            try:
                read_cursor(cursor)
            except Refusal as refusal:
                raise _wrong(refusal.code, refusal.detail, "the cursor of a page, or none") from refusal
        return cursor

    @property
    def place(self) -> Cursor | None:
        return read_cursor(self.cursor) if self.cursor else None

    def search(self, account: str | None, zone: str) -> Search:
        """As cases are searched; `account`: whose alone are found, None for all."""
        number = read_number(self.number) if self.number else None
        listings = listings_of(self.listing) if self.listing else ()
        states = frozenset(self.status) if self.status else None
        if self.group is not None:
            states = GROUPS[self.group] & states if states is not None else GROUPS[self.group]
        return Search(
            case=number.case if number else None,
            submission=number.submission if number else self.submission_id,
            account=account,
            principal=self.principal_id,
            states=states,
            platform=self.platform,
            site=self.site,
            right=self.right_id,
            listings=() if isinstance(listings, AddressRefused) else listings,
            complaint_type=self.complaint_type,
            reason=self.reason,
            filed_from=begin(self.filed_from, zone) if self.filed_from else None,
            filed_before=begin(self.filed_to + timedelta(days=1), zone) if self.filed_to else None,
        )


class StaffsFilter(CaseFilter):
    """Of all cases; account_id, merchant_id and reviewer_id are for staff only."""

    account_id: Code | None = None
    merchant_id: Code | None = None
    reviewer_id: Code | None = None

    def search(self, account: str | None, zone: str) -> Search:
        found = super().search(self.account_id, zone)
        return replace(found, merchant=self.merchant_id, reviewer=self.reviewer_id)


class _Paged(BaseModel):
    """limit: cases on a page."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50


class OwnersPage(CaseFilter, _Paged):
    """A page of one's own cases."""


class StaffsPage(StaffsFilter, _Paged):
    """A page of all cases."""


@dataclass(frozen=True)
class Asked:
    """A search, from where it goes on, how many are shown at once, and in which zone its days are."""

    search: Search
    cursor: Cursor | None
    limit: int
    zone: str


def asked_page(request: web.Request, actor: Actor, book: PolicyBook, now: datetime) -> Asked:
    """Raises Problem with all that is wrong; a complainant finds cases of its own account only."""
    return _asked(request, OwnersPage, StaffsPage, actor, book, now)


def asked_export(request: web.Request, actor: Actor, book: PolicyBook, now: datetime) -> Asked:
    """As a page, without a limit of its own."""
    return _asked(request, CaseFilter, StaffsFilter, actor, book, now)


def _asked(
    request: web.Request,
    owners: type[CaseFilter],
    staffs: type[CaseFilter],
    actor: Actor,
    book: PolicyBook,
    now: datetime,
) -> Asked:
    owner = actor.account_id if actor.is_a(Role.COMPLAINANT) else None
    try:
        query = read_query(request, owners if actor.is_a(Role.COMPLAINANT) else staffs)
    except Problem as problem:
        only = [each.code for each in problem.problems]
        if only == ["cursor-not-valid"]:
            problem.code = only[0]  # a refusal of its own, where nothing else is wrong
        raise
    zone = query.zone(book, now)
    limit = query.limit if isinstance(query, _Paged) else 0
    return Asked(query.search(owner, zone), query.place, limit, zone)
