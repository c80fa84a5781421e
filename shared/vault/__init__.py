"""Personal data and free text: sealed with a key per data subject, so that forgetting is destroying one key.

Events and documents hold references; a history still verifies after its subject was forgotten.
"""

from shared.vault.keys import KeyWrap, LocalSecret
from shared.vault.mongo_store import MongoVaultStore
from shared.vault.store import Sealed, SubjectKey, VaultStore
from shared.vault.vault import Forgotten, NotThere, RegionalVault, SubjectVault, Vault

__all__ = [
    "Forgotten",
    "KeyWrap",
    "LocalSecret",
    "MongoVaultStore",
    "NotThere",
    "RegionalVault",
    "Sealed",
    "SubjectKey",
    "SubjectVault",
    "Vault",
    "VaultStore",
]
