"""Who is told what: one row for each event and person concerned. A new notice is a row here and its texts.

Rights holders hear of every step; merchants of the claim, their rights and their deadline, and of what comes of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.notifications.notices.model import AboutKind, Address, Language, Party, PlanNotice
from shared.contracts.complaints import cases
from shared.contracts.envelope import EventData
from shared.contracts.identity import accounts, erasures, incidents, privacy_requests
from shared.contracts.ipr import rights
from shared.contracts.scoring import goodfaith
from shared.policies.platforms import TAO_MARKETPLACES

_CHINESE_PLATFORMS = TAO_MARKETPLACES | {"1688"}

OWNER: tuple[Address, ...] = ("contact",)
# 001 (Counter-Notifications) writes to the e-mail given at registration; the contact for the platform is told too.
OWNER_TWICE: tuple[Address, ...] = ("contact", "login")
LOGIN: tuple[Address, ...] = ("login",)
MERCHANT: tuple[Address, ...] = ("merchant",)

_CASE_FACTS = ("submission_id", "platform", "listing_id", "right_id", "complaint_type", "reason", "filed_at")


@dataclass(frozen=True)
class Row:
    """facts: fields of the event that the text speaks of, beside those of every case; when: which events it is for."""

    event: type[EventData]
    party: Party
    template: str
    addresses: tuple[Address, ...]
    facts: tuple[str, ...] = ()
    when: Callable[[Any], bool] = lambda _: True


def _merchant_was_told(event: cases.CaseEvent) -> bool:
    """A complaint that was withdrawn before the takedown never reached the merchant."""
    return bool(getattr(event, "after_takedown", True))


def _both(event: type[cases.CaseEvent], template: str, *facts: str) -> tuple[Row, Row]:
    return (
        Row(event, "owner", template, OWNER, facts),
        Row(event, "merchant", template, MERCHANT, facts, when=_merchant_was_told),
    )


CASES: tuple[Row, ...] = (
    Row(cases.ComplaintFiled, "owner", "complaint-received", OWNER),
    Row(cases.SupplementRequested, "owner", "supplement-requested", OWNER, ("missing",)),
    Row(cases.ComplaintRejected, "owner", "complaint-rejected", OWNER, ("reason_code",)),
    Row(cases.ListingTakenDown, "owner", "taken-down", OWNER),
    Row(cases.ListingTakenDown, "merchant", "takedown", MERCHANT),
    Row(cases.CounterNotified, "owner", "counter-received", OWNER_TWICE, ("attempt", "received_at")),
    *_both(cases.CounterAccepted, "counter-accepted", "how"),
    *_both(cases.DisputeOpened, "dispute-opened"),
    *_both(cases.DisputeDecided, "dispute-decided", "determination"),
    *_both(cases.ComplaintWithdrawn, "complaint-withdrawn", "after_takedown"),
    *_both(cases.CaseClosed, "case-closed", "why"),
    *_both(cases.ListingReinstated, "listing-reinstated"),
)
ACCOUNTS: tuple[Row, ...] = (
    Row(accounts.AccountRegistered, "owner", "email-code", LOGIN),
    Row(accounts.EmailCodeRenewed, "owner", "email-code", LOGIN),
    Row(accounts.AccountVerified, "owner", "account-verified", OWNER),
    Row(accounts.AccountVerificationFailed, "owner", "account-verification-failed", OWNER, ("reasons",)),
)
# Told at the login e-mail, which is the one that was shown to be the person's own.
_REQUEST = ("request_id", "kind", "due")
PRIVACY_REQUESTS: tuple[Row, ...] = (
    Row(privacy_requests.PrivacyRequestReceived, "owner", "privacy-request-received", LOGIN, _REQUEST),
    Row(privacy_requests.PrivacyRequestGranted, "owner", "privacy-request-granted", LOGIN, _REQUEST),
    Row(privacy_requests.PrivacyRequestRefused, "owner", "privacy-request-refused", LOGIN, (*_REQUEST, "reason")),
    Row(privacy_requests.RestrictionLiftingAnnounced, "owner", "restriction-lifting", LOGIN, _REQUEST),
)
RIGHTS: tuple[Row, ...] = (
    Row(rights.RightAuthenticated, "owner", "right-authenticated", OWNER, ("right_type", "place")),
    Row(rights.RightAuthenticationFailed, "owner", "right-authentication-failed", OWNER, ("right_type", "reasons")),
)
# 000 IV: by every address that we have.
INCIDENTS: tuple[Row, ...] = (
    Row(
        incidents.AccountAffected,
        "owner",
        "incident",
        OWNER_TWICE,
        ("incident_id", "what", "impact", "measures", "data", "since", "until", "detected_at"),
    ),
)
_FIGURES = ("day", "window_from", "window_to", "requests", "success_rate", "counter_success_rate", "unmet")
GOOD_FAITH: tuple[Row, ...] = (
    Row(goodfaith.GoodFaithStatus, "owner", "good-faith-granted", OWNER, _FIGURES, lambda e: e.change == "granted"),
    Row(
        goodfaith.GoodFaithStatus,
        "owner",
        "good-faith-lost",
        OWNER,
        (*_FIGURES, "barred_until"),
        lambda e: e.change == "lost",
    ),
)


ERASURES: tuple[Row, ...] = (
    Row(erasures.ErasureRequested, "owner", "erasure-requested", OWNER_TWICE),
    Row(erasures.ErasureDeferred, "owner", "erasure-deferred", OWNER, ("reasons",)),
    Row(erasures.ErasureWithdrawn, "owner", "erasure-withdrawn", OWNER_TWICE),
    # To one address only: as soon as it was told, no address is known any more.
    Row(erasures.ErasureConfirmed, "owner", "erasure-confirmed", OWNER),
)


def likely_language(platform: str) -> Language:
    """Only for a notice that fails before anybody has said in which language its reader reads."""
    return "zh" if platform in _CHINESE_PLATFORMS else "en"


def of_erasure(event: erasures.ErasureEvent, cause_id: str) -> Iterator[PlanNotice]:
    for row in _rows(ERASURES, event):
        account_id, facts = event.account_id, _facts(event, row.facts)
        yield _plan(row, cause_id, "account", account_id, account_id, account_id, event.language, facts)


def of_case(event: cases.CaseEvent, cause_id: str) -> Iterator[PlanNotice]:
    """What an event of a case makes known, and to whom. A merchant that is not known yet is told nothing."""
    likely = likely_language(event.platform)
    for row in _rows(CASES, event):
        recipient = event.account_id if row.party == "owner" else event.merchant_id
        if recipient is not None:
            facts = _facts(event, (*_CASE_FACTS, *row.facts))
            yield _plan(row, cause_id, "case", event.case_id, event.account_id, recipient, likely, facts)


def of_account(event: accounts.AccountEvent, cause_id: str) -> Iterator[PlanNotice]:
    for row in _rows(ACCOUNTS, event):
        account_id, facts = event.account_id, _facts(event, row.facts)
        yield _plan(row, cause_id, "account", account_id, account_id, account_id, event.language, facts)


def of_incident(event: incidents.AccountAffected, cause_id: str) -> Iterator[PlanNotice]:
    language: Language = "zh" if event.language == "zh" else "en"
    for row in _rows(INCIDENTS, event):
        account_id, facts = event.account_id, _facts(event, row.facts)
        yield _plan(row, cause_id, "account", account_id, account_id, account_id, language, facts)


def of_privacy_request(event: privacy_requests.PrivacyRequestEvent, cause_id: str) -> Iterator[PlanNotice]:
    for row in _rows(PRIVACY_REQUESTS, event):
        account_id, facts = event.account_id, _facts(event, row.facts)
        yield _plan(row, cause_id, "account", account_id, account_id, account_id, event.language, facts)


def of_right(event: rights.RightEvent, cause_id: str) -> Iterator[PlanNotice]:
    likely: Language = "zh" if event.place == "CN" else "en"
    for row in _rows(RIGHTS, event):
        facts = _facts(event, row.facts)
        yield _plan(row, cause_id, "right", event.right_id, event.account_id, event.account_id, likely, facts)


def of_good_faith(event: goodfaith.GoodFaithStatus) -> Iterator[PlanNotice]:
    """The topic repeats the latest status of a key for ever: a change is told by what it is and by its day."""
    for row in _rows(GOOD_FAITH, event):
        cause_id = f"good-faith/{event.account_id}/{event.principal_id or ''}/{event.change}/{event.day.isoformat()}"
        account_id, facts = event.account_id, _facts(event, row.facts)
        yield _plan(row, cause_id, "account", account_id, account_id, account_id, "en", facts)


def _rows(table: tuple[Row, ...], event: EventData) -> Iterator[Row]:
    return (row for row in table if isinstance(event, row.event) and row.when(event))


def _plan(
    row: Row,
    cause_id: str,
    about_kind: AboutKind,
    about: str,
    account_id: str,
    recipient_id: str,
    language: Language,
    facts: Mapping[str, str],
) -> PlanNotice:
    return PlanNotice(
        cause_id=cause_id,
        about=about,
        about_kind=about_kind,
        account_id=account_id,
        party=row.party,
        recipient_id=recipient_id,
        template=row.template,
        addresses=row.addresses,
        language=language,
        facts=tuple(facts.items()),
    )


def _facts(event: EventData, names: tuple[str, ...]) -> dict[str, str]:
    """Fields as texts; what is not there is left out."""
    values = ((name, getattr(event, name)) for name in names)
    return {name: _text(value) for name, value in values if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    return str(value)
