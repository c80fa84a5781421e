"""What the world is told of incidents: `identity.incidents.v1`."""

from collections.abc import Iterable
from typing import Any

from services.identity.incidents.model import Affected, Incident, affected, incident
from shared.contracts.identity import incidents as contract
from shared.eventstore import Publication


def publish_incident(known: Incident, event: incident.Event, _: int) -> Iterable[Publication]:
    said = known.declared
    common: dict[str, Any] = {
        "incident_id": known.id,
        "what": said.what,
        "impact": said.impact,
        "measures": said.measures,
        "since": said.since,
        "until": said.until,
        "detected_at": said.detected_at,
        "persons": said.extent.persons,
    }
    return (Publication(contract.TOPIC.name, known.id, _told(event, common)),)


def _told(event: incident.Event, common: dict[str, Any]) -> contract.IncidentEvent:
    match event:
        case incident.IncidentDeclared():
            return contract.IncidentDeclared(**common)
        case incident.IncidentNotified(number):
            return contract.IncidentNotified(**common, round=number)
        case incident.AuthorityInformed(authority, at):
            return contract.AuthorityInformed(**common, authority=authority, informed_at=at)
        case incident.IncidentClosed():
            return contract.IncidentClosed(**common)


def publish_affected(known: Affected, event: affected.Event, _: int) -> Iterable[Publication]:
    """The telling only: being listed and what came of the notice concern nobody else."""
    if not isinstance(event, affected.PersonTold):
        return ()
    data = contract.AccountAffected(
        incident_id=known.listed.incident_id,
        account_id=known.listed.account_id,
        language=known.listed.language,
        what=event.what,
        impact=event.impact,
        measures=event.measures,
        data=tuple(each.what for each in known.listed.touched),
        since=event.since,
        until=event.until,
        detected_at=event.detected_at,
    )
    return (Publication(contract.TOPIC.name, known.listed.account_id, data),)
