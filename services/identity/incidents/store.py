"""How incidents and those affected are kept, and how they are found."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from services.identity.incidents.model import Affected, Incident, affected, incident
from services.identity.incidents.publishing import publish_affected, publish_incident
from shared.eventstore import AggregateType
from shared.mongo import Database, IndexSpec

INCIDENTS: AggregateType[Incident, incident.Event] = AggregateType(
    kind="incident",
    collection="incidents",
    state=Incident,
    events=get_args(incident.Event),
    evolve=incident.evolve,
    publish=publish_incident,
    index=lambda known: {"declared_at": known.declared.at},
    indexes=(IndexSpec("by_time", (("ix.declared_at", 1), ("_id", 1))),),
)

AFFECTED: AggregateType[Affected, affected.Event] = AggregateType(
    kind="affected",
    collection="incidents.affected",
    state=Affected,
    events=get_args(affected.Event),
    evolve=affected.evolve,
    publish=publish_affected,
    index=lambda known: {"incident": known.listed.incident_id, "state": known.state},
    indexes=(IndexSpec("of_incident", (("ix.incident", 1), ("ix.state", 1), ("_id", 1))),),
)

MOST_SHOWN = 200


class IncidentIndex:
    """Finding incidents and those affected."""

    def __init__(self, database: Database) -> None:
        self._incidents = database.collection(INCIDENTS.collection)
        self._affected = database.collection(AFFECTED.collection)

    async def latest(self) -> Sequence[str]:
        """Ids, the latest declared first."""
        sort = [("ix.declared_at", -1), ("_id", -1)]
        found = await self._incidents.find({}, fields=("_id",), sort=sort, limit=MOST_SHOWN)
        return [each["_id"] for each in found]

    async def count(self, incident_id: str) -> Mapping[str, int]:
        """How many are in each state."""
        return {
            state: await self._affected.count({"ix.incident": incident_id, "ix.state": state})
            for state in get_args(affected.State)
        }

    async def listed(self, incident_id: str, after: str, limit: int) -> Sequence[str]:
        """Ids of those who are listed and not told, past `after`, in their order."""
        where: dict[str, Any] = {"ix.incident": incident_id, "ix.state": "listed", "_id": {"$gt": after}}
        found = await self._affected.find(where, fields=("_id",), sort=[("_id", 1)], limit=limit)
        return [each["_id"] for each in found]
