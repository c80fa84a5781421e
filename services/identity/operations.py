"""Who may do what in identity; what is not named is denied. Whose account it is, each operation asks for itself."""

from shared.access import ANYONE, Operations, Role
from shared.retention.api import READ_REMOVALS

_STAFF = frozenset({Role.REVIEWER, Role.OPERATOR, Role.AUDITOR})
_OWNER = frozenset({Role.COMPLAINANT})
_SERVICES = frozenset({Role.SERVICE})

OPERATIONS: Operations = {
    "read-agreements": ANYONE,
    "register-account": ANYONE,
    "verify-email": ANYONE,
    "renew-email-code": ANYONE,
    "read-account": _OWNER | _STAFF,
    "change-standing": frozenset({Role.OPERATOR}),
    "fetch-email-code": _SERVICES,
    "submit-identity": _OWNER,
    "read-verifications": frozenset({Role.REVIEWER}),
    "read-identity": frozenset({Role.REVIEWER}),
    "read-identity-document": frozenset({Role.REVIEWER}),
    "read-identity-document-preview": frozenset({Role.REVIEWER}),
    "read-identity-original": frozenset({Role.REVIEWER}),
    "decide-verification": frozenset({Role.REVIEWER}),
    "change-contacts": _OWNER,
    "read-contacts": _OWNER,
    "fetch-contact": _SERVICES,
    "read-disclosures": _OWNER | frozenset({Role.AUDITOR}),
    "declare-incident": frozenset({Role.OPERATOR}),
    "list-affected": frozenset({Role.OPERATOR}),
    "notify-affected": frozenset({Role.OPERATOR}),
    "report-incident": frozenset({Role.OPERATOR}),
    "close-incident": frozenset({Role.OPERATOR}),
    "read-incidents": frozenset({Role.OPERATOR, Role.AUDITOR}),
    "read-incident": frozenset({Role.OPERATOR, Role.AUDITOR}),
    "place-legal-hold": frozenset({Role.OPERATOR}),
    "release-legal-hold": frozenset({Role.OPERATOR}),
    "read-legal-holds": frozenset({Role.OPERATOR, Role.AUDITOR}),
    "list-legal-holds": frozenset({Role.OPERATOR, Role.AUDITOR}),
    "read-kept-back": _SERVICES,
    "request-erasure": _OWNER,
    "read-erasure": _OWNER | _STAFF - frozenset({Role.REVIEWER}),
    "withdraw-erasure": _OWNER,
    "read-erasures": frozenset({Role.OPERATOR, Role.AUDITOR}),
    "read-key-set": ANYONE,
    "log-in": ANYONE,
    "refresh-token": ANYONE,
    "log-out": ANYONE,
    "log-in-service": ANYONE,
    "export-own-data": _OWNER,
    "add-staff": frozenset({Role.OPERATOR}),
    "read-removals": READ_REMOVALS,
}
