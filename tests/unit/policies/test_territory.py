"""Where a right can be enforced: the table of the handbook's FAQ, row by row."""

from datetime import UTC, datetime

import pytest

from shared.policies.loading import load_policy_book
from shared.policies.territory import enforceable, needs_evaluation_report

POLICY = load_policy_book().at(datetime(2026, 1, 1, tzinfo=UTC))


Verdict = tuple[bool, str, tuple[str, ...]]


def verdict(right_type: str, place: str, market: str, madrid: tuple[str, ...] = ()) -> Verdict:
    platform, _, site = market.partition(".")
    found = enforceable(
        POLICY,
        right_type=right_type,
        place=place,
        platform=platform,
        site=site or None,
        madrid_designations=madrid,
    )
    assert found.detail
    assert bool(found) is found.allowed
    return found.allowed, found.code, found.proofs


YES: Verdict = (True, "enforceable", ())


@pytest.mark.parametrize("market", ["taobao", "tmall", "tmall_global", "1688"])
def test_chinese_platforms_take_rights_valid_in_china(market: str) -> None:
    assert verdict("trademark", "CN", market) == YES
    assert verdict("patent", "CN", market) == YES
    assert verdict("trademark", "US", market) == (False, "not_registered_in_prc", ())
    assert verdict("patent", "HK", market) == (False, "hong_kong_or_macao_right", ())
    assert verdict("trademark", "MO", market) == (False, "hong_kong_or_macao_right", ())
    assert verdict("trademark", "FR", market, ("US", "CN")) == (True, "enforceable", ("cnipa_proof",))
    assert verdict("trademark", "FR", market, ("US",)) == (False, "not_registered_in_prc", ())
    assert verdict("patent", "FR", market, ("CN",)) == (False, "not_registered_in_prc", ())
    assert verdict("copyright", "FR", market) == YES
    assert verdict("copyright", "ER", market) == (False, "origin_not_in_berne_union", ())
    assert verdict("registered_design", "CN", market) == (False, "right_type_not_taken_here", ())


@pytest.mark.parametrize("market", ["aliexpress", "alibaba"])
def test_international_platforms_take_rights_of_any_place(market: str) -> None:
    for place in ("CN", "US", "HK", "DE"):
        assert verdict("trademark", place, market) == YES
        assert verdict("patent", place, market) == YES
        assert verdict("copyright", place, market) == YES


@pytest.mark.parametrize("site", ["ID", "MY", "PH", "SG", "TH", "VN"])
def test_lazada_takes_rights_of_the_sites_own_country(site: str) -> None:
    market = f"lazada.{site}"
    assert verdict("trademark", site, market) == YES
    assert verdict("registered_design", site, market) == YES
    assert verdict("trademark", "CN", market) == (False, "not_of_the_sites_country", ())
    assert verdict("patent", "US", market) == (False, "not_of_the_sites_country", ())
    assert verdict("trademark", "IT", market, (site,)) == YES
    assert verdict("trademark", "IT", market, ("CN",)) == (False, "not_of_the_sites_country", ())
    assert verdict("copyright", "US", market) == (True, "enforceable", ("proof_of_ownership",))
    assert verdict("copyright", site, market) == YES


def test_lazada_without_its_site_and_unknown_platforms_say_so() -> None:
    assert verdict("trademark", "SG", "lazada")[:2] == (False, "unknown_market")
    assert verdict("trademark", "SG", "lazada.US")[:2] == (False, "unknown_market")
    assert verdict("trademark", "CN", "ebay")[:2] == (False, "unknown_market")


def test_the_evaluation_report_follows_kind_and_place_of_the_patent() -> None:
    assert needs_evaluation_report(POLICY, patent_kind="design", place="CN")
    assert needs_evaluation_report(POLICY, patent_kind="utility_model", place="CN")
    assert not needs_evaluation_report(POLICY, patent_kind="invention", place="CN")
    assert not needs_evaluation_report(POLICY, patent_kind="design", place="US")
