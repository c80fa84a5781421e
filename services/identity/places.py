"""The places in the vault: which field of which thing a ciphertext is bound to. Never to be renamed."""

EMAIL = "account/email"
PHONE = "account/phone"
PASSWORD = "account/password"  # noqa: S105 - the name of a place
EMAIL_CODE = "account/email-code"
IDENTITY_DETAILS = "identity/details"
IDENTITY_DOCUMENT = "identity/document"
STAFF_EMAIL = "staff/email"
STAFF_PASSWORD = "staff/password"  # noqa: S105 - the name of a place
CONTACTS = {"disclosed": "contact/disclosed", "platform": "contact/platform"}
INCIDENT_NOTE = "incident/note"
PRIVACY_REQUEST = "privacy-request/text"
PRIVACY_ANSWER = "privacy-request/answer"
