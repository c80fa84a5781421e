"""Incidents and those affected: what is decided in every state, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.identity.incidents.model import (
    Affected,
    Close,
    Declare,
    Extent,
    Incident,
    IncidentDeclared,
    InformAuthority,
    Notify,
    PersonListed,
    RecordNotice,
    Scope,
    Tell,
    Touched,
    affected,
    incident,
    incident_id,
)
from services.identity.incidents.model.affected import NoticeFailed, NoticeServed, PersonTold
from services.identity.incidents.model.incident import AuthorityInformed, IncidentClosed, IncidentNotified
from services.identity.incidents.publishing import publish_affected, publish_incident
from services.identity.incidents.views import incident_view, notices_view
from shared.kernel.decider import Obsolete, Refusal, fold
from shared.policies.policy import IncidentPolicy

SINCE = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=6)
DETECTED = SINCE + timedelta(hours=7)
NOW = SINCE + timedelta(hours=8)
SCOPE = Scope(actor="staff-7")
DECLARED = IncidentDeclared(
    incident_id=incident_id("credentials-stolen", SCOPE, SINCE, UNTIL),
    what="credentials-stolen",
    impact="identity-misuse",
    measures=("access-revoked",),
    scope=SCOPE,
    extent=Extent(persons=2, records=5, others=1, kinds=(("identity-document", 2),)),
    since=SINCE,
    until=UNTIL,
    detected_at=DETECTED,
    note_ref=None,
    by="staff-op",
    at=NOW,
)
RULES = IncidentPolicy(authority_hours=72, announce_from_failed_share=0.1)
LISTED = PersonListed("inc-1", "acc-intl-A", "en", (Touched("identity-document", 2, SINCE, UNTIL),), NOW)


def after(*events: incident.Event) -> Incident:
    state: Incident | None = None
    for event in events:
        state = incident.evolve(state, event)
    assert state is not None
    return state


NOTIFIED = after(DECLARED, IncidentNotified(1, 2, "staff-op", NOW))
CLOSED = incident.evolve(NOTIFIED, IncidentClosed("staff-op", NOW))


def test_the_same_question_and_finding_are_one_incident() -> None:
    again = incident.decide(after(DECLARED), Declare(replace(DECLARED, impact="none-expected")), NOW)
    assert again == ()
    assert incident_id("credentials-stolen", SCOPE, SINCE, UNTIL) == DECLARED.incident_id
    others = {
        incident_id("published", SCOPE, SINCE, UNTIL),
        incident_id("credentials-stolen", Scope(account="staff-7"), SINCE, UNTIL),
        incident_id("credentials-stolen", SCOPE, SINCE, UNTIL + timedelta(seconds=1)),
        DECLARED.incident_id,
    }
    assert len(others) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": UNTIL, "until": SINCE},
        {"since": UNTIL, "until": UNTIL},
        {"detected_at": SINCE - timedelta(seconds=1)},
        {"detected_at": NOW + timedelta(seconds=1)},
    ],
)
def test_times_that_cannot_be_are_refused(wrong: dict[str, datetime]) -> None:
    with pytest.raises(Refusal) as refused:
        incident.decide(None, Declare(replace(DECLARED, **wrong)), NOW)  # type: ignore[arg-type]
    assert refused.value.code == "time-not-valid"


def test_who_notifies_names_how_many_they_mean() -> None:
    declared = after(DECLARED)
    assert incident.decide(declared, Notify(2, 2, "op"), NOW) == (IncidentNotified(1, 2, "op", NOW),)
    with pytest.raises(Refusal) as differs:
        incident.decide(declared, Notify(listed=2, expected=3, by="op"), NOW)
    assert differs.value.code == "list-differs"
    with pytest.raises(Obsolete) as nobody:
        incident.decide(declared, Notify(listed=0, expected=1, by="op"), NOW)
    assert nobody.value.code == "nobody-to-tell"


def test_who_is_found_later_is_told_in_a_further_round() -> None:
    [event] = incident.decide(NOTIFIED, Notify(1, 1, "op"), NOW + timedelta(days=1))
    assert event == IncidentNotified(2, 1, "op", NOW + timedelta(days=1))
    later = incident.evolve(NOTIFIED, event)
    assert (later.rounds, later.notified_at) == (2, NOW)


def test_an_incident_closes_when_every_notice_is_settled() -> None:
    for state, open_notices, code in ((after(DECLARED), 0, "nobody-told"), (NOTIFIED, 1, "notices-open")):
        with pytest.raises(Refusal) as refused:
            incident.decide(state, Close(open_notices, "op"), NOW)
        assert refused.value.code == code
    assert incident.decide(NOTIFIED, Close(0, "op"), NOW) == (IncidentClosed("op", NOW),)
    nobody = replace(DECLARED, extent=Extent(0, 3, 1, (("staff-email", 1),)))
    assert incident.decide(after(nobody), Close(0, "op"), NOW) == (IncidentClosed("op", NOW),)


@pytest.mark.parametrize("command", [Notify(1, 1, "op"), Close(0, "op")])
def test_what_is_closed_stays_closed(command: incident.Command) -> None:
    with pytest.raises(Obsolete) as refused:
        incident.decide(CLOSED, command, NOW)
    assert refused.value.code == "incident-closed"


@pytest.mark.parametrize("command", [Notify(1, 1, "op"), InformAuthority("cac", DETECTED, "op"), Close(0, "op")])
def test_an_incident_that_nobody_declared_is_unknown(command: incident.Command) -> None:
    with pytest.raises(Refusal) as refused:
        incident.decide(None, command, NOW)
    assert refused.value.code == "no-such-incident"


def test_an_authority_is_told_within_72_hours_or_late_and_noted_once() -> None:
    state = after(DECLARED)
    [noted] = incident.decide(state, InformAuthority("cac", NOW, "op"), NOW)
    state = incident.evolve(state, noted)
    assert incident.decide(state, InformAuthority("cac", NOW, "op"), NOW) == ()
    late = DETECTED + timedelta(hours=72, seconds=1)
    state = incident.evolve(state, AuthorityInformed("ico", late, "op"))
    view = incident_view(state, RULES)
    assert view.authority_due == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    assert [(each.authority, each.in_time) for each in view.authorities] == [("cac", True), ("ico", False)]
    for wrong in (DETECTED - timedelta(seconds=1), NOW + timedelta(seconds=1)):
        with pytest.raises(Refusal):
            incident.decide(after(DECLARED), InformAuthority("cac", wrong, "op"), NOW)


@pytest.mark.parametrize(
    ("served", "failed", "announce"), [(0, 0, False), (10, 0, False), (91, 9, False), (90, 10, True), (0, 1, True)]
)
def test_an_announcement_is_due_where_a_tenth_of_the_notices_failed(served: int, failed: int, announce: bool) -> None:
    view = notices_view({"listed": 1, "told": 2, "served": served, "failed": failed}, RULES)
    assert view.announce is announce


def person(*events: affected.Event) -> Affected:
    return fold(affected.evolve, affected.evolve(None, LISTED), events)


def test_a_person_is_told_once_and_what_came_of_it_is_noted_once() -> None:
    [told] = affected.decide(person(), Tell(NOTIFIED))
    assert isinstance(told, PersonTold)
    with pytest.raises(Obsolete):
        affected.decide(person(told), Tell(NOTIFIED))
    assert affected.decide(person(told), RecordNotice("ntc-1", NOW)) == (NoticeServed("ntc-1", NOW),)
    failed = affected.decide(person(told), RecordNotice("ntc-1", None, "smtp-550"))
    assert failed == (NoticeFailed("ntc-1", "smtp-550"),)
    assert person(told, *failed).state == "failed"
    for state in (person(), person(told, *failed), person(told, NoticeServed("ntc-1", NOW))):
        with pytest.raises(Obsolete):
            affected.decide(state, RecordNotice("ntc-1", NOW))
    with pytest.raises(Refusal) as refused:
        affected.decide(None, Tell(NOTIFIED))
    assert refused.value.code == "not-affected"


def test_the_topic_says_what_a_person_is_told_and_is_silent_about_the_rest() -> None:
    [told] = affected.decide(person(), Tell(NOTIFIED))
    [published] = publish_affected(person(told), told, 2)
    assert published.key == "acc-intl-A"
    assert published.data.model_dump(exclude={"since", "until", "detected_at"}) == {
        "incident_id": "inc-1",
        "account_id": "acc-intl-A",
        "language": "en",
        "what": "credentials-stolen",
        "impact": "identity-misuse",
        "measures": ("access-revoked",),
        "data": ("identity-document",),
    }
    assert list(publish_affected(person(), LISTED, 1)) == []
    [declared] = publish_incident(after(DECLARED), DECLARED, 1)
    assert set(declared.data.model_dump()) == {
        "incident_id",
        "what",
        "impact",
        "measures",
        "since",
        "until",
        "detected_at",
        "persons",
    }
