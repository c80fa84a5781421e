"""Who is calling and what they may do: roles, signed tokens and the key sets that others check them with.

A service names its operations and the roles of each as data (`operations.py`); what is not named is denied. Whose
object it is, the service decides: another's object looks like one that does not exist.
"""

from shared.access.actor import ANONYMOUS, ANYONE, Actor, KeysUnavailable, Operations, Role, Unauthenticated, may
from shared.access.signer import Signer
from shared.access.verifier import Authenticator, Verifier

__all__ = [
    "ANONYMOUS",
    "ANYONE",
    "Actor",
    "Authenticator",
    "KeysUnavailable",
    "Operations",
    "Role",
    "Signer",
    "Unauthenticated",
    "Verifier",
    "may",
]
