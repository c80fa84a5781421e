"""How staff are kept. Their ids are derived from their e-mails, so that each is taken once."""

from services.identity.access.model import Staff, StaffAdded, evolve
from shared.eventstore import AggregateType
from shared.kernel.ids import derived_id
from shared.vault import SubjectVault

STAFF: AggregateType[Staff, StaffAdded] = AggregateType(
    kind="staff",
    collection="staff",
    state=Staff,
    events=(StaffAdded,),
    evolve=evolve,
    publish=lambda _, __, ___: (),
)


def staff_id(vault: SubjectVault, email: str) -> str:
    """By way of the keyed hash: an id must not let an address be guessed at."""
    return derived_id("staff", vault.blind_index("staff-email", email.casefold()))
