"""The scanner itself: what is planted is found in every encoding, and what was never there is not."""

import base64
import codecs
import hashlib
import json
import urllib.parse
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.leaks import LeakScanner, forms

NAME, EMAIL = "王晓明 & Söhne", "O'Brien+ip@Example.org"
VALUES: dict[str, str | bytes] = {"name": NAME, "email": EMAIL, "scan": bytes(range(7, 107))}

WRITERS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "json": lambda text: json.dumps({"said": text}).encode(),
    "twice json": lambda text: json.dumps(json.dumps(text, ensure_ascii=False)).encode(),
    "lower": lambda text: text.lower().encode(),
    "upper": lambda text: text.upper().encode(),
    "query": lambda text: urllib.parse.urlencode({"q": text}).encode(),
    "path": lambda text: urllib.parse.quote(text, safe="").encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 after one byte": lambda text: base64.b64encode(b"x" + text.encode() + b"tail"),
    "base64 after two bytes": lambda text: base64.urlsafe_b64encode(b"xy" + text.encode() + b"tail"),
    "hex": lambda text: codecs.encode(text.encode(), "hex"),
    "utf-16": lambda text: text.encode("utf-16"),
    "gbk": lambda text: text.encode("gb18030"),
    "an exception's text": lambda text: repr(text.encode()).encode(),
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest().encode(),
    "md5 of lower case": lambda text: hashlib.md5(text.lower().encode(), usedforsecurity=False).hexdigest().encode(),
}


@pytest.mark.parametrize("how", WRITERS)
@pytest.mark.parametrize("what", ["name", "email"])
def test_a_planted_value_is_found(how: str, what: str) -> None:
    value = VALUES[what]
    assert isinstance(value, str)
    found = LeakScanner(VALUES).found("a log", b"before " + WRITERS[how](value) + b" after")
    assert {leak.what for leak in found} == {what}


@pytest.mark.parametrize("writer", [bytes, base64.b64encode, lambda b: base64.b64encode(b"x" + b), bytes.hex])
def test_a_piece_of_a_file_is_found(writer: Callable[[bytes], bytes | str]) -> None:
    scan = VALUES["scan"]
    assert isinstance(scan, bytes)
    written = writer(scan)
    found = LeakScanner(VALUES).found("a topic", written.encode() if isinstance(written, str) else written)
    assert {leak.what for leak in found} == {"scan"}


def test_what_is_packed_or_keyed_is_not_seen() -> None:
    """Said so that nobody relies on it: the scanner does not unpack, and a keyed hash is no leak."""
    scanner = LeakScanner(VALUES)
    assert scanner.found("a topic", zlib.compress(EMAIL.encode() * 3)) == []
    assert scanner.found("a store", hashlib.blake2b(EMAIL.encode(), key=b"secret").hexdigest().encode()) == []


@given(st.binary(max_size=400))
def test_noise_holds_nothing(noise: bytes) -> None:
    assert LeakScanner({"email": EMAIL, "name": NAME}).found("noise", noise) == []


@given(st.lists(st.text("abĀ王@ 1", min_size=3, max_size=20), max_size=6), st.binary(max_size=40), st.data())
def test_nothing_is_missed_by_looking_for_all_at_once(texts: list[str], around: bytes, data: st.DataObject) -> None:
    """At every alignment and whatever stands beside it, as if each pattern were looked for by itself."""
    values = {str(number): text for number, text in enumerate(texts)}
    patterns = {pattern for text in texts for _, pattern in forms(text) if len(pattern) >= 6}
    planted = data.draw(st.sampled_from(sorted(patterns))) if patterns else b""
    content = around + planted + around[::-1]
    found = {leak.how for leak in LeakScanner(values).found("anywhere", content)}
    assert bool(found) == any(pattern in content for pattern in patterns)
    assert len(LeakScanner(values).found("anywhere", content)) == sum(pattern in content for pattern in patterns)
