"""Wrapping keys are rotated: every subject's key is wrapped anew, while services go on sealing and opening."""

from dataclasses import dataclass

from shared.vault.keys import CannotUnwrap, KeyWrap
from shared.vault.store import VaultStore

_AT_ONCE = 500


@dataclass(frozen=True)
class Rewrapped:
    """How many subjects' keys the newest wrapping key has taken over, and whose no wrapping key opens."""

    count: int
    unreadable: tuple[str, ...]


async def rewrap(store: VaultStore, wrap: KeyWrap) -> Rewrapped:
    """Sealed texts stay as they are: only the keys of subjects change their wrapping. A key that is destroyed meanwhile
    stays destroyed. Ended half-way, it goes on where it was when it is called again."""
    count, unreadable, after = 0, [], ""
    while found := await store.keys_not_under(wrap.newest, after, _AT_ONCE):
        for kept in found:
            after = kept.subject
            try:
                key = await wrap.unwrap(kept)
            except CannotUnwrap:
                unreadable.append(kept.subject)
                continue
            count += await store.replace_key(kept, await wrap.wrap(kept.subject, key))
    return Rewrapped(count, tuple(unreadable))
