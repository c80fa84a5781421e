"""A dead letter holds what came, as far as a broker takes it, and where it stands in any case."""

from dataclasses import replace

import pytest

from shared.contracts.dead_letters import dead_letter
from shared.reactions.inbox import Record

_CAME = Record("t", 2, 7, b"k", (("a", b"x"), ("none", None)), b"v")
_ABOUT = (("dlq_topic", b"t"), ("dlq_partition", b"2"), ("dlq_offset", b"7"), ("dlq_error", b"why"))


def test_it_holds_what_came() -> None:
    letter = dead_letter(_CAME, "why")

    assert (letter.key, letter.value, letter.headers) == (b"k", b"v", (("a", b"x"), ("none", None), *_ABOUT))


@pytest.mark.parametrize(("length", "left"), [(999_000, True), (1_000_000, False), (1_048_000, False)])
def test_a_value_beyond_what_brokers_take_is_left_out(length: int, left: bool) -> None:
    letter = dead_letter(replace(_CAME, value=bytes(length)), "why")

    assert (letter.key, letter.headers) == (b"k", (("a", b"x"), ("none", None), *_ABOUT))
    assert letter.value == (bytes(length) if left else None)


@pytest.mark.parametrize(
    "came", [replace(_CAME, key=bytes(1_000_000)), replace(_CAME, headers=(("é" * 500_000, None),))]
)
def test_headers_and_keys_beyond_it_are_left_out_too(came: Record) -> None:
    letter = dead_letter(came, "why")

    assert (letter.key, letter.value, letter.headers) == (None, None, _ABOUT)


def test_an_error_is_cut_and_is_text_whatever_it_says() -> None:
    assert dict(dead_letter(_CAME, "\ud800" + "x" * 600).headers)["dlq_error"] == b"?" + b"x" * 499
