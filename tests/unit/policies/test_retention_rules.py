"""Periods by hand, and what a file of retention rules must not do: the days are those of Asia/Shanghai (UTC+8)."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from shared.policies.loading import PolicyFileError
from shared.policies.retention import Period, RetentionBook, RetentionRules
from shared.policies.retention_loading import load_retention_book, parse_retention

RULE = {
    "service": "identity",
    "place": "account/phone",
    "collection": None,
    "what": {"en": "your phone number", "zh": "您的电话号码"},
    "purpose": "to register",
    "counts_from": "account-closed",
    "period": "30 days",
    "why": {"en": "for a month", "zh": "一个月"},
    "source": "ours",
    "enforced_by": "job",
}
UNREFERENCED = {**RULE, "service": "every", "place": "*", "counts_from": "unreferenced", "period": "7 days"}


def text(version: str = "2026-01", *, shortened: dict[str, str] | None = None, **rules: dict[str, Any]) -> str:
    day = f"{version}-01"
    return yaml.safe_dump(
        {
            "version": version,
            "effective_from": f"{day}T00:00:00+08:00",
            "zone": "Asia/Shanghai",
            "shortened": shortened or {},
            "rules": {"phone": RULE, "nothing": UNREFERENCED, **rules},
        }
    )


def rules(*files: str) -> RetentionBook:
    return RetentionBook([parse_retention(each) for each in files])


def instant(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "since", "due"),
    [
        # 10:00 in Shanghai on Monday the 2nd: the 9th is the last day.
        ("7 days", "2026-03-02T02:00", "2026-03-09T16:00"),
        # One minute before and at midnight in Shanghai: 31 January, then 1 February.
        ("1 day", "2026-01-31T15:59", "2026-02-01T16:00"),
        ("1 day", "2026-01-31T16:00", "2026-02-02T16:00"),
        ("1 month", "2026-01-31T15:59", "2026-02-28T16:00"),
        ("1 month", "2026-01-31T16:00", "2026-03-01T16:00"),
        ("1 month", "2028-01-31T15:59", "2028-02-29T16:00"),
        ("1 month", "2028-02-29T02:00", "2028-03-29T16:00"),
        ("18 months", "2026-08-31T02:00", "2028-02-29T16:00"),
        ("180 days", "2026-03-02T02:00", "2026-08-29T16:00"),
        ("1 year", "2027-03-01T02:00", "2028-03-01T16:00"),
        ("3 years", "2028-02-29T02:00", "2031-02-28T16:00"),
        ("365 days", "2027-03-01T02:00", "2028-02-29T16:00"),
    ],
)
def test_what_is_due_when(period: str, since: str, due: str) -> None:
    book = rules(text(phone={**RULE, "period": period}))
    version = book.at(instant(since))
    assert version.due(version.rules["phone"], instant(since)) == instant(due)


def test_what_is_kept_for_good_is_never_due() -> None:
    kept = {**RULE, "place": None, "collection": "accounts", "period": "for good", "enforced_by": "nothing"}
    version = rules(text(history=kept)).at(instant("2026-03-02T02:00"))
    assert version.due(version.rules["history"], instant("2016-03-02T02:00")) is None
    assert version.next_day(instant("2026-03-02T15:59")) == instant("2026-03-02T16:00")
    assert version.next_day(instant("2026-03-02T16:00")) == instant("2026-03-03T16:00")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"period": "3 weeks"}, "no period"),
        ({"period": "0 days"}, "no period"),
        ({"collection": "accounts"}, "one of them"),
        ({"place": None}, "one of them"),
        ({"period": "for good"}, "enforced_by"),
        ({"enforced_by": "nothing"}, "enforced_by"),
        ({"enforced_by": "expiry-index"}, "collections"),
        ({"service": "billing"}, "service"),
        ({"counts_from": "unreferenced"}, "exactly one"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyFileError, match=said):
        parse_retention(text(phone={**RULE, **change}))


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PolicyFileError) as refused:
        parse_retention(text(shortened={"fax": "gone"}, phone={**RULE, "period": "soon", "place": None}))
    assert len(refused.value.problems) == 3


def test_each_version_holds_from_its_day() -> None:
    book = rules(text("2026-01"), text("2026-07", phone={**RULE, "period": "60 days"}))
    assert book.at(instant("2026-06-30T15:59")).version == "2026-01"
    assert book.at(instant("2026-06-30T16:00")).version == "2026-07"


@pytest.mark.parametrize("later", ["7 days", "29 days", "1 month"])
def test_nothing_is_shortened_secretly(later: str) -> None:
    """A month may be 28 days."""
    shorter = {**RULE, "period": later}
    with pytest.raises(ValueError, match="phone is shortened"):
        rules(text("2026-01"), text("2026-07", phone=shorter))
    rules(text("2026-01"), text("2026-07", phone=shorter, shortened={"phone": "told on the start page in May"}))


def test_another_moment_or_a_further_rule_for_the_place_may_shorten_too() -> None:
    sooner = {**RULE, "counts_from": "written", "period": "9 years"}
    with pytest.raises(ValueError, match="phone is shortened"):
        rules(text("2026-01"), text("2026-07", phone=sooner))
    with pytest.raises(ValueError, match="written shortens"):
        rules(text("2026-01"), text("2026-07", written=sooner))


def test_the_rules_in_force_are_good_and_speak_both_languages() -> None:
    book = load_retention_book()
    version: RetentionRules = book.at(instant("2026-03-02T02:00"))
    assert version.unreferenced[1].length == Period(days=7)
    assert version.zone == "Asia/Shanghai"
    for rule in version.rules.values():
        assert rule.what.zh != rule.what.en
        assert rule.why.zh != rule.why.en
