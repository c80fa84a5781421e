"""An incident, and each person affected by it: aggregates of their own, for the persons are without bound."""

from services.identity.incidents.model import affected, incident
from services.identity.incidents.model.affected import Affected, PersonListed, RecordNotice, Tell, Touched, affected_id
from services.identity.incidents.model.incident import (
    Close,
    Declare,
    Extent,
    Impact,
    Incident,
    IncidentDeclared,
    InformAuthority,
    Measure,
    Notify,
    Scope,
    What,
    existing,
    incident_id,
)

__all__ = [
    "Affected",
    "Close",
    "Declare",
    "Extent",
    "Impact",
    "Incident",
    "IncidentDeclared",
    "InformAuthority",
    "Measure",
    "Notify",
    "PersonListed",
    "RecordNotice",
    "Scope",
    "Tell",
    "Touched",
    "What",
    "affected",
    "affected_id",
    "existing",
    "incident",
    "incident_id",
]
