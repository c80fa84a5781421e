"""Staff: who reviews and operates. Their log-in e-mail is in the vault, their id is derived from its keyed hash."""

from dataclasses import dataclass
from typing import Literal

from shared.kernel.decider import Refusal

StaffRole = Literal["reviewer", "operator", "auditor"]


@dataclass(frozen=True)
class StaffAdded:
    staff_id: str
    roles: tuple[StaffRole, ...]
    email_ref: str
    password_ref: str
    by: str


@dataclass(frozen=True)
class Staff:
    id: str
    roles: tuple[StaffRole, ...]
    email_ref: str
    password_ref: str


def add_staff(staff: Staff | None, added: StaffAdded) -> tuple[StaffAdded, ...]:
    """Raises Refusal where the e-mail is taken."""
    if staff is not None:
        raise Refusal("email-taken", "There is a member of staff with this e-mail address.", "Choose another one.")
    return (added,)


def evolve(_: Staff | None, event: StaffAdded) -> Staff:
    return Staff(event.staff_id, event.roles, event.email_ref, event.password_ref)
