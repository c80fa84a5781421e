"""How staff are kept. Their ids are derived from their logins, so that a login is taken once."""

from services.identity.access.model import Staff, StaffAdded, evolve
from shared.eventstore import AggregateType
from shared.kernel.ids import derived_id

STAFF: AggregateType[Staff, StaffAdded] = AggregateType(
    kind="staff",
    collection="staff",
    state=Staff,
    events=(StaffAdded,),
    evolve=evolve,
    publish=lambda _, __, ___: (),
)


def staff_id(login: str) -> str:
    return derived_id("staff", login)
