"""Random where something new is named, derived where a repeat must give the same name."""

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.ids import derived_code, derived_id, random_id

# Crockford's base 32: no I, L, O, U.
CROCKFORD = re.compile(r"[0-9A-HJKMNP-TV-Z]+")


def test_random_ids_are_of_the_alphabet_and_differ() -> None:
    ids = {random_id("acc-cn") for _ in range(1000)}

    assert len(ids) == 1000
    for one in ids:
        prefix, _, code = one.rpartition("-")
        assert prefix == "acc-cn"
        assert len(code) == 20
        assert CROCKFORD.fullmatch(code)


def test_a_derived_code_is_the_hash_in_base_32_lowest_digit_first() -> None:
    number = int(hashlib.sha256(b"acc-1\x00key-1").hexdigest(), 16)
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    assert derived_code("acc-1", "key-1", length=3) == (
        alphabet[number % 32] + alphabet[number // 32 % 32] + alphabet[number // 1024 % 32]
    )
    assert derived_id("IPP", "acc-1", "key-1", length=10) == "IPP-" + derived_code("acc-1", "key-1", length=10)


def test_the_same_parts_give_the_same_id_for_ever() -> None:
    # By hand from `printf 'a\0b' | sha256sum`. Fixed: documents are found by such ids.
    assert derived_id("x", "a", "b") == "x-R9WM092KEEN3DDD1JACY"
    assert derived_code("a", "b", length=20).startswith(derived_code("a", "b", length=10))


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1), min_size=2, max_size=2))
def test_where_one_part_ends_counts(parts: list[str]) -> None:
    first, second = parts
    assert derived_code(first, second) != derived_code(first + second)
    assert derived_code(first, second) != derived_code(first + second[0], second[1:])
