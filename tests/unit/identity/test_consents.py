"""Consents: given one by one to one text, withdrawn at any time, and asked for anew when the text changes."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from services.identity.accounts.model import Account, AccountVerified, StandingChanged, evolve
from services.identity.consents.model import give_consent, withdraw_consent
from services.identity.consents.purposes import Purpose, Purposes, load_purposes
from services.identity.consents.views import consents_view
from services.identity.privacy.model import ConsentGiven, ConsentWithdrawn
from shared.kernel.decider import Refusal
from tests.unit.identity.test_deciders import FRIDAY, QUEUED, VERIFIED_EMAIL, account_after

PURPOSE = Purpose(
    code="contact-disclosure",
    version="2026-01",
    sensitive=True,
    data=("name",),
    recipients=("party-complained-of",),
    needed_for=("contact-in-notices",),
    texts={"en": "I agree.", "zh": "我同意。"},
)
PURPOSES = Purposes([PURPOSE])
HASH = hashlib.sha256(b"I agree.").hexdigest()
GIVEN = ConsentGiven("contact-disclosure", "2026-01", "en", HASH, FRIDAY)
LATER = FRIDAY + timedelta(days=400)
WITHDRAWN = ConsentWithdrawn("contact-disclosure", "2026-01", "en", HASH, LATER)


def state(account: Account, purposes: Purposes = PURPOSES) -> str:
    [view] = consents_view(purposes, account).consents
    return view.state


def test_a_consent_covers_its_purpose_until_it_is_withdrawn() -> None:
    fresh = account_after(VERIFIED_EMAIL)
    assert (state(fresh), PURPOSES.covers(fresh, PURPOSE.code)) == ("never-given", False)
    assert give_consent(fresh, GIVEN) == (GIVEN,)
    agreed = account_after(VERIFIED_EMAIL, GIVEN)
    assert (state(agreed), PURPOSES.covers(agreed, PURPOSE.code)) == ("given", True)
    assert withdraw_consent(agreed, PURPOSE.code, LATER) == (WITHDRAWN,)
    gone = account_after(VERIFIED_EMAIL, GIVEN, WITHDRAWN)
    assert (state(gone), PURPOSES.covers(gone, PURPOSE.code)) == ("withdrawn", False)
    again = replace(GIVEN, at=LATER)
    assert give_consent(gone, again) == (again,)
    assert state(account_after(VERIFIED_EMAIL, GIVEN, WITHDRAWN, again)) == "given"


def test_agreeing_again_to_the_same_text_is_nothing_new() -> None:
    assert give_consent(account_after(VERIFIED_EMAIL, GIVEN), replace(GIVEN, at=LATER, language="zh")) == ()


def test_a_changed_text_is_a_new_purpose_and_asks_anew() -> None:
    changed = replace(PURPOSE, version="2026-07", texts={"en": "I agree to more.", "zh": "我同意更多。"})
    purposes = Purposes([PURPOSE, changed])
    agreed = account_after(VERIFIED_EMAIL, GIVEN)
    assert (state(agreed, purposes), purposes.covers(agreed, PURPOSE.code)) == ("outdated", False)
    with pytest.raises(Refusal, match="consent-missing") as refused:
        purposes.require(agreed, PURPOSE.code)
    assert "contact-disclosure, version 2026-07" in refused.value.detail
    with pytest.raises(Refusal, match="consent-outdated"):
        purposes.check(PURPOSE.code, "2026-01", "en", HASH)
    newer = ConsentGiven("contact-disclosure", "2026-07", "en", changed.sha256("en"), LATER)
    assert give_consent(agreed, newer) == (newer,)
    after = account_after(VERIFIED_EMAIL, GIVEN, newer)
    assert (len(after.choices.consents), purposes.covers(after, PURPOSE.code)) == (1, True)


@pytest.mark.parametrize(
    ("code", "version", "sha256", "refusal"),
    [
        ("contact-disclosure", "2026-01", HASH, None),
        ("contact-disclosure", "2026-01", "0" * 64, "consent-outdated"),
        ("contact-disclosure", "2026-01", hashlib.sha256("我同意。".encode()).hexdigest(), "consent-outdated"),
        ("contact-disclosure", "2025-01", HASH, "consent-outdated"),
        ("everything", "2026-01", HASH, "purpose-unknown"),
    ],
)
def test_exactly_the_text_that_was_shown_is_agreed_to(
    code: str, version: str, sha256: str, refusal: str | None
) -> None:
    if refusal is None:
        PURPOSES.check(code, version, "en", sha256)
        return
    with pytest.raises(Refusal, match=refusal):
        PURPOSES.check(code, version, "en", sha256)


def test_who_may_give_and_who_may_withdraw() -> None:
    with pytest.raises(Refusal, match="email-not-verified"):
        give_consent(account_after(), GIVEN)
    closed = evolve(account_after(VERIFIED_EMAIL, GIVEN), StandingChanged("closed", "user-request", False, "staff-1"))
    with pytest.raises(Refusal, match="account-closed"):
        give_consent(closed, GIVEN)
    assert withdraw_consent(closed, PURPOSE.code, LATER) == (WITHDRAWN,)
    with pytest.raises(Refusal, match="consent-not-given"):
        withdraw_consent(account_after(VERIFIED_EMAIL), PURPOSE.code, LATER)


def test_the_published_purposes_are_those_of_the_policy_in_both_languages() -> None:
    published = {purpose.code: purpose for purpose in load_purposes().in_force}
    # 000: I.2 facial recognition, III.1 (2) the party complained of, III.1 (4) the agency, VI transfers
    assert set(published) == {"identity-provider", "contact-disclosure", "trademark-agency", "cross-border"}
    assert "facial-data" in published["identity-provider"].data
    for purpose in published.values():
        assert purpose.sensitive
        assert set(purpose.texts) == {"zh", "en"}
        assert all(text.strip() for text in purpose.texts.values())


def test_a_verification_stays_when_its_consent_is_withdrawn() -> None:
    """000 VII.3: what was done before stays lawful."""
    provider = replace(GIVEN, purpose="identity-provider")
    account = account_after(*QUEUED, provider, AccountVerified(1, "staff-1"))
    [withdrawn] = withdraw_consent(account, "identity-provider", LATER)
    assert evolve(account, withdrawn).verified
