"""Who is told what: every example message of the consumed topics against the table of the domain."""

from itertools import chain

import pytest

from services.notifications.notices import plans
from services.notifications.notices.model import PlanNotice
from shared.contracts.complaints import cases
from shared.contracts.identity import accounts, incidents, privacy_requests
from shared.contracts.ipr import rights
from shared.contracts.scoring import goodfaith

# DOMAIN, Notifications: rights holders hear of every step; merchants of the claim, their rights and their deadline.
OF_CASES = {
    "complaint-filed": {("owner", "complaint-received", ("contact",))},
    "supplement-requested": {("owner", "supplement-requested", ("contact",))},
    "complaint-rejected": {("owner", "complaint-rejected", ("contact",))},
    "listing-taken-down": {("owner", "taken-down", ("contact",)), ("merchant", "takedown", ("merchant",))},
    "counter-notified": {("owner", "counter-received", ("contact", "login"))},
    "counter-accepted": {("owner", "counter-accepted", ("contact",)), ("merchant", "counter-accepted", ("merchant",))},
    "dispute-opened": {("owner", "dispute-opened", ("contact",)), ("merchant", "dispute-opened", ("merchant",))},
    "dispute-decided": {("owner", "dispute-decided", ("contact",)), ("merchant", "dispute-decided", ("merchant",))},
    "complaint-withdrawn": {
        ("owner", "complaint-withdrawn", ("contact",)),
        ("merchant", "complaint-withdrawn", ("merchant",)),
    },
    "case-closed": {("owner", "case-closed", ("contact",)), ("merchant", "case-closed", ("merchant",))},
    "listing-reinstated": {
        ("owner", "listing-reinstated", ("contact",)),
        ("merchant", "listing-reinstated", ("merchant",)),
    },
}
OF_ACCOUNTS = {
    "account-registered": {("owner", "email-code", ("login",))},
    "email-code-renewed": {("owner", "email-code", ("login",))},
    "account-verified": {("owner", "account-verified", ("contact",))},
    "account-verification-failed": {("owner", "account-verification-failed", ("contact",))},
}
OF_INCIDENTS = {"account-affected": {("owner", "incident", ("contact", "login"))}}
OF_PRIVACY_REQUESTS = {
    "privacy-request-received": {("owner", "privacy-request-received", ("login",))},
    "privacy-request-granted": {("owner", "privacy-request-granted", ("login",))},
    "privacy-request-refused": {("owner", "privacy-request-refused", ("login",))},
    "restriction-lifting-announced": {("owner", "restriction-lifting", ("login",))},
}
OF_RIGHTS = {
    "right-authenticated": {("owner", "right-authenticated", ("contact",))},
    "right-authentication-failed": {("owner", "right-authentication-failed", ("contact",))},
}


def name(event: object) -> str:
    return str(event.type).rpartition(".")[2]  # type: ignore[attr-defined]


def told(commands: object) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(each.party, each.template, each.addresses) for each in commands}  # type: ignore[attr-defined]


@pytest.mark.parametrize("event", cases.TOPIC.examples, ids=name)
def test_events_of_a_case(event: cases.CaseEvent) -> None:
    known = event.model_copy(update={"merchant_id": "m-taobao-17"})
    notices = list(plans.of_case(known, "cause"))
    assert told(notices) == OF_CASES.get(name(event), set())
    for notice in notices:
        assert (notice.about, notice.about_kind, notice.cause_id) == ("IPP-7K2M9QX4TD-001", "case", "cause")
        assert notice.account_id == event.account_id
        assert notice.recipient_id == (event.account_id if notice.party == "owner" else "m-taobao-17")


@pytest.mark.parametrize("event", cases.TOPIC.examples, ids=name)
def test_given_the_merchant_is_not_known_then_only_the_owner_is_told(event: cases.CaseEvent) -> None:
    unknown = event.model_copy(update={"merchant_id": None})
    assert {notice.party for notice in plans.of_case(unknown, "cause")} <= {"owner"}


def test_given_a_withdrawal_before_the_takedown_then_the_merchant_is_not_told() -> None:
    [withdrawn] = [each for each in cases.TOPIC.examples if isinstance(each, cases.ComplaintWithdrawn)]
    early = withdrawn.model_copy(update={"after_takedown": False, "merchant_id": "m-taobao-17"})
    assert told(plans.of_case(early, "cause")) == {("owner", "complaint-withdrawn", ("contact",))}


@pytest.mark.parametrize("event", accounts.TOPIC.examples, ids=name)
def test_events_of_an_account(event: accounts.AccountEvent) -> None:
    assert told(plans.of_account(event, "cause")) == OF_ACCOUNTS.get(name(event), set())


@pytest.mark.parametrize("event", privacy_requests.TOPIC.examples, ids=name)
def test_events_of_a_privacy_request(event: privacy_requests.PrivacyRequestEvent) -> None:
    notices = list(plans.of_privacy_request(event, "privacy-request/prq-1/2"))
    assert told(notices) == OF_PRIVACY_REQUESTS.get(name(event), set())
    for notice in notices:
        # what is served is found again by the event that caused it
        assert (notice.about, notice.cause_id) == (event.account_id, "privacy-request/prq-1/2")


@pytest.mark.parametrize("event", rights.TOPIC.examples, ids=name)
def test_events_of_a_right(event: rights.RightEvent) -> None:
    assert told(plans.of_right(event, "cause")) == OF_RIGHTS.get(name(event), set())


@pytest.mark.parametrize(
    ("change", "template"), [("granted", "good-faith-granted"), ("lost", "good-faith-lost"), ("figures", None)]
)
def test_changes_of_good_faith(change: str, template: str | None) -> None:
    [example] = goodfaith.TOPIC.examples
    assert isinstance(example, goodfaith.GoodFaithStatus)
    status = example.model_copy(update={"change": change})
    assert [notice.template for notice in plans.of_good_faith(status)] == ([template] if template else [])


def test_given_the_same_status_is_read_again_after_compaction_then_it_is_the_same_notice() -> None:
    [example] = goodfaith.TOPIC.examples
    assert isinstance(example, goodfaith.GoodFaithStatus)
    [first], [again] = list(plans.of_good_faith(example)), list(plans.of_good_faith(example))
    later = example.model_copy(update={"day": example.day.replace(day=30)})
    [other] = plans.of_good_faith(later)
    assert first.notice_id == again.notice_id != other.notice_id


def test_facts_are_ids_codes_days_and_figures() -> None:
    everything: list[PlanNotice] = []
    for event in cases.TOPIC.examples:
        assert isinstance(event, cases.CaseEvent)
        everything += plans.of_case(event.model_copy(update={"merchant_id": "m"}), "cause")
    names = set(chain.from_iterable(dict(each.facts) for each in everything))
    assert names == {
        *("submission_id", "platform", "listing_id", "right_id", "complaint_type", "reason", "filed_at"),
        *("missing", "reason_code", "attempt", "received_at", "how", "determination", "after_takedown", "why"),
    }


def test_a_person_affected_by_an_incident_is_told_at_both_addresses() -> None:
    [affected] = [each for each in incidents.TOPIC.examples if isinstance(each, incidents.AccountAffected)]
    notices = list(plans.of_incident(affected, "cause"))
    assert told(notices) == OF_INCIDENTS["account-affected"]
    assert (notices[0].about, notices[0].about_kind) == (affected.account_id, "account")
