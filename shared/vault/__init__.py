"""Personal data and free text: sealed with a key per data subject, so that forgetting is destroying one key.

Events and documents hold references; a history still verifies after its subject was forgotten.
"""

from shared.vault.keys import CannotUnwrap, KeyWrap, LocalKeyRing, LocalSecret
from shared.vault.mongo_store import MongoVaultStore
from shared.vault.rotation import Rewrapped, rewrap
from shared.vault.store import Sealed, SubjectKey, VaultStore
from shared.vault.vault import (
    Forgotten,
    NotThere,
    Region,
    RegionalVault,
    RegionOf,
    Removed,
    SubjectVault,
    Vault,
    reference,
    region_of_account,
)

__all__ = [
    "CannotUnwrap",
    "Forgotten",
    "KeyWrap",
    "LocalKeyRing",
    "LocalSecret",
    "MongoVaultStore",
    "NotThere",
    "Region",
    "RegionOf",
    "RegionalVault",
    "Removed",
    "Rewrapped",
    "Sealed",
    "SubjectKey",
    "SubjectVault",
    "Vault",
    "VaultStore",
    "reference",
    "region_of_account",
    "rewrap",
]
