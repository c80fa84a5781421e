"""Reading records: what cannot be read is a dead letter with the bytes as they came."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from shared.contracts.complaints import cases
from shared.contracts.envelope import encode
from shared.streams.processor import Record
from shared.streams.records import Rejected, dead_letter, read
from tests.support.streams import envelope

_INPUTS = {cases.TOPIC.name: cases.TOPIC}
_HEADERS, _GOOD = encode(envelope(cases.TOPIC.examples[0], 1, datetime.fromisoformat("2026-02-13T02:00:00Z"), "C1"))


@dataclass
class _Message:
    value: bytes | None
    key: bytes | None = b"C1"
    topic: str = cases.TOPIC.name
    partition: int = 3
    offset: int = 41
    headers: Any = field(default_factory=lambda: list(_HEADERS))


def _changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(_GOOD), **fields}).encode()


def test_a_good_record_is_read() -> None:
    record = read(_Message(_GOOD), _INPUTS)

    assert isinstance(record, Record)
    assert (record.topic, record.partition, record.key, record.data) == (
        cases.TOPIC.name,
        3,
        "C1",
        cases.TOPIC.examples[0],
    )


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (b"{", "Undecodable: JSONDecodeError"),
        (None, "Undecodable: JSONDecodeError"),
        (b"\xff\xfe", "Undecodable: JSONDecodeError"),
        (_changed(type="ipp.complaints.never-heard-of"), "unknown type ipp.complaints.never-heard-of"),
        (_changed(dataschema="/ipp.complaints.complaint-filed/v2"), "NewerVersion"),
        (_changed(data={"case_id": "C1"}), "Undecodable: ipp.complaints.complaint-filed"),
        (_changed(sequence="0"), "Undecodable: sequence"),
    ],
)
def test_a_bad_record_says_why(value: bytes | None, error: str) -> None:
    found = read(_Message(value), _INPUTS)

    assert isinstance(found, Rejected)
    assert found.error.startswith(error)


def test_a_key_that_is_no_text_is_a_bad_record() -> None:
    assert isinstance(read(_Message(_GOOD, key=b"\xff"), _INPUTS), Rejected)


@pytest.mark.parametrize(("key", "value"), [(b"\xff", b"{"), (None, None)])
def test_a_dead_letter_holds_the_bytes_as_they_came_and_where_from(key: bytes | None, value: bytes | None) -> None:
    letter = dead_letter(_Message(value, key=key), "x.dlq.v1", "broken")

    assert (letter.topic, letter.key, letter.value) == ("x.dlq.v1", key, value)
    assert dict(letter.headers) == {
        **dict(_HEADERS),
        "dlq_topic": cases.TOPIC.name.encode(),
        "dlq_partition": b"3",
        "dlq_offset": b"41",
        "dlq_error": b"broken",
    }
