"""The places in the vault: which field of which thing a ciphertext is bound to. Never to be renamed."""

REGISTRANT = "right/registrant"
BRAND = "right/brand"
DOCUMENT = "right/document"
DISCLOSED_PAGE = "right/disclosed-page"
