"""Staff: who reviews and operates. Logins are names of posts, not of persons."""

from dataclasses import dataclass
from typing import Literal

from shared.kernel.decider import Refusal

StaffRole = Literal["reviewer", "operator", "auditor"]


@dataclass(frozen=True)
class StaffAdded:
    staff_id: str
    login: str
    roles: tuple[StaffRole, ...]
    password_ref: str
    by: str


@dataclass(frozen=True)
class Staff:
    id: str
    login: str
    roles: tuple[StaffRole, ...]
    password_ref: str


def add_staff(staff: Staff | None, added: StaffAdded) -> tuple[StaffAdded, ...]:
    """Raises Refusal where the login is taken."""
    if staff is not None:
        raise Refusal("login-taken", "There is a member of staff with this login.", "Choose another login.")
    return (added,)


def evolve(_: Staff | None, event: StaffAdded) -> Staff:
    return Staff(event.staff_id, event.login, event.roles, event.password_ref)
