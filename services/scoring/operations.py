"""Who may do what in scoring; what is not named is denied. Whose account it is, is asked of each account itself."""

from shared.access import Operations, Role

_STAFF = frozenset({Role.REVIEWER, Role.OPERATOR, Role.AUDITOR})

OPERATIONS: Operations = {
    "read-good-faith": frozenset({Role.COMPLAINANT}) | _STAFF,
    "read-merchant-points": _STAFF,
    "export-account": frozenset({Role.SERVICE}),
}
