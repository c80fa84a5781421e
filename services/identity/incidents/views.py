"""Incidents as operators and auditors see them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel

from services.identity.incidents.model import Impact, Incident, Measure, What
from services.identity.incidents.model.incident import State
from shared.policies.policy import IncidentPolicy


class ScopeView(BaseModel):
    actor: str
    service: str
    account: str
    store: str


class KindView(BaseModel):
    what: str
    persons: int


class ExtentView(BaseModel):
    persons: int
    records: int
    others: int
    kinds: tuple[KindView, ...]


class AuthorityView(BaseModel):
    """in_time: within the hours of the policy from the detection."""

    authority: str
    informed_at: datetime
    in_time: bool


class IncidentView(BaseModel):
    """authority_due: until when the authority is to be told, where the law requires it."""

    incident_id: str
    state: State
    what: What
    impact: Impact
    measures: tuple[Measure, ...]
    scope: ScopeView
    extent: ExtentView
    since: datetime
    until: datetime
    detected_at: datetime
    declared_at: datetime
    notified_at: datetime | None
    closed_at: datetime | None
    rounds: int
    authority_due: datetime
    authorities: tuple[AuthorityView, ...]


class NoticesView(BaseModel):
    """Persons by what became of their notice. listed: nobody wrote to them yet; told: under way; announce: so many
    failed that those affected are to be told by an announcement too (000 IV)."""

    listed: int
    told: int
    served: int
    failed: int
    announce: bool


class IncidentWithNotices(IncidentView):
    """note: what operators wrote down; removed: it is there no more."""

    notices: NoticesView
    note: str
    note_removed: bool


class IncidentList(BaseModel):
    """The latest declared first."""

    incidents: tuple[IncidentView, ...]


class AffectedAnswer(BaseModel):
    """listed: of those that were sent, on the list now; unknown: ids that are no accounts, and get no notice."""

    listed: int
    unknown: tuple[str, ...]


def incident_view(known: Incident, rules: IncidentPolicy) -> IncidentView:
    said, extent, scope = known.declared, known.declared.extent, known.declared.scope
    due = said.detected_at + timedelta(hours=rules.authority_hours)
    return IncidentView(
        incident_id=known.id,
        state=known.state,
        what=said.what,
        impact=said.impact,
        measures=said.measures,
        scope=ScopeView(actor=scope.actor, service=scope.service, account=scope.account, store=scope.store),
        extent=ExtentView(
            persons=extent.persons,
            records=extent.records,
            others=extent.others,
            kinds=tuple(KindView(what=what, persons=persons) for what, persons in extent.kinds),
        ),
        since=said.since,
        until=said.until,
        detected_at=said.detected_at,
        declared_at=said.at,
        notified_at=known.notified_at,
        closed_at=known.closed_at,
        rounds=known.rounds,
        authority_due=due,
        authorities=tuple(
            AuthorityView(authority=authority, informed_at=at, in_time=at <= due) for authority, at in known.authorities
        ),
    )


def notices_view(counts: Mapping[str, int], rules: IncidentPolicy) -> NoticesView:
    settled = counts["served"] + counts["failed"]
    announce = settled > 0 and counts["failed"] >= rules.announce_from_failed_share * settled and counts["failed"] > 0
    return NoticesView(**counts, announce=announce)
