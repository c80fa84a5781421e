"""Who may do what in notifications; what is not named is denied. Whose matter it is, is asked of each notice itself."""

from shared.access import ANYONE, Operations, Role

OPERATIONS: Operations = {
    "list-notices": frozenset({Role.COMPLAINANT, Role.REVIEWER, Role.OPERATOR, Role.AUDITOR}),
    "read-link-keys": ANYONE,
    "export-account": frozenset({Role.SERVICE}),
}
