"""Whatever may stand on a topic: bytes and headers as Kafka allows them, and our own records with a part replaced."""

import orjson
from hypothesis import strategies as st

from shared.contracts.envelope import CameHeaders, Envelope, encode

_NAMES = ("ce_type", "ce_subject", "ce_sequence", "ce_id", "content-type")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_VERSIONS = st.sampled_from(["1", "2", "²", "٣", "-1", "", "9" * 5000, "2\n"])


def odd_headers() -> st.SearchStrategy[CameHeaders]:
    """Any names and values, and ours with any value or none."""
    values = st.none() | st.binary() | st.sampled_from([b"1", "²".encode(), b"9" * 5000, b"ipp.test.jar-filled"])
    return st.lists(st.tuples(st.sampled_from(_NAMES) | st.text(), values), max_size=6).map(tuple)


@st.composite
def odd_values(draw: st.DrawFn, good: Envelope) -> bytes | None:
    """No bytes, any bytes, and the good record with fields of any kind."""
    if draw(st.booleans()):
        return draw(st.none() | st.binary())
    body = orjson.loads(encode(good)[1])
    body |= draw(st.dictionaries(st.sampled_from(sorted(body)), _JSON, max_size=2))
    if draw(st.booleans()):
        body["dataschema"] = f"/{good.type}/v{draw(_VERSIONS)}"
    return orjson.dumps(body)
