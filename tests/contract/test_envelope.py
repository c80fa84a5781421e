"""What is no CloudEvent of ours is told as such, whatever the bytes are."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import Undecodable, decode, header

GOOD = {
    "specversion": "1.0",
    "id": "case/a/1",
    "source": "/complaints",
    "type": "ipp.complaints.complaint-filed",
    "subject": "a",
    "time": "2026-02-13T02:00:00Z",
    "dataschema": "/ipp.complaints.complaint-filed/v1",
    "sequence": "1",
    "data": {},
}


def test_the_good_one_is_read() -> None:
    assert decode(orjson.dumps(GOOD)).sequence == 1
    # A marketplace may write its count as a number.
    assert decode(orjson.dumps({**GOOD, "sequence": 7})).sequence == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("specversion", "0.3"),
        ("specversion", None),
        ("id", ""),
        ("id", 7),
        ("subject", None),
        ("time", "2026-02-13T02:00:00"),
        ("time", "yesterday"),
        ("time", "0001-01-01T00:00:00+23:59"),
        ("time", "9999-12-31T23:59:59-23:59"),
        ("sequence", "0"),
        ("sequence", "-1"),
        ("sequence", "²"),
        ("sequence", "1_0"),
        ("sequence", " 1"),
        ("sequence", 1.5),
        ("sequence", True),
        ("sequence", "9" * 19),
        ("sequence", "9" * 5000),
        ("data", []),
        ("data", None),
    ],
)
def test_a_field_that_does_not_fit_is_told(name: str, value: object) -> None:
    with pytest.raises(Undecodable):
        decode(orjson.dumps({**GOOD, name: value}))


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_field_is_told(name: str) -> None:
    with pytest.raises(Undecodable):
        decode(orjson.dumps({key: value for key, value in GOOD.items() if key != name}))


@pytest.mark.parametrize("name", ["specversion", "causationid", "traceparent"])
def test_a_value_too_deep_to_be_written_down_is_told(name: str) -> None:
    deep = b"[" * 1015 + b"]" * 1015  # as deep as the parser goes, deeper than text is made of it
    with pytest.raises(Undecodable):
        decode(b'{"%s":%s,' % (name.encode(), deep) + orjson.dumps({k: v for k, v in GOOD.items() if k != name})[1:])


def test_a_number_beyond_all_numbers_is_told() -> None:
    with pytest.raises(Undecodable):
        decode(orjson.dumps(GOOD).replace(b'"1"', b"1e400"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.binary() | st.builds(orjson.dumps, st.dictionaries(st.sampled_from(list(GOOD)), json_values).map(GOOD.__or__))
)
def test_no_bytes_raise_anything_else(value: bytes) -> None:
    try:
        envelope = decode(value)
    except Undecodable:
        return
    assert envelope.sequence >= 1


def test_a_header_is_text_or_nothing() -> None:
    headers = (("a", b"x"), ("b", b"\xff"), ("c", None))
    assert [header(headers, name) for name in "abcd"] == ["x", None, None, None]
