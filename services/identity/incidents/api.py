"""Incidents over HTTP: declared, their list filled, those affected notified, the authority's being told noted."""

from dataclasses import dataclass

from aiohttp import web

from services.identity.incidents.commands import IncidentCommands
from services.identity.incidents.inputs import AffectedBody, AuthorityBody, IncidentBody, NotificationBody
from services.identity.incidents.model import Declare, Incident, IncidentDeclared, InformAuthority, incident_id
from services.identity.incidents.views import (
    AffectedAnswer,
    IncidentList,
    IncidentView,
    IncidentWithNotices,
    incident_view,
    notices_view,
)
from shared.httpkit import Route, actor_of, answered, cause_of, idempotency_of, not_found, ok, read_json
from shared.kernel.clock import Clock
from shared.kernel.failures import Gone
from shared.policies.policy import IncidentPolicy
from shared.policies.terms import PolicyBook

_ALL = "/v1/incidents"
_ONE = "/v1/incidents/{incident_id}"
_UNKNOWN = {"no-such-incident": 404}


@dataclass
class IncidentsApi:
    commands: IncidentCommands
    policy: PolicyBook
    clock: Clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                "POST",
                _ALL,
                "declare-incident",
                "Declare an incident with personal data; the same question and finding are the same incident",
                self.declare,
                input=IncidentBody,
                output=IncidentView,
                status=201,
                problems={"time-not-valid": 422},
            ),
            Route(
                "POST",
                f"{_ONE}/affected",
                "list-affected",
                "Put persons on the list of those who are to be told; who is on it stays as they are",
                self.list_affected,
                input=AffectedBody,
                output=AffectedAnswer,
                problems=_UNKNOWN | {"incident-closed": 409},
                # A repeat puts nobody on the list twice.
                changes=False,
            ),
            Route(
                "POST",
                f"{_ONE}/notification",
                "notify-affected",
                "Tell everybody on the list who was not told yet (000 IV)",
                self.notify,
                input=NotificationBody,
                output=IncidentView,
                problems=_UNKNOWN | {"incident-closed": 409, "nobody-to-tell": 409, "list-differs": 409},
            ),
            Route(
                "POST",
                f"{_ONE}/authorities",
                "report-incident",
                "Note that an authority was told, and when",
                self.inform,
                input=AuthorityBody,
                output=IncidentView,
                problems=_UNKNOWN | {"time-not-valid": 422},
            ),
            Route(
                "POST",
                f"{_ONE}/end",
                "close-incident",
                "Close an incident whose notices are all served or have failed",
                self.close,
                output=IncidentView,
                problems=_UNKNOWN | {"incident-closed": 409, "nobody-told": 409, "notices-open": 409},
            ),
            Route("GET", _ALL, "read-incidents", "Incidents, the latest first", self.list, output=IncidentList),
            Route(
                "GET",
                _ONE,
                "read-incident",
                "An incident, and how many of those affected were told",
                self.read,
                output=IncidentWithNotices,
            ),
        )

    async def declare(self, request: web.Request) -> web.Response:
        body = await read_json(request, IncidentBody)
        idempotency, scope = await idempotency_of(request), body.scope.scope()
        new_id = incident_id(body.what, scope, body.since, body.until)
        once = f"{idempotency.key}/{idempotency.body_hash}"
        is_new = body.note and await self.commands.load(new_id) is None
        declared = IncidentDeclared(
            incident_id=new_id,
            what=body.what,
            impact=body.impact,
            measures=tuple(dict.fromkeys(body.measures)),
            scope=scope,
            extent=body.extent.extent(),
            since=body.since,
            until=body.until,
            detected_at=body.detected_at,
            note_ref=await self.commands.seal_note(new_id, body.note, once) if is_new else None,
            by=actor_of(request).id,
            at=self.clock.now(),
        )
        receipt = idempotency.receipt(self._view, status=201)
        return answered(await self.commands.declare(Declare(declared), receipt, cause_of(request)))

    async def list_affected(self, request: web.Request) -> web.Response:
        body = await read_json(request, AffectedBody)
        touched = {each.account_id: each.kinds() for each in body.persons}
        done = await self.commands.list_affected(_id(request), touched, cause_of(request))
        return ok(AffectedAnswer(listed=done.listed, unknown=tuple(done.unknown)))

    async def notify(self, request: web.Request) -> web.Response:
        body = await read_json(request, NotificationBody)
        receipt = (await idempotency_of(request)).receipt(self._view)
        return answered(await self.commands.notify(_id(request), body.persons, receipt, cause_of(request)))

    async def inform(self, request: web.Request) -> web.Response:
        body = await read_json(request, AuthorityBody)
        command = InformAuthority(body.authority, body.informed_at, actor_of(request).id)
        receipt = (await idempotency_of(request)).receipt(self._view)
        return answered(await self.commands.inform(_id(request), command, receipt, cause_of(request)))

    async def close(self, request: web.Request) -> web.Response:
        receipt = (await idempotency_of(request)).receipt(self._view)
        return answered(await self.commands.close(_id(request), receipt, cause_of(request)))

    async def list(self, _: web.Request) -> web.Response:
        loaded = [await self.commands.load(each) for each in await self.commands.index.latest()]
        return ok(IncidentList(incidents=tuple(self._view(each) for each in loaded if each)))

    async def read(self, request: web.Request) -> web.Response:
        known = await self.commands.load(_id(request))
        if known is None:
            raise not_found("incident")
        counts = await self.commands.index.count(known.id)
        try:
            note, removed = await self.commands.note_of(known), False
        except Gone:
            note, removed = "", True
        view = IncidentWithNotices(
            **self._view(known).model_dump(),
            notices=notices_view(counts, self._rules()),
            note=note,
            note_removed=removed,
        )
        return ok(view)

    def _view(self, known: Incident) -> IncidentView:
        return incident_view(known, self._rules())

    def _rules(self) -> IncidentPolicy:
        return self.policy.at(self.clock.now()).incidents


def _id(request: web.Request) -> str:
    return request.match_info["incident_id"]
