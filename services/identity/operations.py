"""Who may do what in identity; what is not named is denied. Whose account it is, each operation asks for itself."""

from shared.access import ANYONE, Operations, Role

_STAFF = frozenset({Role.REVIEWER, Role.OPERATOR, Role.AUDITOR})
_OWNER = frozenset({Role.COMPLAINANT})
_OPERATORS = frozenset({Role.OPERATOR})
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
    "decide-verification": frozenset({Role.REVIEWER}),
    "change-contacts": _OWNER,
    "read-contacts": _OWNER,
    "fetch-contact": _SERVICES,
    "read-phone": _OWNER,
    "change-phone": _OWNER,
    "read-privacy": _OWNER,
    "read-consents": _OWNER,
    "give-consent": _OWNER,
    "withdraw-consent": _OWNER,
    "file-privacy-request": _OWNER,
    "list-privacy-requests": _OWNER,
    "read-privacy-request": _OWNER,
    "withdraw-privacy-request": _OWNER,
    "read-privacy-desk": _OPERATORS,
    "read-desk-request": _OPERATORS,
    "read-privacy-request-text": _OPERATORS,
    "examine-privacy-request": _OPERATORS,
    "decide-privacy-request": _OPERATORS,
    "announce-lifting": _OPERATORS,
    "request-erasure": _OWNER,
    "read-erasure": _OWNER | _STAFF - frozenset({Role.REVIEWER}),
    "withdraw-erasure": _OWNER,
    "read-erasures": frozenset({Role.OPERATOR, Role.AUDITOR}),
    "read-key-set": ANYONE,
    "log-in": ANYONE,
    "refresh-token": ANYONE,
    "log-out": ANYONE,
    "log-in-service": ANYONE,
    "add-staff": frozenset({Role.OPERATOR}),
}
