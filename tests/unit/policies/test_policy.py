"""The policy file as the documents say it, the book of versions, and files that are refused."""

from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from shared.policies.calendars import Deadline, Undated
from shared.policies.calendars.loading import load_calendars
from shared.policies.loading import PolicyFileError, load_policy_book, parse_policy
from shared.policies.platforms import PLATFORMS, UnknownPlatformError, market, markets
from shared.policies.policy import PenaltyStep
from shared.policies.terms import NoPolicyInForceError, PolicyBook

BOOK = load_policy_book()
NOW = datetime(2026, 2, 13, 4, tzinfo=UTC)
POLICY = BOOK.at(NOW)
TEXT = (files("shared.policies") / "data" / "2026-01.yaml").read_text(encoding="utf-8")
TAO = ("taobao", "tmall", "tmall_global")
EVERYWHERE: list[tuple[str, str | None]] = [
    *((entry.id, None) for entry in PLATFORMS.values() if not entry.sites),
    *((entry.id, site.code) for entry in PLATFORMS.values() for site in entry.sites),
]


def shanghai(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


def dated(found: Deadline | Undated) -> Deadline:
    assert isinstance(found, Deadline)
    return found


def test_there_are_seven_platforms_and_six_lazada_sites() -> None:
    assert list(PLATFORMS) == ["taobao", "tmall", "tmall_global", "1688", "aliexpress", "alibaba", "lazada"]
    assert [site.code for site in PLATFORMS["lazada"].sites] == ["ID", "MY", "PH", "SG", "TH", "VN"]
    assert len(markets()) == 12


@pytest.mark.parametrize(("platform", "site"), EVERYWHERE)
def test_windows_are_the_handbooks_three_business_days_everywhere(platform: str, site: str | None) -> None:
    part = POLICY.for_platform(platform, site)
    assert part.counter_notification_business_days == 3
    assert part.owner_response_business_days == 3
    assert part.supplement_business_days == 3
    assert part.counter_attempts == 1
    assert not part.appeal


@pytest.mark.parametrize(
    ("platform", "site", "zone", "calendar"),
    [
        *((platform, None, "Asia/Shanghai", "CN-PRC") for platform in (*TAO, "1688", "aliexpress", "alibaba")),
        ("lazada", "SG", "Asia/Singapore", "SG-PUBLIC"),
        ("lazada", "MY", "Asia/Kuala_Lumpur", "MY-PUBLIC"),
        ("lazada", "ID", "Asia/Jakarta", "ID-PUBLIC"),
        ("lazada", "PH", "Asia/Manila", "PH-PUBLIC"),
        ("lazada", "TH", "Asia/Bangkok", "TH-PUBLIC"),
        ("lazada", "VN", "Asia/Ho_Chi_Minh", "VN-PUBLIC"),
    ],
)
def test_each_platform_counts_in_its_own_zone_and_calendar(
    platform: str, site: str | None, zone: str, calendar: str
) -> None:
    part = POLICY.for_platform(platform, site)
    assert (part.zone, part.calendar) == (zone, calendar)


def test_figures_of_the_documents() -> None:
    assert POLICY.complaints.max_listings_per_submission == 300
    assert POLICY.complaints.online_form_max_links == 10
    assert POLICY.complaints.max_evidence_files == 10
    assert POLICY.complaints.unused_evidence_hours == 24
    assert POLICY.complaints.max_unused_evidence_files == 50
    assert POLICY.deadlines.expiry_grace.total_seconds() == 60
    assert POLICY.accounts.verification_business_days == 3
    assert POLICY.files.identity.max_bytes == 8 * 1024 * 1024
    assert POLICY.files.rights.max_bytes == 5 * 1024 * 1024
    assert POLICY.files.evidence == POLICY.files.rights
    for limit in (POLICY.files.identity, POLICY.files.rights):
        assert (limit.max_pixels, limit.max_frames, limit.max_decoded_bytes) == (80_000_000, 1, 256 * 1024 * 1024)
    assert POLICY.files.rights.max_pages == 500
    assert POLICY.files.identity.types == ("jpg", "jpeg", "bmp", "gif", "png")
    assert POLICY.files.rights.types == ("gif", "jpg", "jpeg", "png", "bmp", "pdf", "tsa")
    program = POLICY.good_faith
    assert (program.minimum_requests, program.minimum_success_rate) == (100, 0.90)
    assert (program.maximum_counter_success_rate, program.window_months, program.bar_months) == (0.05, 3, 3)


def test_taobao_trademark_reasons_are_the_handbooks_and_misuse_is_for_elsewhere() -> None:
    taobao = POLICY.for_platform("taobao")
    assert taobao.reasons["trademark"][:7] == (
        "counterfeit",
        "judicial_or_administrative_decision",
        "type_or_model_does_not_exist",
        "counterfeit_features",
        "obvious_counterfeit",
        "seller_admits_counterfeiting",
        "coexisting_trademark",
    )
    assert not taobao.allows_reason("trademark", "trademark_misuse")
    assert POLICY.for_platform("alibaba").allows_reason("trademark", "trademark_misuse")
    assert POLICY.for_platform("1688").allows_reason("copyright", "image_misuse")
    assert POLICY.for_platform("lazada", "TH").allows_reason("registered_design", "registered_design_infringement")
    assert not taobao.allows_reason("patent", "counterfeit")


def test_perjury_and_indemnity_are_declared_on_alibaba_and_aliexpress_only() -> None:
    for platform, site in EVERYWHERE:
        statements = POLICY.for_platform(platform, site).statements
        assert {"sincere_belief", "capacity_and_right"} <= set(statements)
        international = platform in ("alibaba", "aliexpress")
        assert ("good_faith_under_perjury" in statements) is international
        assert ("indemnity" in statements) is international
        assert POLICY.for_platform(platform, site).adjudicates_rights is not international


def test_the_fast_lane_is_for_the_tao_marketplaces() -> None:
    assert {platform for platform, site in EVERYWHERE if POLICY.for_platform(platform, site).fast_lane} == set(TAO)


def test_storefront_complaints_go_the_ways_of_the_documents() -> None:
    channels = {platform: POLICY.for_platform(platform, site).storefront_channel for platform, site in EVERYWHERE}
    assert channels == {
        **dict.fromkeys(TAO, "account"),
        **dict.fromkeys(("aliexpress", "alibaba"), "email_recommended"),
        **dict.fromkeys(("1688", "lazada"), "email"),
    }


def test_ineligible_matters_say_where_to_go_in_both_languages() -> None:
    matters = POLICY.complaints.ineligible_matters
    assert set(matters) == {"prohibited_products", "distribution_and_channels", "price_control"}
    assert "Report item" in matters["prohibited_products"].go_to.en
    assert all(matter.name.zh and matter.go_to.zh for matter in matters.values())


@pytest.mark.parametrize(
    ("platform", "points", "step"),
    [
        ("alibaba", 5, None),
        ("alibaba", 6, "warn"),
        ("alibaba", 12, "7"),
        ("alibaba", 24, "14"),
        ("alibaba", 36, "21"),
        ("alibaba", 47, "21"),
        ("alibaba", 48, "terminate"),
        ("lazada", 11, None),
        ("lazada", 12, "7"),
        ("lazada", 24, "14"),
        ("lazada", 36, "21"),
        ("lazada", 48, "terminate"),
        ("aliexpress", 3, "terminate"),
        ("tmall", 48, "terminate"),
        ("1688", 100, "terminate"),
    ],
)
def test_the_rung_that_points_reach(platform: str, points: int, step: str | None) -> None:
    found = POLICY.ladder(platform).step_at(points)
    shown = None if found is None else str(found.days) if found.days is not None else found.action
    assert shown == step


def test_points_by_reason_default_to_six() -> None:
    assert POLICY.ladder("alibaba").points_for("counterfeit") == 6
    assert POLICY.ladder("lazada").points_for("image_misuse") == 6
    assert POLICY.ladder("taobao").points_for("image_misuse") == 6
    assert POLICY.ladder("aliexpress").points_for("counterfeit") == 1
    assert POLICY.ladder("alibaba").lapse_days == 365


def test_tao_groups_one_owner_and_one_seller_across_its_three_marketplaces() -> None:
    grouping = POLICY.ladder("tmall").grouping
    assert grouping is not None
    assert (grouping.hours, grouping.by, grouping.platforms) == (72, "owner_and_merchant", TAO)
    assert POLICY.ladder("alibaba").grouping is None


def test_terms_give_deadlines_with_the_versions_they_used() -> None:
    terms = BOOK.terms("taobao", None, NOW)
    found = dated(terms.counter_notification("d1", NOW))
    assert found.due == shanghai(2, 26)  # 14 (made up), 24, 25 February
    assert (found.kind, found.policy_version) == ("counter-notification", "2026-01")
    assert found.calendar_version == terms.calendar.version
    assert dated(terms.owner_response("d2", NOW)).kind == "owner-response"
    assert dated(terms.supplement("d3", NOW)).kind == "supplement"


def test_service_targets_are_a_day_of_business_days_and_five_days_on_lazada() -> None:
    friday = datetime(2026, 6, 5, 9, tzinfo=UTC)  # 17:00 in Shanghai and Singapore
    assert dated(BOOK.terms("tmall", None, friday).review_target("t", friday)).due == shanghai(6, 8, 17)
    assert dated(BOOK.terms("lazada", "SG", friday).review_target("t", friday)).due == shanghai(6, 13)


def test_accounts_and_rights_are_verified_within_three_working_days() -> None:
    assert dated(BOOK.account_verification("v", NOW)).due == shanghai(2, 26)
    assert dated(BOOK.right_authentication("v", NOW)).kind == "right-authentication"


def test_a_platform_needs_its_site_and_only_its_own() -> None:
    assert market("lazada", "VN") == "lazada.VN"
    for platform, site in (("lazada", None), ("lazada", "US"), ("taobao", "SG"), ("ebay", None)):
        with pytest.raises(UnknownPlatformError):
            POLICY.for_platform(platform, site)


def test_the_book_gives_the_version_in_force_and_a_version_by_name() -> None:
    later = parse_policy(
        TEXT.replace('version: "2026-01"', 'version: "2026-07"').replace("2016-01-01T", "2026-07-01T"), load_calendars()
    )
    book = PolicyBook([later, POLICY], load_calendars())
    assert book.versions == ("2026-01", "2026-07")
    assert book.at(datetime(2026, 6, 30, 15, 59, 59, tzinfo=UTC)).version == "2026-01"
    assert book.at(datetime(2026, 6, 30, 16, tzinfo=UTC)).version == "2026-07"
    assert book.version("2026-01") is POLICY
    with pytest.raises(NoPolicyInForceError):
        book.at(datetime(2015, 12, 31, tzinfo=UTC))
    with pytest.raises(NoPolicyInForceError):
        book.version("1999-01")
    with pytest.raises(ValueError, match="same version"):
        PolicyBook([POLICY, POLICY], load_calendars())


def test_every_problem_of_a_file_is_reported_at_once() -> None:
    broken = (
        TEXT.replace("max_listings_per_submission: 300", "max_listings_per_submission: many")
        .replace("minimum_success_rate: 0.90", "minimum_success_rate: 90")
        .replace("window_months: 3 ", "window_weeks: 12 ")
        .replace("expiry_grace_seconds: 60", "expiry_grace_seconds: -1")
        .replace("territory: worldwide", "territory: moon")
    )
    with pytest.raises(PolicyFileError) as refused:
        parse_policy(broken, load_calendars())
    text = "\n".join(refused.value.problems)
    assert "complaints.max_listings_per_submission wants a int, not 'many'" in text
    assert "good_faith.minimum_success_rate is a share between 0 and 1" in text
    assert "good_faith.window_weeks is not known" in text
    assert "good_faith.window_months is missing" in text
    assert "deadlines.expiry_grace_seconds is not negative" in text
    assert "platforms.alibaba.territory is one of prc, worldwide, site_country" in text


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("calendar: TH-PUBLIC", "calendar: TH-ROYAL", "platforms.lazada.TH.calendar: TH-ROYAL is not loaded"),
        ("zone: Asia/Bangkok", "zone: Asia/Tokyo", "platforms.lazada.TH.zone: TH-PUBLIC counts in Asia/Bangkok"),
        ("penalty_ladder: alibaba", "penalty_ladder: none", "platforms.alibaba.penalty_ladder: none is not given"),
        ("response_regime: silence", "response_regime: x", "platforms.taobao.response_regime: x is not given"),
        ("  lazada.VN:", "  lazada.US:", "platforms.lazada.US is no marketplace"),
        ("  lazada.VN:", "  lazada.US:", "platforms.lazada.VN is missing"),
        ("points: 48, action: terminate", "points: 1, action: terminate", "penalty_ladders.tao.steps: rise by points"),
        ("window_months: 3 ", "window_months: 3\n  window_months: 4 ", "window_months is given twice"),
        ("business_hours: 24", "business_hours: 0", "platforms.taobao.service_target"),
        ('version: "2026-01"', "version: [", "not YAML"),
        ("  - wrong_right\n", "  - 7\n", "complaints.rejection_reasons[2] wants a str, not 7"),
    ],
)
def test_what_does_not_fit_together_is_refused(old: str, new: str, problem: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyFileError) as refused:
        parse_policy(TEXT.replace(old, new), load_calendars())
    assert problem in str(refused.value)


def test_ladders_have_named_steps_that_end_in_termination() -> None:
    for ladder in POLICY.penalty_ladders.values():
        assert len({step.name for step in ladder.steps}) == len(ladder.steps)
        assert isinstance(ladder.steps[-1], PenaltyStep)
        assert ladder.steps[-1].action == "terminate"
