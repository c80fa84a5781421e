"""Reading records: what cannot be read is a dead letter with the bytes as they came."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from shared.contracts.complaints import cases
from shared.contracts.envelope import encode
from shared.streams.processor import Effects, Processor, Record, Shape
from shared.streams.records import RecordReader, Rejected, dead_letter
from tests.support.streams import envelope

_HEADERS, _GOOD = encode(envelope(cases.TOPIC.examples[0], 1, datetime.fromisoformat("2026-02-13T02:00:00Z"), "C1"))


class _Anything(Processor):
    """Takes in case events, and does nothing."""

    shape = Shape("test", {cases.TOPIC.name: cases.TOPIC}, ())
    unwanted: frozenset[str] = frozenset()

    def wants(self, topic: str, event_type: str) -> bool:
        return event_type not in self.unwanted

    def restore(self, partition: int, key: str, value: bytes) -> None:
        raise NotImplementedError

    def drop(self, partition: int) -> None:
        raise NotImplementedError

    def process(self, record: Record) -> Effects:
        raise NotImplementedError


class _Choosy(_Anything):
    unwanted = frozenset({cases.TOPIC.examples[0].type})


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


_READER = RecordReader(_Anything())


def test_a_type_that_is_not_wanted_is_passed_over_by_its_header_unread() -> None:
    assert RecordReader(_Choosy()).read(_Message(b"{")) is None


def test_a_type_that_is_not_wanted_is_passed_over_without_a_header_too() -> None:
    assert RecordReader(_Choosy()).read(_Message(_GOOD, headers=())) is None


def test_a_header_that_no_contract_knows_does_not_hide_a_record() -> None:
    found = RecordReader(_Choosy()).read(_Message(b"{", headers=[("ce_type", b"ipp.never-heard-of")]))

    assert isinstance(found, Rejected)


def test_a_good_record_is_read() -> None:
    record = _READER.read(_Message(_GOOD))

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
    found = _READER.read(_Message(value))

    assert isinstance(found, Rejected)
    assert found.error.startswith(error)


def test_a_key_that_is_no_text_is_a_bad_record() -> None:
    assert isinstance(_READER.read(_Message(_GOOD, key=b"\xff")), Rejected)


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
