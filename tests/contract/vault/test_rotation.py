"""Wrapping keys are rotated beside a vault that is in use, on the store in memory and on the real one."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.vault import (
    CannotUnwrap,
    Forgotten,
    LocalKeyRing,
    LocalSecret,
    SubjectKey,
    Vault,
    VaultStore,
    rewrap,
)

SECRET = LocalSecret(bytes(range(32)))
PLACE = "account/email"
SUBJECTS = tuple(f"acc-intl-{number:03}" for number in range(7))


@pytest.fixture
def ring(tmp_path: Path) -> LocalKeyRing:
    return LocalKeyRing(SECRET, tmp_path)


def _vault(store: VaultStore, ring: LocalKeyRing) -> Vault:
    return Vault(store, ring, SECRET.derive("blind-index"))


async def _sealed(vault: Vault, subjects: Sequence[str]) -> dict[str, str]:
    return {subject: await vault.seal(subject, PLACE, subject.encode()) for subject in subjects}


async def test_after_a_rotation_all_opens_and_nothing_is_under_the_old_key(
    store: VaultStore, ring: LocalKeyRing
) -> None:
    vault = _vault(store, ring)
    refs = await _sealed(vault, SUBJECTS)
    texts = [await store.get(ref) for ref in refs.values()]
    assert await store.count_keys() == {"local-1": 7}

    second = ring.add()
    done = await rewrap(store, ring)

    assert (done.count, done.unreadable) == (7, ())
    assert await store.count_keys() == {second: 7}
    assert [await vault.open(subject, ref, PLACE) for subject, ref in refs.items()] == [s.encode() for s in SUBJECTS]
    assert [await store.get(ref) for ref in refs.values()] == texts


async def test_another_process_wraps_with_the_new_key_as_soon_as_it_is_there(
    store: VaultStore, ring: LocalKeyRing, tmp_path: Path
) -> None:
    elsewhere = _vault(store, LocalKeyRing(SECRET, tmp_path))
    before = await elsewhere.seal("acc-intl-BEFORE", PLACE, b"one")
    second = ring.add()
    after = await elsewhere.seal("acc-intl-AFTER", PLACE, b"two")

    assert await store.count_keys() == {"local-1": 1, second: 1}
    assert await _vault(store, ring).open("acc-intl-BEFORE", before, PLACE) == b"one"
    assert await _vault(store, ring).open("acc-intl-AFTER", after, PLACE) == b"two"


async def test_who_was_forgotten_stays_forgotten(store: VaultStore, ring: LocalKeyRing) -> None:
    """Also where the key is destroyed between the read and the write of a rotation."""
    vault = _vault(store, ring)
    refs = await _sealed(vault, SUBJECTS[:2])
    gone, read = SUBJECTS[0], await store.key(SUBJECTS[0])
    assert read is not None
    second = ring.add()
    await vault.forget(gone)

    anew = await ring.wrap(gone, await ring.unwrap(read))
    assert not await store.replace_key(read, anew)
    assert (await rewrap(store, ring)).count == 1

    with pytest.raises(Forgotten):
        await vault.open(gone, refs[gone], PLACE)
    assert await store.count_keys() == {second: 1, "": 1}


async def test_a_second_call_goes_on_and_a_third_has_nothing_to_do(store: VaultStore, ring: LocalKeyRing) -> None:
    vault = _vault(store, ring)
    await _sealed(vault, SUBJECTS)
    ring.add()
    [first, *_] = await store.keys_not_under(ring.newest, "", 1)
    assert await store.replace_key(first, await ring.wrap(first.subject, await ring.unwrap(first)))

    assert (await rewrap(store, ring)).count == 6
    assert (await rewrap(store, ring)).count == 0


async def test_a_key_that_nothing_opens_is_told_and_the_others_go_on(store: VaultStore, ring: LocalKeyRing) -> None:
    vault = _vault(store, ring)
    await _sealed(vault, SUBJECTS[:2])
    await store.add_key(SubjectKey("acc-intl-LOST", b"x" * 60, "local-9"))
    ring.add()

    done = await rewrap(store, ring)

    assert (done.count, done.unreadable) == (2, ("acc-intl-LOST",))
    kept = await store.key("acc-intl-LOST")
    assert kept == SubjectKey("acc-intl-LOST", b"x" * 60, "local-9")


async def test_keys_are_given_in_the_order_of_subjects(store: VaultStore, ring: LocalKeyRing) -> None:
    await _sealed(_vault(store, ring), SUBJECTS)
    found = await store.keys_not_under("local-2", SUBJECTS[2], 3)
    assert [key.subject for key in found] == list(SUBJECTS[3:6])
    assert await store.keys_not_under("local-1", "", 3) == []


async def test_a_removed_key_opens_nothing_more(tmp_path: Path) -> None:
    ring = LocalKeyRing(SECRET, tmp_path)
    second = ring.add()
    wrapped = await ring.wrap("acc-intl-A", b"k" * 32)
    assert (wrapped.key_id, await ring.unwrap(wrapped)) == (second, b"k" * 32)
    ring.add()
    ring.remove(second)
    with pytest.raises(CannotUnwrap, match=f"acc-intl-A.*{second}"):
        await ring.unwrap(wrapped)


def test_an_id_names_one_key_for_ever(tmp_path: Path) -> None:
    """Where its file was lost, the next key has the same number and another id."""
    ring = LocalKeyRing(SECRET, tmp_path)
    lost = ring.add()
    ring.remove(lost)
    found = ring.add()
    assert found != lost
    assert (found[:8], lost[:8]) == ("local-2-", "local-2-")


async def test_the_tenth_key_is_newer_than_the_ninth(tmp_path: Path) -> None:
    ring = LocalKeyRing(SECRET, tmp_path)
    added = [ring.add() for _ in range(11)]
    assert ring.ids == ("local-1", *added)
    assert (await ring.wrap("acc-intl-A", b"k" * 32)).key_id == added[-1]


async def test_a_wrapped_key_opens_for_its_subject_and_under_its_key_alone(tmp_path: Path) -> None:
    ring = LocalKeyRing(SECRET, tmp_path)
    wrapped = await ring.wrap("acc-intl-A", b"k" * 32)
    second = ring.add()
    for other in (
        SubjectKey("acc-intl-B", wrapped.wrapped, wrapped.key_id),
        SubjectKey("acc-intl-A", wrapped.wrapped, second),
        SubjectKey("acc-intl-A", wrapped.wrapped, "../secret"),
        SubjectKey("acc-intl-A", None, ""),
    ):
        with pytest.raises(CannotUnwrap):
            await ring.unwrap(other)


def test_a_wrapping_key_is_its_owners_alone_and_the_first_stays(tmp_path: Path) -> None:
    ring = LocalKeyRing(SECRET, tmp_path / "state")
    second = ring.add()
    assert [file.stat().st_mode & 0o777 for file in (tmp_path / "state").iterdir()] == [0o600]
    with pytest.raises(ValueError, match="stays"):
        ring.remove("local-1")
    assert ring.ids == ("local-1", second)
