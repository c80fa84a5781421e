"""Every topic that any service consumes: rubbish, strange types, newer versions, repeats, disorder and gaps.

Each has its place (dead letter, passed over, parked, dropped, waiting), and the other keys flow.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from shared.contracts.envelope import Envelope, EventData, encode
from shared.reactions import Message, Source, Subscription
from shared.reactions.inbox import Record
from shared.reactions.lanes import Lanes
from tests.support.memory_inbox import MemoryInbox
from tests.support.subscriptions import every_subscription

SUBSCRIPTIONS = every_subscription()
CONSUMED = [
    pytest.param(subscription, source, id=f"{subscription.group} < {source.name}")
    for subscription in SUBSCRIPTIONS
    for source in subscription.sources
]
SEQUENCED = [each for each in CONSUMED if each.values[0].ordering == "sequenced"]  # type: ignore[union-attr]


class Listener:
    """The lanes of one partition, with a handler that only remembers."""

    def __init__(self, subscription: Subscription, source: Source) -> None:
        self.handled: list[tuple[str, int]] = []
        self.dead: list[Record] = []
        self.inbox = MemoryInbox()
        self.group = subscription.group
        self.source = source
        self.wanted = next(kind for kind in source.topic.events if kind in subscription.handlers)
        handlers = dict.fromkeys(subscription.handlers, self._remember)
        spied = replace(subscription, handlers=handlers)
        self.lanes = Lanes(spied, source.name, 0, self.inbox, self._bury, first_delay_seconds=0.0)
        self._offset = 0

    async def _remember(self, message: Message[Any]) -> None:
        self.handled.append((message.key, message.envelope.sequence))

    async def _bury(self, record: Record, error: str) -> None:
        self.dead.append(record)

    async def hear(self, *records: Record) -> None:
        numbered = []
        for record in records:
            numbered.append(replace(record, offset=self._offset))
            self._offset += 1
        await self.lanes.process(numbered)

    def event(self, key: str, sequence: int, *, type_: str = "", schema: str = "") -> Record:
        example = next(each for each in self.source.topic.examples if type(each) is self.wanted)
        return _record(self.source.name, key, example, sequence, type_, schema)

    async def parked(self) -> list[tuple[str, str]]:
        waiting = await self.inbox.parked(self.group, self.source.name, 0)
        return [(parked.record.lane, parked.reason) for parked in waiting]


def _record(topic: str, key: str, data: EventData, sequence: int, type_: str = "", schema: str = "") -> Record:
    envelope = Envelope(
        id=f"{key}/{sequence}",
        source="/test",
        type=type_ or data.type,
        subject=key,
        time=datetime(2026, 3, 2, tzinfo=UTC),
        dataschema=schema or data.dataschema(),
        sequence=sequence,
        data=data.model_dump(mode="json"),
    )
    headers, value = encode(envelope)
    return Record(topic, 0, 0, key.encode(), headers, value)


def _rubbish(topic: str, key: str, value: bytes | None) -> Record:
    return Record(topic, 0, 0, key.encode(), (), value)


@pytest.mark.parametrize(("subscription", "source"), CONSUMED)
async def test_what_cannot_be_read_is_a_dead_letter_and_the_key_goes_on(
    subscription: Subscription, source: Source
) -> None:
    listener = Listener(subscription, source)
    rubbish = [None, b"", b"\xff\xfe", b"{}", b"[]", b'"text"', orjson.dumps({"specversion": "0.3"})]
    await listener.hear(
        *(_rubbish(source.name, "a", value) for value in rubbish), listener.event("a", 1), listener.event("b", 1)
    )
    assert [record.value for record in listener.dead] == rubbish
    assert sorted(listener.handled) == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(("subscription", "source"), CONSUMED)
async def test_a_type_that_nobody_knows_is_passed_over(subscription: Subscription, source: Source) -> None:
    listener = Listener(subscription, source)
    strange = listener.event("a", 1, type_="ipp.future.thing-happened", schema="/ipp.future.thing-happened/v1")
    await listener.hear(strange, listener.event("a", 2))
    assert (listener.handled, listener.dead, await listener.parked()) == ([("a", 2)], [], [])


@pytest.mark.parametrize(("subscription", "source"), CONSUMED)
async def test_a_newer_version_parks_its_key_and_the_others_flow(subscription: Subscription, source: Source) -> None:
    listener = Listener(subscription, source)
    newer = listener.event("a", 1, schema=f"/{listener.wanted.type}/v{listener.wanted.version + 1}")
    await listener.hear(newer, listener.event("a", 2), listener.event("b", 1))
    assert listener.handled == [("b", 1)]
    assert await listener.parked() == [("a", "newer-version"), ("a", "behind")]


@pytest.mark.parametrize(("subscription", "source"), SEQUENCED)
async def test_repeats_are_dropped_and_a_gap_waits_for_what_is_missing(
    subscription: Subscription, source: Source
) -> None:
    listener = Listener(subscription, source)
    one, two, three = (listener.event("a", number) for number in (1, 2, 3))
    await listener.hear(one, one, three, listener.event("b", 1))
    assert sorted(listener.handled) == [("a", 1), ("b", 1)]
    assert await listener.parked() == [("a", "gap")]
    await listener.hear(two, one, three)
    assert [sequence for key, sequence in listener.handled if key == "a"] == [1, 2, 3]
    assert await listener.parked() == []


def test_no_two_subscriptions_share_a_group() -> None:
    groups = [subscription.group for subscription in SUBSCRIPTIONS]
    assert len(groups) == len(set(groups))


def test_every_handled_type_is_on_a_consumed_topic() -> None:
    for subscription in SUBSCRIPTIONS:
        known = {kind for source in subscription.sources for kind in source.topic.events}
        assert set(subscription.handlers) <= known, subscription.group
