"""The checks before review (DOMAIN, Complaints 5): pure, every finding at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.complaints.intake.addresses import AddressRefused, recognize
from services.complaints.intake.findings import Finding
from services.complaints.intake.model import Row
from shared.policies.platforms import PLATFORMS
from shared.policies.policy import PlatformPolicy, Policy
from shared.policies.territory import enforceable

Where = Literal["title", "image", "description", "keyword", "goods"]
"""Where on a listing the infringement is (001; the goods themselves are ours)."""


@dataclass(frozen=True)
class AccountFacts:
    """What intake knows of an account, from its last event. restricted: its data are kept and not used."""

    account_id: str
    verified: bool
    standing: str
    restricted: bool = False
    leaving: bool = False


@dataclass(frozen=True)
class RightFacts:
    """What intake knows of a right, from its last event."""

    right_id: str
    account_id: str
    principal_id: str | None
    right_type: str
    place: str
    madrid_designations: tuple[str, ...]
    fingerprint: str
    status: str
    expires_on: date | None


@dataclass(frozen=True)
class Notice:
    """What was filed. `where`: for each listing, where on it the infringement is; files: ids of uploaded evidence;
    most: how many listings are taken, where that is less than the policy's limit."""

    platform: str
    complaint_type: str
    reason: str
    listings: tuple[tuple[str, tuple[str, ...]], ...]
    has_evidence: bool
    statements: frozenset[str]
    files: tuple[str, ...] = ()
    most: int | None = None


def check_notice(
    notice: Notice, account: AccountFacts, right: RightFacts, policy: Policy, now: datetime
) -> Sequence[Finding]:
    """What stands in the way of the whole request; empty where nothing does."""
    found = [*_account(account), *_right(right, policy, now)]
    if notice.platform not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        return [*found, Finding("platform-unknown", f"{notice.platform} is no marketplace here.", known, "/platform")]
    part = part_of(policy, notice.platform)
    if notice.complaint_type not in part.reasons:
        types = ", ".join(part.reasons)
        detail = f"{notice.platform} takes no complaint of the type {notice.complaint_type}."
        found.append(Finding("complaint-type-unknown", detail, f"Choose one of {types}.", "/complaint_type"))
    elif not part.allows_reason(notice.complaint_type, notice.reason):
        reasons = ", ".join(part.reasons[notice.complaint_type])
        detail = f"{notice.reason} is no reason for a {notice.complaint_type} complaint on {notice.platform}."
        found.append(Finding("reason-unknown", detail, f"Choose one of {reasons}.", "/reason"))
    if right.right_type != notice.complaint_type:
        detail = f"The right is a {right.right_type}, the complaint is about a {notice.complaint_type}."
        found.append(Finding("wrong-right", detail, "Choose a right of the complaint's type.", "/right_id"))
    if not notice.has_evidence:
        mend = "Say or show why the listing infringes (001, Proof of Infringement)."
        found.append(Finding("evidence-missing", "There is no proof of infringement.", mend, "/evidence"))
    for code in part.statements:
        if code not in notice.statements:
            text = policy.complaints.statement_texts[code].en
            found.append(Finding("statement-missing", text, f"Declare {code}.", "/statements"))
    return found


def judge_rows(notice: Notice, right: RightFacts, policy: Policy, taken: Mapping[str, str]) -> tuple[Row, ...]:
    """Each row by itself; `taken` are listings that the right has an open case about, with its number or ""."""
    return tuple(
        _row(number, url, where, notice, right, policy, taken)
        for number, (url, where) in enumerate(notice.listings, start=1)
    )


def listing_ids(notice: Notice) -> tuple[str, ...]:
    """The canonical ids of the rows that are listings of the marketplace."""
    found = (recognize(url, notice.platform) for url, _ in notice.listings)
    return tuple(address.id for address in found if not isinstance(address, AddressRefused))


def part_of(policy: Policy, platform: str) -> PlatformPolicy:
    """What holds on the marketplace; where it has country sites, what is asked of a whole request is alike in all."""
    sites = PLATFORMS[platform].sites
    return policy.for_platform(platform, sites[0].code if sites else None)


def _account(account: AccountFacts) -> Sequence[Finding]:
    if account.standing not in ("good", "warned"):
        return [
            Finding("account-suspended", f"The account is {account.standing}.", "Ask the platform about its standing.")
        ]
    if account.restricted:
        mend = "Withdraw the restriction (POST /v1/accounts/me/privacy-requests/…/withdrawal), or wait for its end."
        return [Finding("account-restricted", "At your request your data are kept and not used.", mend)]
    if account.leaving:
        mend = "Withdraw the request for erasure first."
        return [Finding("account-leaving", "The account asked for erasure and files nothing more.", mend)]
    if not account.verified:
        return [Finding("account-not-verified", "Only a verified account files complaints.", "Wait for verification.")]
    return []


def _right(right: RightFacts, policy: Policy, now: datetime) -> Sequence[Finding]:
    if right.status != "authenticated":
        detail = f"The right is {right.status.replace('_', ' ')}."
        return [Finding("right-not-authenticated", detail, "Choose an authenticated right.", "/right_id")]
    today = now.astimezone(ZoneInfo(policy.deadlines.zone)).date()
    if right.expires_on is not None and right.expires_on < today:
        detail = f"The right expired on {right.expires_on.isoformat()}."
        return [Finding("right-expired", detail, "Choose a valid right, or renew it.", "/right_id")]
    return []


def _row(
    number: int,
    url: str,
    where: tuple[str, ...],
    notice: Notice,
    right: RightFacts,
    policy: Policy,
    taken: Mapping[str, str],
) -> Row:
    address = recognize(url, notice.platform)
    if isinstance(address, AddressRefused):
        return Row(row=number, problem=address.code)
    if address.kind == "storefront" and part_of(policy, notice.platform).storefront_channel != "account":
        return Row(row=number, listing_id=address.id, problem="storefront-not-taken")
    if not where:
        return Row(row=number, listing_id=address.id, problem="location-missing")
    territory = enforceable(
        policy,
        right_type=right.right_type,
        place=right.place,
        platform=address.platform,
        site=address.site,
        madrid_designations=right.madrid_designations,
    )
    if not territory:
        return Row(row=number, listing_id=address.id, problem=territory.code)
    if address.id in taken:
        return Row(row=number, listing_id=address.id, problem="duplicate-case", known_case_id=taken[address.id] or None)
    return Row(row=number, listing_id=address.id)
