"""Actors, roles and the table of operations × roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.decider import Refusal


class Role(StrEnum):
    """What an actor may be (DOMAIN: Who uses it)."""

    NOBODY = "nobody"  # no token was shown
    COMPLAINANT = "complainant"  # an account: rights holder or agent
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    MARKETPLACE = "marketplace"
    MERCHANT = "merchant"  # holds a signed link; its scope is one case
    SERVICE = "service"  # one of our own services


ANYONE = frozenset(Role)
"""For operations that need no token: a token that is shown must be good all the same."""

Operations = Mapping[str, frozenset[Role]]
"""Operation → roles that may do it. An operation that is not in the table is denied to everybody."""


@dataclass(frozen=True)
class Actor:
    """Who calls. `account_id` for complainants; `scopes` narrow a token, such as `case:IPP-…-001` for a merchant."""

    id: str
    roles: frozenset[Role]
    account_id: str | None = None
    scopes: frozenset[str] = frozenset()

    def is_a(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def scoped_to(self, kind: str) -> frozenset[str]:
        """What the scopes of a kind name: `case:A`, `case:B` give A and B for `case`."""
        return frozenset(scope.removeprefix(f"{kind}:") for scope in self.scopes if scope.startswith(f"{kind}:"))


ANONYMOUS = Actor(id="anonymous", roles=frozenset({Role.NOBODY}))


class Unauthenticated(Refusal):
    """The token is missing, expired, or not one that we trust."""


class KeysUnavailable(Refusal):
    """The token may be good, but its issuer cannot be reached and its keys were never seen: try again."""


def may(actor: Actor, operation: str, operations: Operations) -> bool:
    """Unknown operation or role = no."""
    return not actor.roles.isdisjoint(operations.get(operation, frozenset()))
