"""The vault on the store in memory and on the real one."""

import asyncio
from pathlib import Path

import pytest

from shared.vault import (
    Forgotten,
    LocalKeyRing,
    LocalSecret,
    NotThere,
    Removed,
    Sealed,
    SubjectKey,
    Vault,
    VaultStore,
)
from tests.support.vault import MemoryVaultStore

ALICE, BOB = "acc-intl-ALICE", "acc-intl-BOB"
PLACE = "account/email"
SECRET = LocalSecret(bytes(range(32)))


@pytest.fixture
def vault(store: VaultStore) -> Vault:
    return Vault(store, LocalKeyRing(SECRET), SECRET.derive("blind-index"))


async def test_what_was_sealed_opens_at_its_place(vault: Vault) -> None:
    ref = await vault.seal(ALICE, PLACE, b"alice@example.com")
    assert await vault.open(ALICE, ref, PLACE) == b"alice@example.com"


async def test_the_store_does_not_hold_the_plaintext(vault: Vault, store: VaultStore) -> None:
    ref = await vault.seal(ALICE, PLACE, b"alice@example.com")
    kept = await store.get(ref)
    assert kept is not None
    assert kept.ciphertext is not None
    assert b"alice" not in kept.ciphertext


async def test_another_subject_or_place_does_not_open_it(vault: Vault) -> None:
    ref = await vault.seal(ALICE, PLACE, b"alice@example.com")
    await vault.seal(BOB, PLACE, b"bob@example.com")
    for subject, place in ((BOB, PLACE), (ALICE, "account/phone"), ("acc-intl-NOBODY", PLACE)):
        with pytest.raises(NotThere):
            await vault.open(subject, ref, place)


async def test_a_ciphertext_moved_to_another_reference_does_not_open(vault: Vault, store: VaultStore) -> None:
    ref = await vault.seal(ALICE, PLACE, b"alice@example.com")
    kept = await store.get(ref)
    assert kept is not None
    moved = Sealed("vlt-MOVED", ALICE, PLACE, kept.nonce, kept.ciphertext)
    await store.put(moved)
    with pytest.raises(NotThere):
        await vault.open(ALICE, "vlt-MOVED", PLACE)


async def test_a_forgotten_subject_cannot_be_read_nor_written_again(vault: Vault, store: VaultStore) -> None:
    ref = await vault.seal(ALICE, PLACE, b"alice@example.com")
    others = await vault.seal(BOB, PLACE, b"bob@example.com")
    assert await vault.forget(ALICE) == 1
    assert await vault.forget(ALICE) == 0
    with pytest.raises(Forgotten):
        await vault.open(ALICE, ref, PLACE)
    with pytest.raises(Forgotten):
        await vault.seal(ALICE, PLACE, b"alice@example.com")
    assert await store.get(ref) is None
    assert await vault.open(BOB, others, PLACE) == b"bob@example.com"


async def test_someone_forgotten_before_anything_was_sealed_stays_forgotten(vault: Vault) -> None:
    await vault.forget(ALICE)
    with pytest.raises(Forgotten):
        await vault.seal(ALICE, PLACE, b"alice@example.com")


async def test_what_was_removed_is_told_from_what_was_never_there(vault: Vault, store: VaultStore) -> None:
    refs = [await vault.seal(ALICE, PLACE, text) for text in (b"one", b"two", b"three")]
    others = await vault.seal(BOB, PLACE, b"bob@example.com")
    assert await vault.remove(ALICE, PLACE, [*refs[:2], others, "vlt-NEVER"]) == 2
    assert await vault.remove(ALICE, PLACE, refs[:2]) == 0
    assert await vault.remove(ALICE, "account/phone", refs) == 0
    for ref in refs[:2]:
        with pytest.raises(Removed):
            await vault.open(ALICE, ref, PLACE)
        kept = await store.get(ref)
        assert kept == Sealed(ref, ALICE, PLACE, b"", None)
    assert await vault.open(ALICE, refs[2], PLACE) == b"three"
    assert await vault.open(BOB, others, PLACE) == b"bob@example.com"


async def test_a_text_that_was_removed_is_not_sealed_again_by_a_retry(vault: Vault) -> None:
    ref = await vault.seal(ALICE, PLACE, b"alice@example.com", once="key-1")
    await vault.remove(ALICE, PLACE, [ref])
    assert await vault.seal(ALICE, PLACE, b"alice@example.com", once="key-1") == ref
    with pytest.raises(Removed):
        await vault.open(ALICE, ref, PLACE)


async def test_many_are_opened_at_once(vault: Vault) -> None:
    refs = [await vault.seal(ALICE, PLACE, f"{n}".encode()) for n in range(250)]
    opened = await asyncio.gather(*(vault.open(ALICE, ref, PLACE) for ref in refs))
    assert opened == [f"{n}".encode() for n in range(250)]


async def test_first_seals_at_once_share_one_key(vault: Vault) -> None:
    refs = await asyncio.gather(*(vault.seal(ALICE, PLACE, f"{n}".encode()) for n in range(8)))
    opened = await asyncio.gather(*(vault.open(ALICE, ref, PLACE) for ref in refs))
    assert opened == [f"{n}".encode() for n in range(8)]


async def test_a_repeated_seal_gives_the_first_reference(vault: Vault) -> None:
    first = await vault.seal(ALICE, PLACE, b"alice@example.com", once="key-1")
    again = await vault.seal(ALICE, PLACE, b"alice@example.com", once="key-1")
    other = await vault.seal(ALICE, PLACE, b"alice@example.com", once="key-2")
    assert first == again != other
    assert await vault.open(ALICE, again, PLACE) == b"alice@example.com"


async def test_a_key_is_added_once(store: VaultStore) -> None:
    assert await store.add_key(SubjectKey(ALICE, b"one", "k"))
    assert not await store.add_key(SubjectKey(ALICE, b"two", "k"))
    kept = await store.key(ALICE)
    assert kept == SubjectKey(ALICE, b"one", "k")


async def test_a_document_of_eight_mebibytes_is_kept(vault: Vault) -> None:
    image = b"\x89PNG" + bytes(8 * 1_048_576 - 4)
    ref = await vault.seal(ALICE, "identity/document", image)
    assert await vault.open(ALICE, ref, "identity/document") == image


def test_blind_indexes_are_told_apart_by_purpose_and_key() -> None:
    vault = Vault(MemoryVaultStore(), LocalKeyRing(SECRET), SECRET.derive("blind-index"))
    other = Vault(MemoryVaultStore(), LocalKeyRing(SECRET), SECRET.derive("another"))
    email = vault.blind_index("email", "a@example.com")
    assert email == vault.blind_index("email", "a@example.com")
    assert email != vault.blind_index("subject-number", "a@example.com")
    assert email != other.blind_index("email", "a@example.com")


def test_the_secret_is_its_owners_alone_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secret"
    first = LocalSecret.from_file(path).derive("x")
    assert path.stat().st_mode & 0o777 == 0o600
    assert LocalSecret.from_file(path).derive("x") == first
