"""The authority's form: every field that GDPR Art. 33(3) and PIPL Art. 57 name, and nothing of a person."""

from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.incidents.report import OPEN, Incident, as_json, markdown

KINDS = [{"what": "identity-document", "persons": 40}]
DETECTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def incident(**more: Any) -> Incident:
    known = {
        "incident_id": "inc-1",
        "state": "notified",
        "what": "credentials-stolen",
        "impact": "identity-misuse",
        "measures": ["access-revoked", "keys-rotated"],
        "scope": {"actor": "staff-SECRET", "service": "ipr", "account": "acc-intl-SECRET", "store": ""},
        "extent": {
            "persons": 412,
            "records": 5120,
            "others": 3,
            "kinds": [{"what": "identity-document", "persons": 40}],
        },
        "since": "2026-03-01T00:00:00Z",
        "until": "2026-03-02T08:00:00Z",
        "detected_at": DETECTED,
        "declared_at": DETECTED,
        "notified_at": "2026-03-02T12:00:00Z",
        "closed_at": None,
        "authority_due": DETECTED + timedelta(hours=72),
        "authorities": [],
        "notices": {"listed": 1, "told": 2, "served": 400, "failed": 9, "announce": False},
        "note": "Mr. Secret called",
    }
    return Incident.model_validate({**known, **more})


def test_every_field_of_both_laws_is_on_the_form() -> None:
    form = markdown(incident())
    for said in (
        "- credentials-stolen",
        "- from 2026-03-01 00:00 UTC to 2026-03-02 08:00 UTC",
        "- rights holders and agents: 412",
        "- others (staff, merchants): 3",
        "- records: 5120",
        "- identity-document: 40 persons",
        "- identity-misuse",
        "- access-revoked",
        "- keys-rotated",
        "- served: 400, failed: 9, open: 3",
        "- detected: 2026-03-02 09:00 UTC",
        "- 72 h mark: 2026-03-05 09:00 UTC",
        "- first notified: 2026-03-02 12:00 UTC",
        "- ipr@alibaba-inc.com",
    ):
        assert said in form
    for article in ("33(3)(a)", "33(3)(b)", "33(3)(c)", "33(3)(d)", "PIPL 57(1)", "PIPL 57(2)", "PIPL 57(3)"):
        assert article in form


def test_nothing_of_a_person_is_on_the_form() -> None:
    assert "SECRET" not in markdown(incident())
    assert "Secret" not in markdown(incident()) + str(as_json(incident()))
    assert "SECRET" not in str(as_json(incident()))


def test_whether_the_authority_was_told_in_time_is_said() -> None:
    late = {"authority": "ico", "informed_at": DETECTED + timedelta(hours=80), "in_time": False}
    early = {"authority": "cac", "informed_at": DETECTED + timedelta(hours=2), "in_time": True}
    form = markdown(incident(authorities=[early, late]))
    assert "cac: 2026-03-02 11:00 UTC (within the 72 h)" in form
    assert f"ico: 2026-03-05 17:00 UTC (after the 72 h: reasons for the delay {OPEN})" in form
    assert "authority told: not yet" in markdown(incident())


def test_an_announcement_that_is_due_is_said() -> None:
    notices = {"listed": 0, "told": 0, "served": 80, "failed": 20, "announce": True}
    assert "an announcement is due" in markdown(incident(notices=notices))
    assert "an announcement is due" not in markdown(incident())
