"""Reading records: what cannot be read is a dead letter with the bytes as they came."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.complaints import cases
from shared.contracts.envelope import CameHeaders, Envelope, EventData, encode
from shared.streams.processor import Effects, Processor, Reader, Record, Shape
from shared.streams.records import RecordReader, Rejected, outgoing_letter
from tests.support.odd_records import odd_headers, odd_values
from tests.support.streams import envelope

_EVENT = envelope(cases.TOPIC.examples[0], 1, datetime.fromisoformat("2026-02-13T02:00:00Z"), "C1")
_HEADERS, _GOOD = encode(_EVENT)


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
        (_changed(dataschema="/ipp.complaints.complaint-filed/v²"), "Undecodable: dataschema"),
        (_changed(dataschema="/ipp.complaints.complaint-filed/v" + "9" * 5000), "Undecodable: dataschema"),
    ],
)
def test_a_bad_record_says_why(value: bytes | None, error: str) -> None:
    found = _READER.read(_Message(value))

    assert isinstance(found, Rejected)
    assert found.error.startswith(error)


def test_a_key_that_is_no_text_is_a_bad_record() -> None:
    assert isinstance(_READER.read(_Message(_GOOD, key=b"\xff")), Rejected)


def test_a_failure_that_nobody_thought_of_is_a_bad_record() -> None:
    class Breaks(_Anything):
        def reader(self, model: type[EventData]) -> Reader:
            def read(told: Envelope) -> EventData:
                raise OverflowError("seven")

            return read

    assert RecordReader(Breaks()).read(_Message(_GOOD)) == Rejected("OverflowError: seven")


@settings(max_examples=300, deadline=None)
@given(headers=odd_headers(), value=odd_values(_EVENT), key=st.none() | st.binary(), choosy=st.booleans())
def test_no_headers_and_no_bytes_stop_a_worker(
    headers: CameHeaders, value: bytes | None, key: bytes | None, choosy: bool
) -> None:
    message = _Message(value, key, headers=headers)

    found = RecordReader(_Choosy() if choosy else _Anything()).read(message)

    assert isinstance(found, Record | Rejected) or (choosy and found is None)


@pytest.mark.parametrize(("key", "value"), [(b"\xff", b"{"), (None, None)])
def test_a_dead_letter_holds_the_bytes_as_they_came_and_where_from(key: bytes | None, value: bytes | None) -> None:
    letter = outgoing_letter(_Message(value, key=key), "x.dlq.v1", "broken")

    assert (letter.topic, letter.key, letter.value) == ("x.dlq.v1", key, value)
    assert dict(letter.headers) == {
        **dict(_HEADERS),
        "dlq_topic": cases.TOPIC.name.encode(),
        "dlq_partition": b"3",
        "dlq_offset": b"41",
        "dlq_error": b"broken",
    }
