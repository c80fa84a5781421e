"""What every `Inbox` does: the twin in memory and the one on the wire."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.kernel.ids import random_id
from shared.mongo import connect
from shared.reactions.inbox import Parked, Record
from shared.reactions.mongo_inbox import MongoInbox
from tests.support.memory_inbox import MemoryInbox

GROUP, TOPIC = "complaints.rights", "ipr.rights.v1"


@pytest.fixture(params=["memory", "wire"])
async def inbox(request: pytest.FixtureRequest) -> AsyncIterator[MemoryInbox | MongoInbox]:
    if request.param == "memory":
        yield MemoryInbox()
        return
    stack: Any = request.getfixturevalue("stack")
    database = connect(stack.mongo_url, random_id("test_inbox"))
    wire = MongoInbox(database)
    await wire.prepare()
    yield wire
    await database.drop()
    database.close()


def record(offset: int, key: bytes | None = b"k", partition: int = 0) -> Record:
    return Record(
        TOPIC,
        partition,
        offset,
        key,
        (("ce_type", b"t"), ("odd", b"\xff\x00"), ("empty", b""), ("none", None)),
        b"\x00bytes",
    )


async def test_positions_are_by_group_and_source(inbox: MemoryInbox | MongoInbox) -> None:
    await inbox.advance(GROUP, {f"{TOPIC}|a": 3, f"{TOPIC}|b": 7})
    await inbox.advance("other", {f"{TOPIC}|a": 1})

    assert await inbox.positions(GROUP, [f"{TOPIC}|a", f"{TOPIC}|b", f"{TOPIC}|c"]) == {
        f"{TOPIC}|a": 3,
        f"{TOPIC}|b": 7,
    }
    assert await inbox.positions("other", [f"{TOPIC}|a"]) == {f"{TOPIC}|a": 1}
    assert await inbox.positions(GROUP, []) == {}


async def test_a_position_never_goes_back(inbox: MemoryInbox | MongoInbox) -> None:
    await inbox.advance(GROUP, {"s": 5})
    await inbox.advance(GROUP, {"s": 4})
    await inbox.advance(GROUP, {})

    assert await inbox.positions(GROUP, ["s"]) == {"s": 5}


async def test_two_owners_that_advance_a_new_source_at_once_end_at_the_higher(inbox: MemoryInbox | MongoInbox) -> None:
    for source in (f"s{n}" for n in range(10)):
        await asyncio.gather(*(inbox.advance(GROUP, {source: last}) for last in range(1, 21)))
        assert await inbox.positions(GROUP, [source]) == {source: 20}


async def test_parked_records_come_back_as_they_were_by_offset(inbox: MemoryInbox | MongoInbox) -> None:
    second = Parked(record(12, key=None), "behind", "follows")
    first = Parked(record(3), "failed", "ValueError: no")
    await inbox.park(GROUP, [second, first])
    await inbox.park(GROUP, [Parked(record(4, partition=1), "gap", "elsewhere")])

    assert await inbox.parked(GROUP, TOPIC, 0) == [first, second]
    assert await inbox.parked("other", TOPIC, 0) == []


async def test_parking_the_same_record_again_changes_nothing(inbox: MemoryInbox | MongoInbox) -> None:
    await inbox.park(GROUP, [Parked(record(3), "failed", "first")])
    await inbox.park(GROUP, [Parked(record(3), "behind", "again"), Parked(record(5), "behind", "")])

    assert [(p.record.offset, p.detail) for p in await inbox.parked(GROUP, TOPIC, 0)] == [(3, "first"), (5, "")]


async def test_one_key_is_read_by_itself(inbox: MemoryInbox | MongoInbox) -> None:
    await inbox.park(
        GROUP, [Parked(record(n, key=key), "behind", "") for n, key in enumerate([b"a", b"b", b"a", None])]
    )

    assert [parked.record.offset for parked in await inbox.lane(GROUP, TOPIC, 0, "a")] == [0, 2]
    assert [parked.record.offset for parked in await inbox.lane(GROUP, TOPIC, 0, "")] == [3]


async def test_a_verdict_is_found_and_is_spent_by_parking_again(inbox: MemoryInbox | MongoInbox) -> None:
    failed = Parked(record(3), "failed", "first")
    await inbox.park(GROUP, [failed, Parked(record(4), "behind", "")])
    assert await inbox.decided(GROUP, TOPIC, 0) == []

    assert await inbox.decide(f"{GROUP}|{TOPIC}|0|3", "retry")
    assert await inbox.decided(GROUP, TOPIC, 0) == [replace(failed, verdict="retry")]

    again = Parked(record(3), "newer-version", "second")
    await inbox.park_again(GROUP, again)
    assert await inbox.decided(GROUP, TOPIC, 0) == []
    assert (await inbox.parked(GROUP, TOPIC, 0))[0] == again
    assert not await inbox.decide(f"{GROUP}|{TOPIC}|0|99", "retry")


async def test_what_is_released_is_gone(inbox: MemoryInbox | MongoInbox) -> None:
    await inbox.park(GROUP, [Parked(record(3), "failed", ""), Parked(record(4), "behind", "")])
    await inbox.release(GROUP, [record(3)])
    await inbox.release(GROUP, [record(3)])

    assert [parked.record.offset for parked in await inbox.parked(GROUP, TOPIC, 0)] == [4]
