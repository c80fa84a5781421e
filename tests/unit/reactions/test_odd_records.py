"""One odd record never holds its partition: it is applied, passed over, a dead letter or parked, and the rest flows."""

import asyncio
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import field_validator

from shared.contracts.envelope import CameHeaders, EventData
from shared.reactions.inbox import Record
from shared.reactions.lanes import Lanes
from shared.reactions.subscription import Message, Subscription
from tests.support.jar_records import GROUP, Counting, envelope, record
from tests.support.jars import JARS
from tests.support.memory_inbox import MemoryInbox
from tests.support.odd_records import odd_headers, odd_values

_GOOD = record(0, "a", 1)


async def _became(odd: Record, subscription: Subscription) -> tuple[list[str], list[tuple[str, str]]]:
    """The causes of dead letters, and reasons and details of what is parked; a good record of another key follows."""
    inbox, dead = MemoryInbox(), list[str]()

    async def dead_letter(record: Record, error: str) -> None:
        dead.append(error)

    lanes = Lanes(subscription, JARS.name, 0, inbox, dead_letter)
    await lanes.process([odd, record(1, "b", 1)])
    parked = await inbox.parked(GROUP, JARS.name, 0)
    await Lanes(subscription, JARS.name, 0, inbox, dead_letter).open()
    return dead, [(each.reason, each.detail) for each in parked]


@pytest.mark.parametrize("name", ["ce_type", "ce_subject", "ce_sequence", "x-trace"])
async def test_a_header_without_a_value_is_as_though_it_were_not_there(name: str) -> None:
    counting = Counting()
    headers = tuple((key, None if key == name else value) for key, value in (*_GOOD.headers, ("x-trace", b"")))

    assert await _became(replace(_GOOD, headers=headers), counting.subscription()) == ([], [])
    assert sorted(counting.applied) == [("a", 1), ("b", 1)]


@pytest.mark.parametrize("version", ["²", "9" * 5000])
async def test_a_version_that_is_no_number_is_a_dead_letter(version: str) -> None:
    counting = Counting()
    value = (_GOOD.value or b"").replace(b"jar-filled/v1", f"jar-filled/v{version}".encode())

    dead, parked = await _became(replace(_GOOD, value=value), counting.subscription())

    assert dead == [f"dataschema /ipp.test.jar-filled/v{version} is not /ipp.test.jar-filled/v1"]
    assert (parked, counting.applied) == ([], [("b", 1)])


async def test_a_failure_that_nobody_thought_of_before_the_handler_parks_the_key() -> None:
    class Fussy(EventData):
        type: ClassVar[str] = "ipp.test.jar-filled"

        coins: int

        @field_validator("coins")
        @classmethod
        def _odd(cls, coins: int) -> int:
            if coins == 7:
                raise OverflowError("seven")
            return coins

    seen: list[int] = []

    async def handler(message: Message[Fussy]) -> None:
        seen.append(message.data.coins)

    subscription = replace(Counting().subscription(), handlers={Fussy: handler})
    odd = replace(_GOOD, value=(_GOOD.value or b"").replace(b'"coins":1', b'"coins":7'))

    assert await _became(odd, subscription) == ([], [("failed", "OverflowError: seven")])
    assert seen == [1]


@settings(max_examples=300, deadline=None)
@given(headers=odd_headers(), value=odd_values(envelope("a", 1)), key=st.none() | st.binary(), counted=st.booleans())
def test_no_headers_and_no_bytes_stop_a_group(
    headers: CameHeaders, value: bytes | None, key: bytes | None, counted: bool
) -> None:
    counting = Counting()
    odd = Record(JARS.name, 0, 0, b"a" if key == b"b" else key, headers, value)

    asyncio.run(_became(odd, counting.subscription() if counted else counting.idempotent()))

    assert ("b", 1) in counting.applied
