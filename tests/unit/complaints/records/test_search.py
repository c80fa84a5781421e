"""What is asked, as it is written down, and what is wrong with it, all at once."""

from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import make_mocked_request

from services.complaints.cases.model import STATES
from services.complaints.intake.addresses import AddressRefused
from services.complaints.records.asking import asked_page
from services.complaints.records.export import harmless
from services.complaints.records.search import GROUPS, Number, Search, listings_of, read_number
from shared.access import Actor, Role
from shared.httpkit import Problem
from shared.policies.loading import load_policy_book

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BOOK = load_policy_book()
OWNER = Actor("acc-1", frozenset({Role.COMPLAINANT}), "acc-1")
STAFF = Actor("staff-1", frozenset({Role.REVIEWER}))


def search(query: str, actor: Actor = OWNER) -> Search:
    return asked_page(make_mocked_request("GET", f"/v1/cases?{query}"), actor, BOOK, NOW).search


def wrong(query: str, actor: Actor = OWNER) -> set[tuple[str, str]]:
    with pytest.raises(Problem) as found:
        search(query, actor)
    assert found.value.status == 422
    return {(each.pointer, each.code) for each in found.value.problems}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("IPP-7K2M9QX4T0", Number("IPP-7K2M9QX4T0", None)),
        ("IPP-7K2M9QX4T0-001", Number("IPP-7K2M9QX4T0", "IPP-7K2M9QX4T0-001")),
        ("ipp 7k2m9qx4t0", None),
        (" ipp-7k2m9 qx4tO - 012 ", Number("IPP-7K2M9QX4T0", "IPP-7K2M9QX4T0-012")),
        ("7K2M9QX4TI", Number("IPP-7K2M9QX4T1", None)),
        ("7K2M9QX4T", None),
        ("IPP-7K2M9QX4TU", None),
        ("IPP-7K2M9QX4T0-", None),
        ("", None),
    ],
)
def test_numbers_as_they_are_written_down(text: str, number: Number | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "https://item.taobao.com/item.htm?id=520813250866&spm=a21wu.1",
        "https://detail.tmall.com/item.htm?id=520813250866",
        "taobao:item:520813250866",
    ],
)
def test_a_listing_that_several_marketplaces_show_is_found_by_any_address_of_it(text: str) -> None:
    assert listings_of(text) == tuple(f"{p}:item:520813250866" for p in ("taobao", "tmall", "tmall_global"))


def test_a_listing_of_lazada_is_of_one_country() -> None:
    assert listings_of("lazada.sg:item:456") == ("lazada.sg:item:456",)


def test_what_is_no_listing_is_refused_with_its_reason() -> None:
    found = listings_of("https://item.taobao.com.evil.example/item.htm?id=1")
    assert isinstance(found, AddressRefused)
    assert wrong("listing=https%3A%2F%2Fitem.taobao.com.evil.example%2Fitem.htm%3Fid%3D1") == {("?listing", found.code)}


def test_groups_name_every_state() -> None:
    assert GROUPS["open"] | GROUPS["ended"] == set(STATES)
    assert not GROUPS["open"] & GROUPS["ended"]
    by_the_handbook = [group for name, group in GROUPS.items() if name not in ("open", "ended")]
    assert sorted(state for group in by_the_handbook for state in group) == sorted(STATES)


def test_days_are_those_of_the_marketplace() -> None:
    # Shanghai is eight hours ahead of Greenwich, Jakarta seven; where none is named, Shanghai.
    assert search("platform=taobao&filed_from=2026-03-02").filed_from == datetime(2026, 3, 1, 16, tzinfo=UTC)
    jakarta = search("platform=lazada&site=id&filed_from=2026-03-02&filed_to=2026-03-02")
    assert jakarta.filed_from == datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert jakarta.filed_before == datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert search("platform=lazada&filed_to=2026-03-02").filed_before == datetime(2026, 3, 2, 16, tzinfo=UTC)


def test_an_owner_finds_own_cases_only_and_staff_all() -> None:
    assert search("").account == "acc-1"
    assert search("", STAFF).account is None
    assert search("account_id=acc-2&merchant_id=m-1&reviewer_id=staff-2", STAFF) == Search(
        account="acc-2", merchant="m-1", reviewer="staff-2"
    )
    assert wrong("account_id=acc-1&merchant_id=m-1") == {
        ("?account_id", "extra-forbidden"),
        ("?merchant_id", "extra-forbidden"),
    }


def test_all_that_is_wrong_is_named_at_once() -> None:
    query = (
        "number=7&status=open&status=upheld&group=lost&platform=ebay&site=SG&filed_from=2026-03-02"
        "&filed_to=2026-03-01&limit=0&cursor=x&colour=red"
    )
    assert wrong(query) == {
        ("?number", "number-malformed"),
        ("?status", "status-unknown"),
        ("?group", "group-unknown"),
        ("?platform", "platform-unknown"),
        ("?site", "site-unknown"),
        ("?filed_to", "days-reversed"),
        ("?limit", "greater-than-equal"),
        ("?cursor", "cursor-not-valid"),
        ("?colour", "extra-forbidden"),
    }


def test_a_day_that_no_calendar_can_reach_is_refused() -> None:
    assert wrong("filed_from=0001-01-01&filed_to=9999-12-31") == {
        ("?filed_from", "day-out-of-range"),
        ("?filed_to", "day-out-of-range"),
    }


def test_states_and_groups_narrow_each_other() -> None:
    assert search("status=upheld&status=closed&group=open").states == frozenset({"upheld"})
    assert search("status=closed&group=open").states == frozenset()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_is_made_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("IPP-7K2M9QX4T0-001") == "IPP-7K2M9QX4T0-001"
