"""A rebuild from beginning to end: shadow topics, the processor on them until it has caught up, the comparison, and
everything gone again. It runs in this process, on business time as it is now."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from aiokafka import TopicPartition

from deploy.rebuild import shadow
from deploy.rebuild.comparison import (
    SHOWN,
    Comparison,
    Content,
    Difference,
    Latest,
    Overdue,
    Pair,
    Read,
    apart,
    of_deadline_row,
    of_expiry,
)
from deploy.rebuild.processors import MARK, Rebuildable, later_input, rebuildable
from deploy.simulator.ledger import read_to_end
from deploy.simulator.quiet import Broker
from shared.kernel.clock import Clock
from shared.policies.loading import load_policy_book
from shared.streams.app import StreamSettings
from shared.streams.pause import PauseWatch
from shared.streams.processor import Effects, Processor, Record, Send, Shape
from shared.streams.topics import TopologyWrong
from shared.streams.worker import StreamFailed, StreamWorker

_ROUNDS = 5
_PAUSE_SECONDS = 0.5
_POLL_SECONDS = 0.1
PATIENCE_SECONDS = 90.0
"""For a processor that does not move."""
_SESSION_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 600.0
"""The worker is alone in its group: after a pause it goes on."""

Tell = Callable[[str], None]
_Differences = Mapping[str, Mapping[str, Pair]]
"""By topic or table, and by key."""


class RebuildFailed(Exception):
    """There is nothing to compare: the live or the rebuilt processor does not come to the end of its inputs."""


async def rebuild(
    processor: str,
    bootstrap: str,
    clock: Clock,
    *,
    version: int | None = None,
    told: Tell = lambda _: None,
    keep: bool = False,
) -> Comparison:
    """The processor computed from offset 0 and compared with what it says live.

    clock: business time of the platform; version: the one that is live, if it is not the declared one; keep: leaves
    the shadow topics and the group for inspection. Raises
    LookupError for an unknown processor, RebuildFailed, KafkaError. Whatever ends it, also a cancellation, the shadow
    is removed first.
    """
    target = rebuildable(processor, version)
    mark = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    shape = target.shadow(mark)
    begun = time.monotonic()
    broker = Broker(bootstrap)
    await broker.start()
    try:
        told("making the shadow topics")
        await shadow.create(bootstrap, target, shape, f"{MARK}{mark}")
        foreign: list[str] = []
        async with _running(confined(target.build(shape, clock), foreign), bootstrap) as failed:
            work = _Work(target, shape, f"{MARK}{mark}", bootstrap, clock, broker, told, failed)
            compared = await work.run()
        return replace(compared, foreign_writes=tuple(sorted(set(foreign))), seconds=time.monotonic() - begun)
    except (shadow.LiveTopicMissing, StreamFailed, TopologyWrong) as problem:
        raise RebuildFailed(str(problem)) from problem
    finally:
        await broker.stop()
        if not keep:
            told("removing the shadow topics")
            inputs = [later_input(name, f"{MARK}{mark}") for name in target.later]
            topics = [*shape.outputs, *inputs, shape.changelog, shape.dead_letters]
            await shadow.remove(bootstrap, topics, [shape.app_id])


def confined(processor: Processor, foreign: list[str]) -> Processor:
    """The processor, of whose sends only those to shadow topics go out; the names of others are added to `foreign`.

    The methods of this one object are replaced, so that whatever else a processor has stays its own.
    """
    process, tick = processor.process, processor.tick

    def inside(sends: tuple[Send, ...]) -> tuple[Send, ...]:
        foreign.extend(send.topic for send in sends if MARK not in send.topic)
        return tuple(send for send in sends if MARK in send.topic)

    def confined_process(record: Record) -> Effects:
        effects = process(record)
        return Effects(effects.writes, inside(effects.sends))

    processor.process = confined_process  # type: ignore[method-assign]
    processor.tick = lambda: inside(tuple(tick()))  # type: ignore[method-assign]
    return processor


@asynccontextmanager
async def _running(processor: Processor, bootstrap: str) -> AsyncIterator[Callable[[], BaseException | None]]:
    """A worker of its own for the block. Gives a question: why it has ended, None while it runs."""
    settings = StreamSettings(bootstrap, instance="rebuild", session_seconds=_SESSION_SECONDS)
    worker = StreamWorker(processor, settings, PauseWatch(_LONGEST_PAUSE_SECONDS))
    running = asyncio.create_task(worker.run(), name=f"rebuild:{processor.shape.name}")

    def failed() -> BaseException | None:
        return (running.exception() or StreamFailed("the worker has ended")) if running.done() else None

    try:
        yield failed
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, StreamFailed, TopologyWrong):
            await running


@dataclass
class _Work:
    """From a worker that has begun to the comparison."""

    target: Rebuildable
    shape: Shape
    mark: str
    bootstrap: str
    clock: Clock
    broker: Broker
    told: Tell
    failed: Callable[[], BaseException | None]
    patience: float = PATIENCE_SECONDS
    _records: int = 0

    def __post_init__(self) -> None:
        self._copies = [shadow.Copy(self.bootstrap, name, later_input(name, self.mark)) for name in self.target.later]

    async def run(self) -> Comparison:
        """A difference counts when both sides have caught up twice and still say the same two things: on a busy
        platform what was read at two instants differs for a moment. What differs to the last, but otherwise each time,
        is not decided."""
        before: _Differences = {}
        for number in range(1, _ROUNDS + 1):
            await self._caught_up()
            if not self._records:
                self._records = sum((await self.broker.ends(list(self.target.live.inputs))).values())
            views = await self._views()
            found = {view.name: view.apart() for view in views}
            if not any(found.values()):
                return self._comparison(views)
            stays = {name: _both(pairs, before.get(name, {})) for name, pairs in found.items()}
            if stays == found or number == _ROUNDS:
                return await self._ended(views, found, stays)
            before = found
            await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable")

    async def _ended(self, views: "list[_View]", found: _Differences, stays: _Differences) -> Comparison:
        """What differs for certain, and what still differed and was not the same twice: nobody knows of that."""
        moved = sorted(f"{name} {key}" for name, pairs in found.items() for key in pairs.keys() - stays[name].keys())
        return replace(
            self._comparison(views),
            differences=await self._told_apart(views, stays),
            different=sum(map(len, stays.values())),
            moved=tuple(moved[:SHOWN]),
            moving=len(moved),
        )

    async def _caught_up(self) -> None:
        live = self.target.live
        ends = await self.broker.ends(list(live.inputs))
        await self._until(live.app_id, ends, "the live processor")
        at_once = {part: end for part, end in ends.items() if part.topic not in self.target.later}
        await self._until(self.shape.app_id, at_once, "the rebuilt processor")
        for copy in self._copies:
            await copy.catch_up()
            await self._until(self.shape.app_id, await self.broker.ends([copy.target]), "the rebuilt processor")

    async def _until(self, group: str, ends: Mapping[TopicPartition, int], who: str) -> None:
        """An offset is committed only when all that its record caused is on the broker."""
        least, patient_until = sum(ends.values()) + 1, time.monotonic() + self.patience
        while True:
            if problem := self.failed():
                raise problem
            commits = await self.broker.commits(group)
            behind = sum(max(0, end - max(0, commits.get(part, 0))) for part, end in ends.items())
            if not behind:
                return
            if behind < least:
                least, patient_until = behind, time.monotonic() + self.patience
            if time.monotonic() > patient_until:
                raise RebuildFailed(f"{who} ({group}) stands still, {behind} records behind")
            self.told(f"{who} has {behind} records before it")
            await asyncio.sleep(_POLL_SECONDS)

    async def _views(self) -> "list[_View]":
        self.told("comparing")
        pairs = dict(zip(self.target.live.outputs, self.shape.outputs, strict=True))
        views = []
        for name, read in self.target.outputs.items():
            views.append(await self._view(name, read, name, pairs[name]))
        if self.target.deadlines:
            overdue = Overdue(self.clock.now() - load_policy_book().at(self.clock.now()).deadlines.expiry_grace)
            views.append(
                await self._view(
                    self.target.live.changelog,
                    of_deadline_row,
                    self.target.live.changelog,
                    self.shape.changelog,
                    overdue.take,
                )
            )
            # Expiries that were answered are no longer owed: only what is overdue now has to be told on both sides.
            [(live, rebuilt)] = pairs.items()
            view = await self._view(live, of_expiry, live, rebuilt)
            views.append(view.of(overdue.keys()))
        return views

    async def _view(
        self, name: str, read: Read, live: str, rebuilt: str, note: Callable[[str, Content], None] = lambda _, __: None
    ) -> "_View":
        sides = Latest(read), Latest(read, note)
        for side, topic in zip(sides, (live, rebuilt), strict=True):
            async for _, record in read_to_end(self.bootstrap, [topic]):
                side.take(record.key, record.value)
        unread = sum(side.unread for side in sides)
        return _View(name, read, (live, rebuilt), sides[0].digests, sides[1].digests, unread)

    async def _told_apart(
        self, views: "list[_View]", different: Mapping[str, Mapping[str, Pair]]
    ) -> tuple[Difference, ...]:
        """The contents of the first so many keys, read once more."""
        found: list[Difference] = []
        for view in views:
            keys = sorted(different[view.name])[: SHOWN - len(found)]
            if not keys:
                continue
            live, rebuilt = [await self._contents(topic, view.read, frozenset(keys)) for topic in view.topics]
            found += [Difference(view.name, key, live.get(key), rebuilt.get(key)) for key in keys]
        return tuple(found)

    async def _contents(self, topic: str, read: Read, keys: frozenset[str]) -> Mapping[str, Content]:
        contents: dict[str, Content] = {}
        latest = Latest(read, lambda key, content: contents.update({key: content}) if key in keys else None)
        async for _, record in read_to_end(self.bootstrap, [topic]):
            latest.take(record.key, record.value)
        return contents

    def _comparison(self, views: "list[_View]") -> Comparison:
        return Comparison(
            self.target.name,
            live=sum(len(view.live) for view in views),
            rebuilt=sum(len(view.rebuilt) for view in views),
            records=self._records,
            unread=sum(view.unread for view in views),
        )


@dataclass(frozen=True)
class _View:
    """One topic or table on both sides: digests by key. unread: records of either that could not be read."""

    name: str
    read: Read
    topics: tuple[str, str]
    live: Mapping[str, bytes] = field(default_factory=dict)
    rebuilt: Mapping[str, bytes] = field(default_factory=dict)
    unread: int = 0

    def apart(self) -> Mapping[str, Pair]:
        return apart(self.live, self.rebuilt)

    def of(self, keys: frozenset[str]) -> "_View":
        live, rebuilt = ({key: side[key] for key in keys if key in side} for side in (self.live, self.rebuilt))
        return replace(self, live=live, rebuilt=rebuilt)


def _both(now: Mapping[str, Pair], before: Mapping[str, Pair]) -> Mapping[str, Pair]:
    return {key: pair for key, pair in now.items() if before.get(key) == pair}
