"""Who may do what in ipr; what is not named is denied. Whose right it is, each operation asks for itself."""

from shared.access import Operations, Role
from shared.retention.api import READ_REMOVALS

_STAFF = frozenset({Role.REVIEWER, Role.OPERATOR, Role.AUDITOR})
_OWNER = frozenset({Role.COMPLAINANT})
_SERVICES = frozenset({Role.SERVICE})

OPERATIONS: Operations = {
    "submit-right": _OWNER,
    "resubmit-right": _OWNER,
    "list-rights": _OWNER,
    "read-right": _OWNER | _STAFF,
    "withdraw-right": _OWNER,
    "read-right-document": _OWNER | frozenset({Role.REVIEWER}) | _SERVICES,
    "read-right-document-preview": _OWNER | frozenset({Role.REVIEWER}),
    "read-right-original": frozenset({Role.REVIEWER}),
    "read-certificates": _SERVICES,
    "read-disclosures-here": _SERVICES,
    "read-authentications": frozenset({Role.REVIEWER}),
    "decide-authentication": frozenset({Role.REVIEWER}),
    "read-disclosures": frozenset({Role.REVIEWER}),
    "decide-disclosure": frozenset({Role.REVIEWER}),
    "read-disclosed-copy": _OWNER | frozenset({Role.REVIEWER}),
    "read-merchants-certificates": frozenset({Role.MERCHANT}),
    "read-merchants-certificate": frozenset({Role.MERCHANT}),
    "export-account": _SERVICES,
    "read-removals": READ_REMOVALS,
}
