"""Policies: the windows, thresholds, ladders and limits that decide, as frozen values with a version.

Nothing here has a default: every figure stands in a data file (`shared/policies/data`), beside the
source that it comes from. Deciders take a `Terms`, or a `Policy` where no platform applies, and record
the version with what they decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.policies.platforms import UnknownPlatformError, market

DataRegion = Literal["cn", "intl"]
Territory = Literal["prc", "worldwide", "site_country"]
StorefrontChannel = Literal["account", "email_recommended", "email"]
PenaltyAction = Literal["warn", "restrict_posting", "suspend", "terminate"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """Within what time a complete request is to be decided; one of the two is 0. Missing it only warns."""

    business_hours: int
    business_days: int


@dataclass(frozen=True, slots=True)
class PlatformPolicy:
    """What holds on one platform, or on one country site of Lazada. Periods are in business days of `calendar`.

    counter_attempts: counter-notifications a merchant may file against one case. reasons: the codes that a
    complaint of each type may give. statements: what the filer must declare. fast_lane: whether Good Faith
    accounts get the takedown when the checks pass. adjudicates_rights: whether a final determination may decide
    on the right itself, or only on whether the listing stays. appeal: a further appeal after it.
    """

    zone: str
    calendar: str
    counter_notification_business_days: int
    owner_response_business_days: int
    supplement_business_days: int
    counter_attempts: int
    response_regime: str
    appeal: bool
    service_target: ServiceTarget
    adjudicates_rights: bool
    invites_direct_resolution: bool
    fast_lane: bool
    storefront_channel: StorefrontChannel
    online_form: bool
    complaint_email: str
    data_region: DataRegion
    territory: Territory
    right_types: tuple[str, ...]
    reasons: Mapping[str, tuple[str, ...]]
    statements: tuple[str, ...]
    penalty_ladder: str

    def allows_reason(self, complaint_type: str, reason: str) -> bool:
        """Whether a complaint of this type may give this reason here."""
        return reason in self.reasons.get(complaint_type, ())


@dataclass(frozen=True, slots=True)
class ResponseRegime:
    """What follows a counter-notification, and in what time.

    silence: the owner's silence for the platform's window is acceptance. proof_of_suit: the removal stands only if
    the owner proves a complaint or a suit; the listing comes back after `earliest_days`, at the latest after
    `latest_days`, of the named unit.
    """

    kind: Literal["silence", "proof_of_suit"]
    unit: Literal["business_days", "calendar_days"]
    earliest_days: int
    latest_days: int
    calendar: str | None


@dataclass(frozen=True, slots=True)
class IneligibleMatter:
    """A complaint that is refused because it is not about an infringement, and where to go instead."""

    name: Text
    go_to: Text


@dataclass(frozen=True, slots=True)
class ComplaintPolicy:
    """What holds for complaints on every platform. Rejection and withdrawal reasons are codes. max_evidence_files: of
    one complaint or answer; unused_evidence_hours: how long a file is kept that nothing refers to;
    max_unused_evidence_files: how many of such a party may have; export_max_cases: of one CSV file."""

    max_listings_per_submission: int
    max_bulk_rows: int
    export_max_cases: int
    online_form_max_links: int
    max_evidence_files: int
    unused_evidence_hours: int
    max_unused_evidence_files: int
    ineligible_matters: Mapping[str, IneligibleMatter]
    statement_texts: Mapping[str, Text]
    rejection_reasons: tuple[str, ...]
    withdrawal_reasons: tuple[str, ...]
    fast_lane_review_share: float


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """The zone and calendar where no platform applies, and how long an expiry waits behind its deadline."""

    zone: str
    calendar: str
    expiry_grace_seconds: int
    undated_warning_days: int

    @property
    def expiry_grace(self) -> timedelta:
        return timedelta(seconds=self.expiry_grace_seconds)


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """When a notice counts as served. Electronic: when sent successfully, unless a permanent failure is reported
    in time; paper: on the n-th calendar day after posting. The merchant is served after the removal is
    acknowledged, or after `acknowledgement_wait_hours` of waiting for it, all the same. A marketplace that failed is
    asked again after `command_retry_first_minutes`, doubled with each failure up to `command_retry_limit_minutes`."""

    paper_calendar_days: int
    permanent_failure_hours: int
    acknowledgement_wait_hours: int
    freeze_pause_max_business_days: int
    command_retry_first_minutes: int
    command_retry_limit_minutes: int

    @property
    def acknowledgement_wait(self) -> timedelta:
        return timedelta(hours=self.acknowledgement_wait_hours)


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """Accounts: the review of identity and rights, agencies, lapsed authority, answers on personal data."""

    verification_business_days: int
    agency_principals_required: int
    agency_proof_calendar_days: int
    authority_wind_down_business_days: int
    privacy_answer_calendar_days: int


@dataclass(frozen=True, slots=True)
class ExportPolicy:
    """How many exports of their own data a person gets within a window of hours; more are unreasonable repeats."""

    most: int
    window_hours: int


@dataclass(frozen=True, slots=True)
class PrivacyPolicy:
    """Requests of persons about their own data. eea_countries: ISO 3166 alpha-2, whose residents may object, restrict
    and complain to their authority. answer_warning_calendar_days: after so many, operators are warned that the answer
    is due soon. free_requests: of one kind within `repeats_calendar_days`, after which a fee may be asked; 0: never."""

    eea_countries: tuple[str, ...]
    answer_warning_calendar_days: int
    free_requests: int
    repeats_calendar_days: int


@dataclass(frozen=True, slots=True)
class FileLimit:
    """The largest file in bytes, and the name endings accepted (lower case, no dot).

    max_pixels: width × height of a picture, also of one inside a PDF; max_frames: pictures of an animation; max_pages:
    of a PDF; max_decoded_bytes: what a picture, or all of a PDF, may unpack to.
    """

    max_bytes: int
    types: tuple[str, ...]
    max_pixels: int
    max_frames: int
    max_pages: int
    max_decoded_bytes: int


@dataclass(frozen=True, slots=True)
class DrawingLimit:
    """Files drawn anew. side: pixels of the longer side; disclosed_pages: of one document that is disclosed."""

    side: int
    disclosed_pages: int


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """Uploads: identity documents, documents of rights, evidence of complaints and counter-notifications; and how they
    are drawn."""

    identity: FileLimit
    rights: FileLimit
    evidence: FileLimit
    drawing: DrawingLimit


@dataclass(frozen=True, slots=True)
class IncidentPolicy:
    """Incidents with personal data: hours from detection to the authority's being told; the share of notices that
    failed from which those affected are told by announcement too."""

    authority_hours: int
    announce_from_failed_share: float


@dataclass(frozen=True, slots=True)
class RightPolicy:
    """Rights: where copyright is protected (the work's country of origin), and for which patents of which places
    the evaluation report is needed. Places are ISO 3166 alpha-2."""

    copyright_origins: tuple[str, ...]
    evaluation_report_places: tuple[str, ...]
    evaluation_report_kinds: tuple[str, ...]
    national_office_proof: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GoodFaithPolicy:
    """Who is in the Good Faith Program. Rates are shares between 0 and 1; a rate over nothing is not met."""

    minimum_requests: int
    minimum_success_rate: float
    maximum_counter_success_rate: float
    window_months: int
    bar_months: int
    every_reason_code: bool


@dataclass(frozen=True, slots=True)
class PenaltyStep:
    """A rung: from so many points on, this happens, for so many days (None: for good, or not a matter of time)."""

    name: str
    points: int
    action: PenaltyAction
    days: int | None


@dataclass(frozen=True, slots=True)
class PenaltyGrouping:
    """Upheld cases that count once: within `hours` of the first of the group (no chaining), against one merchant,
    or of one owner against one merchant, across the named platforms."""

    hours: int
    by: Literal["merchant", "owner_and_merchant"]
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PenaltyLadder:
    """Points of an upheld case by its reason, and what they lead to; each point lapses `lapse_days` after it was
    scored. Steps rise by points."""

    default_points: int
    points_by_reason: Mapping[str, int]
    lapse_days: int
    grouping: PenaltyGrouping | None
    steps: tuple[PenaltyStep, ...]

    def points_for(self, reason: str) -> int:
        """Points that an upheld case of this reason scores."""
        return self.points_by_reason.get(reason, self.default_points)

    def step_at(self, points: int) -> PenaltyStep | None:
        """The highest rung that so many points reach, None below the first."""
        return max((step for step in self.steps if points >= step.points), key=lambda s: s.points, default=None)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of all rules, in force from `effective_from` until the next version is."""

    version: str
    effective_from: datetime
    platforms: Mapping[str, PlatformPolicy]
    complaints: ComplaintPolicy
    deadlines: DeadlinePolicy
    response_regimes: Mapping[str, ResponseRegime]
    service: ServicePolicy
    accounts: AccountPolicy
    exports: ExportPolicy
    privacy: PrivacyPolicy
    files: FilePolicy
    incidents: IncidentPolicy
    rights: RightPolicy
    good_faith: GoodFaithPolicy
    penalty_ladders: Mapping[str, PenaltyLadder]

    def for_platform(self, platform: str, site: str | None = None) -> PlatformPolicy:
        """What holds on a platform (for Lazada: on a country site); raises `UnknownPlatformError`."""
        name = market(platform, site)
        if name not in self.platforms:
            raise UnknownPlatformError(f"policy {self.version} says nothing about {name}")
        return self.platforms[name]

    def ladder(self, platform: str) -> PenaltyLadder:
        """The penalty ladder of a platform; Lazada's is the same in every country, counted in each apart."""
        for name, entry in self.platforms.items():
            if name == platform or name.startswith(f"{platform}."):
                return self.penalty_ladders[entry.penalty_ladder]
        raise UnknownPlatformError(f"policy {self.version} says nothing about {platform}")
