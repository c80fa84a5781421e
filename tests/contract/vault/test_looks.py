"""What the vault's store keeps for the retention, in memory and in the real store."""

from datetime import UTC, datetime, timedelta

from shared.vault import Kept, Look, Sealed, VaultStore

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def _put(store: VaultStore, *refs: str) -> None:
    for ref in refs:
        await store.put(Sealed(ref, "acc-intl-A", "account/email", b"n" * 12, b"sealed"))


async def _to_look_at(store: VaultStore, now: datetime = NOW) -> list[str]:
    return sorted(each.ref for each in await store.to_look_at(now, 10))


async def test_what_was_never_looked_at_comes_at_once_and_then_when_it_is_time(store: VaultStore) -> None:
    await _put(store, "vlt-A", "vlt-B", "vlt-C")
    assert await _to_look_at(store) == ["vlt-A", "vlt-B", "vlt-C"]
    assert len(await store.to_look_at(NOW, 2)) == 2

    await store.look_again([Look("vlt-A", NOW + DAY), Look("vlt-B", NOW, unused_since=NOW - DAY)])

    assert await _to_look_at(store) == ["vlt-B", "vlt-C"]
    found = {each async for each in store.each_to_look_at(NOW + DAY)}
    assert found == {
        Kept("vlt-A", "acc-intl-A", "account/email", NOW + DAY),
        Kept("vlt-B", "acc-intl-A", "account/email", NOW, NOW - DAY),
        Kept("vlt-C", "acc-intl-A", "account/email"),
    }


async def test_what_was_removed_is_not_looked_at_again(store: VaultStore) -> None:
    await _put(store, "vlt-A", "vlt-B")
    await store.remove(["vlt-A"])
    await store.look_again([Look("vlt-A", NOW), Look("vlt-B", NOW + DAY)])
    await _put(store, "vlt-A")

    assert await _to_look_at(store, NOW + 365 * DAY) == ["vlt-B"]
    assert await store.there(["vlt-A", "vlt-B", "vlt-C"]) == {"vlt-B"}
    assert await store.look_anew(NOW) == 1
    assert await _to_look_at(store) == ["vlt-B"]


async def test_what_nothing_refers_to_is_dropped_unless_it_was_put_again(store: VaultStore) -> None:
    await _put(store, "vlt-A", "vlt-B")
    await store.look_again([Look(ref, NOW, unused_since=NOW - DAY) for ref in ("vlt-A", "vlt-B")])
    seen = await store.to_look_at(NOW, 10)
    await _put(store, "vlt-B")

    await store.drop(seen)

    assert await store.there(["vlt-A", "vlt-B"]) == {"vlt-B"}
    assert await store.to_look_at(NOW, 10) == [Kept("vlt-B", "acc-intl-A", "account/email")]
    await _put(store, "vlt-A")
    assert await store.there(["vlt-A"]) == {"vlt-A"}
