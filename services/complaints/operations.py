"""Who may do what in complaints; what is not named is denied. Whose case it is, is asked of each case itself."""

from shared.access import Operations, Role
from shared.retention.api import READ_REMOVALS

_STAFF = frozenset({Role.REVIEWER, Role.OPERATOR, Role.AUDITOR})
_READERS = frozenset({Role.COMPLAINANT, Role.MERCHANT, Role.REVIEWER})

OPERATIONS: Operations = {
    "verify-listings": frozenset({Role.COMPLAINANT}),
    "file-submission": frozenset({Role.COMPLAINANT}),
    "dry-run-submission": frozenset({Role.COMPLAINANT}),
    "file-in-bulk": frozenset({Role.COMPLAINANT}),
    "list-bulk-submissions": frozenset({Role.COMPLAINANT}),
    "read-bulk-submission": frozenset({Role.COMPLAINANT}) | _STAFF,
    "read-bulk-report": frozenset({Role.COMPLAINANT}) | _STAFF,
    "read-submission": frozenset({Role.COMPLAINANT}) | _STAFF,
    "list-cases": frozenset({Role.COMPLAINANT}) | _STAFF,
    "export-cases": frozenset({Role.COMPLAINANT}) | _STAFF,
    "read-reporting-history": frozenset({Role.COMPLAINANT}) | _STAFF,
    "read-case": frozenset({Role.COMPLAINANT}) | _STAFF,
    "read-review-queue": frozenset({Role.REVIEWER}),
    "begin-review": frozenset({Role.REVIEWER}),
    "decide-case": frozenset({Role.REVIEWER}),
    "determine-dispute": frozenset({Role.REVIEWER}),
    "reinstate-listing": frozenset({Role.OPERATOR}),
    "send-supplement": frozenset({Role.COMPLAINANT}),
    "withdraw-complaint": frozenset({Role.COMPLAINANT}),
    "answer-counter-notification": frozenset({Role.COMPLAINANT}),
    "upload-evidence": frozenset({Role.COMPLAINANT}),
    "upload-merchants-evidence": frozenset({Role.MERCHANT}),
    "read-evidence": _READERS,
    "read-evidence-file": _READERS,
    "read-evidence-original": frozenset({Role.REVIEWER}),
    "read-evidence-file-preview": _READERS,
    "read-merchants-case": frozenset({Role.MERCHANT}),
    "send-counter-notification": frozenset({Role.MERCHANT}),
    "export-account": frozenset({Role.SERVICE}),
    "read-disclosures-here": frozenset({Role.SERVICE}),
    "read-removals": READ_REMOVALS,
}
