"""Runs one processor on Faust inside a process that does other things too.

What holds: records come in batches; a batch is worked off in goes of some milliseconds, what each does is in its
lanes (`Lanes`) before the next begins, and the loop is free in between. The batch is acknowledged after its last go,
its offsets are committed only after the broker has all that it does. Whatever fails otherwise is raised by `run`,
nothing is committed any more, and the process is expected to end: the next one reads the state back from the changelog.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from faust.contrib.asgi import bind_to_running_loop

from shared.streams import topics
from shared.streams.app import StreamSettings, create_app, source
from shared.streams.batches import Handed, Row
from shared.streams.lanes import Lanes
from shared.streams.local_state import LocalState, LocalStateFailed, LocalTable
from shared.streams.pause import PauseWatch
from shared.streams.processor import Effects, Processor, Put, Record, Send, together
from shared.streams.records import Message, Outgoing, RecordReader, outgoing_letter
from shared.streams.rocks_state import RocksState
from shared.streams.stopping import stop_app

log = structlog.get_logger(__name__)
_LAG_SECONDS = 2.0
_GO_SECONDS = 0.02
"""How long the loop waits for a processor: requests, reactions and the health of the process share it."""


class StreamFailed(Exception):
    """A processor cannot go on. Nothing of what failed was acknowledged."""


class StreamWorker:
    """One processor on one Faust app. `run` is a task of the process; `ready` and `backlog` are for its health."""

    def __init__(self, processor: Processor, settings: StreamSettings, watch: PauseWatch | None = None) -> None:
        self.processor = processor
        self.name = processor.shape.name
        self.dead_letters = 0
        self.processed = 0
        self._settings = settings
        self._reader = RecordReader(processor)
        self._watch = watch or PauseWatch(settings.session_seconds)
        self._app: Any = None
        self._lanes = Lanes(lambda: self._app.producer.client, self._fail)
        self._settling = asyncio.Lock()
        self._letters: list[Outgoing] = []  # of table values, sent before anything is committed
        self._local = LocalTable(None)
        self._failure: asyncio.Future[None] | None = None

    @property
    def ready(self) -> bool:
        """Recovered, in possession of its partitions, and nothing has failed."""
        app = self._app
        return bool(
            app is not None
            and app.started
            and not app.should_stop
            and not app.rebalancing
            and app.tables.recovery.completed.is_set()
            and self._failure is not None
            and not self._failure.done()
        )

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions of the inputs that this worker has."""
        if not self.ready:
            return frozenset()
        inputs = self.processor.shape.inputs
        return frozenset(tp.partition for tp in self._app.consumer.assignment() if tp.topic in inputs)

    async def health(self) -> str:
        """Empty where all is well."""
        if self._failure is not None and self._failure.done():
            return "has failed"
        return "" if self.ready else "reading its state back"

    async def backlog(self) -> Mapping[str, int]:
        """Records not yet processed and settled in the partitions that this worker has (`lag`), and what is owed for
        time that has passed (`due`). While it has no partitions, the lag is given as 1: nothing would be a guess."""
        return {f"lag:{self.name}": await self._lag(), f"due:{self.name}": self.processor.backlog()}

    async def _lag(self) -> int:
        if not self.ready:
            return 1
        consumer = self._app.consumer
        owned = [tp for tp in consumer.assignment() if tp.topic in self.processor.shape.inputs]
        try:
            async with asyncio.timeout(_LAG_SECONDS):
                ends = await consumer.highwaters(*owned)
        except (TimeoutError, KafkaError):
            return 1
        return sum(max(0, ends[tp] - (consumer._committed_offset[tp] or 0)) for tp in owned)

    async def run(self) -> None:
        """Until cancelled. Raises StreamFailed, or TopologyWrong before anything is started."""
        partitions = await topics.check(self._settings.bootstrap, self.processor.shape)
        self._local = LocalTable(await self._opened(partitions))
        self._failure = asyncio.get_running_loop().create_future()
        self._app = app = create_app(self.processor.shape, self._settings, partitions, self)

        async def consume(stream: Any) -> None:
            await self._consume(stream)

        app.agent(source(app, self.processor.shape), name=f"{self.name}.agent")(consume)
        bind_to_running_loop(app)
        app.finalize()
        self._watch.start()
        start = asyncio.create_task(app.maybe_start(), name=f"{self.name}.start")
        duties = [asyncio.create_task(duty) for duty in (self._crash(start), self._tick())]
        try:
            await asyncio.wait({self._failure})
            self._failure.result()
        finally:
            self._watch.stop()
            await self._end(start, duties)

    async def _opened(self, partitions: int) -> LocalState | None:
        """What is kept on this machine, where it is wanted and can be had."""
        if self._settings.state_folder is None:
            return None
        shape = self.processor.shape
        origin = f"{await topics.cluster_id(self._settings.bootstrap)}/{shape.changelog}/{partitions}"
        try:
            return RocksState.open(self._settings.state_folder / shape.app_id, origin)
        except LocalStateFailed as problem:
            log.warning("no local rows: all is read from the changelog", stream=self.name, problem=str(problem))
            return None

    async def _end(self, start: asyncio.Task[Any], duties: list[asyncio.Task[None]]) -> None:
        for task in (*duties, start):
            task.cancel()
        await asyncio.gather(*duties, start, return_exceptions=True)
        try:
            if not await stop_app(self._app, self._settings.stop_seconds):
                log.warning("stream did not stop in time", stream=self.name)
        except Exception as problem:  # the process ends anyway; what was not committed is done again
            log.warning("stream did not stop in order", stream=self.name, problem=repr(problem))
        self._lanes.close()
        if self._failure is not None and not self._failure.done():
            self._failure.cancel()
        self._local.close()

    async def _crash(self, start: asyncio.Task[Any]) -> None:
        """Faust's own crash, while starting or later, becomes ours."""
        app = self._app
        crashed = asyncio.create_task(app._crashed.wait())
        try:
            await asyncio.wait({start, crashed}, return_when=asyncio.FIRST_COMPLETED)
            if start.done() and not start.cancelled() and start.exception() is not None:
                self._fail(start.exception())
            await crashed
            self._fail(app.crash_reason or StreamFailed("Faust crashed"))
        finally:
            crashed.cancel()

    def _fail(self, problem: BaseException | None) -> None:
        failure = self._failure
        if failure is None or failure.done():
            return
        error = problem if isinstance(problem, StreamFailed) else StreamFailed(f"{self.name}: {problem!r}")
        error.__cause__ = problem if problem is not error else None
        failure.set_exception(error)

    # What Faust calls.

    async def _consume(self, stream: Any) -> None:
        stream.enable_acks = False  # Faust would acknowledge in a `finally`, whatever happened
        async for event in stream.events():
            batch = event.message
            try:
                done = await self._work_off(batch)
            except Exception as problem:
                log.exception(
                    "a batch stops the stream", stream=self.name, last=_place(batch), count=len(batch.records)
                )
                self._fail(problem)
                await asyncio.Future()  # holds the batch, unacknowledged, until the process ends
            if done:
                event.ack()

    async def _work_off(self, batch: Any) -> bool:
        """False where partitions are dealt out anew: what is left of the batch comes again, to whoever has its
        partition then."""
        left = deque[Message](batch.records)
        while left:
            if self._app.rebalancing or batch.generation_id != self._app.consumer_generation_id:
                return False
            letters: list[Outgoing] = []
            self._watch.check()
            effects = together(self._go(left, letters))
            self._watch.check()  # before anything goes out
            await self._send(letters)
            self._write(batch.partition, effects.writes)
            await self._send(effects.sends)
            if self.dead_letters > self._settings.dead_letters_at_most:
                raise StreamFailed(f"{self.name}: more than {self._settings.dead_letters_at_most} dead letters")
            async with asyncio.timeout(self._settings.send_seconds):
                await self._lanes.room()
            await asyncio.sleep(0)
        return True

    def _go(self, left: deque[Message], letters: list[Outgoing]) -> Iterator[Effects]:
        """Takes records until the time of a go is over."""
        read, process, now = self._reader.read, self.processor.process, time.perf_counter
        until = now() + _GO_SECONDS
        while left:
            message = left.popleft()
            record = read(message)
            if isinstance(record, Record):
                yield process(record)
                self.processed += 1
            elif record is not None:
                self.dead_letters += 1
                log.error("dead letter", stream=self.name, at=_place(message), error=record.error)
                letters.append(outgoing_letter(message, self.processor.shape.dead_letters, record.error))
            if now() >= until:
                return

    def _write(self, partition: int, writes: Iterable[Put]) -> None:
        self._lanes.put(
            self.processor.shape.changelog, partition, [(put.key.encode(), put.value, []) for put in writes]
        )

    async def _send(self, sends: Iterable[Send | Outgoing]) -> None:
        """Those of a partition in order."""
        by_topic: dict[str, list[Row]] = defaultdict(list)
        for send in sends:
            key = send.key.encode() if isinstance(send.key, str) else send.key
            by_topic[send.topic].append((key, send.value, list(send.headers)))
        for topic, rows in by_topic.items():
            async with asyncio.timeout(self._settings.send_seconds):
                partition_of = await self._app.producer.chooser(topic)
            by_partition: dict[int, list[Row]] = defaultdict(list)
            for row in rows:
                by_partition[partition_of(row[0])].append(row)
            for partition, found in by_partition.items():
                self._lanes.put(topic, partition, found)

    async def settle(self) -> bool:
        """See `faust_parts.Host`."""
        async with self._settling:  # two at once would divide the batches, and each answer for half
            if self._failure is None or self._failure.done():
                return False
            try:
                async with asyncio.timeout(self._settings.send_seconds + 1):
                    await self._settle()
            except Exception as problem:
                log.exception("sends not acknowledged", stream=self.name)
                self._fail(problem)
                return False
            return True

    async def _settle(self) -> None:
        letters, self._letters = self._letters, []
        await self._send(letters)
        handed = await self._lanes.handed()
        await asyncio.gather(*(one.sent for one in handed))
        self._keep(handed)

    def _keep(self, handed: Iterable[Handed]) -> None:
        """Rows of the table that the broker now has."""
        for one in handed:
            told = one.sent.result()
            if told.topic == self.processor.shape.changelog:
                rows = [(key or b"", value or b"") for key, value, _ in one.rows]
                self._local.written(one.partition, rows, told.offset)

    def resume(self, partition: int, earliest: int, end: int) -> int | None:
        """See `faust_parts.Host`."""
        at, kept = self._local.resume(partition, earliest, end)
        try:
            for rows in kept:
                self._restore(partition, rows)
        except LocalStateFailed as problem:
            log.error("local rows are broken", stream=self.name, partition=partition, problem=str(problem))
            self.processor.drop(partition)
            self._local.discard(partition, earliest)
            return earliest - 1
        return at

    def on_changelog(self, partition: int, records: Sequence[Message]) -> None:
        """See `faust_parts.Host`. Raises nothing: an exception here would hang Faust's recovery."""
        rows = [(one.key or b"", one.value) for one in records if one.value is not None]
        self._restore(partition, rows)
        self._local.read_back(partition, rows, records[-1].offset)

    def _restore(self, partition: int, rows: Iterable[tuple[bytes, bytes]]) -> None:
        try:
            unreadable = self.processor.restore_all(partition, rows)
        except Exception as problem:
            log.exception("recovery stops the stream", stream=self.name, partition=partition)
            self._fail(problem)
            return
        for row in unreadable:
            self.dead_letters += 1
            log.error("unreadable table value: its key starts anew", stream=self.name, key=row.key, problem=row.problem)
            message = SimpleNamespace(
                topic=self.processor.shape.changelog,
                partition=partition,
                offset=-1,
                key=row.key,
                value=row.value,
                headers=(),
            )
            self._letters.append(outgoing_letter(message, self.processor.shape.dead_letters, row.problem))

    def on_partitions(self, dropped: Iterable[int]) -> None:
        """See `faust_parts.Host`."""
        for partition in dropped:
            self.processor.drop(partition)
            self._local.forget(partition)

    # What passes with time.

    async def _tick(self) -> None:
        interval = self.processor.tick_seconds
        if interval is None:
            return
        try:
            while True:
                await asyncio.sleep(interval)
                self._watch.check()
                if self.ready and (sends := list(self.processor.tick())):
                    await self._send(sends)
                    # Where no input comes, no commit does it: the lanes would keep what they sent, and hide failures.
                    await self.settle()
        except Exception as problem:
            log.exception("tick stops the stream", stream=self.name)
            self._fail(problem)


def _place(message: Message) -> str:
    return f"{message.topic}/{message.partition}@{message.offset}"
