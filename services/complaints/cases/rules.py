"""The part of the policy that a case is decided by, as it holds now on the case's marketplace."""

from datetime import datetime

from services.complaints.cases.model import Rules
from shared.policies.terms import PolicyBook


def rules_for(book: PolicyBook, platform: str, listing_id: str, now: datetime) -> Rules:
    """Rules of the marketplace (and country site, which the canonical listing id names) in force at `now`."""
    terms = book.terms(platform, site_of(listing_id), now)
    return Rules(
        version=terms.version,
        calendar=terms.calendar,
        counter_days=terms.platform.counter_notification_business_days,
        owner_days=terms.platform.owner_response_business_days,
        supplement_days=terms.platform.supplement_business_days,
        further_attempt_days=terms.platform.counter_notification_business_days,
        attempts=terms.platform.counter_attempts,
        grace=terms.expiry_grace,
        rejection_reasons=frozenset(terms.policy.complaints.rejection_reasons),
        withdrawal_reasons=frozenset(terms.policy.complaints.withdrawal_reasons),
    )


def site_of(listing_id: str) -> str | None:
    """The country code in `lazada.sg:item:1`; None where the marketplace has no country sites."""
    _, _, site = listing_id.partition(":")[0].partition(".")
    return site.upper() or None
