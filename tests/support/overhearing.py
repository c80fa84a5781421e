"""Listens at every door through which tests, and the services that they run, write or are written to.

The product knows nothing of it: methods of a few classes are wrapped for as long as tests run.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import bson
import pymongo.monitoring
import pytest
from prometheus_client import generate_latest
from yarl import URL

from deploy.leaks import metrics, records
from deploy.local.child import Child
from deploy.local.stack import LocalStack
from deploy.local.supervisor import Supervisor
from shared.mongo import Database
from shared.mongo.raw import documents_of, every_document
from tests.support.memory_broker import MemoryBroker
from tests.support.typed_in import TypedIn
from tests.support.written import STORE, Written

_PATIENCE = 60.0  # seconds for one broker or store
_WRITES = {"insert": "documents", "update": "updates", "findAndModify": "update"}


class Overhearing:
    """`troubles`: where it could not listen, and why; what it listens to goes on all the same."""

    def __init__(self, written: Written, typed_in: TypedIn) -> None:
        self.written = written
        self.typed_in = typed_in
        self.troubles: list[str] = []
        self.listening = False
        self._read: dict[Path, int] = {}  # log files, and how far they were read

    def begin(self, patch: pytest.MonkeyPatch) -> None:
        """Until the patch is undone."""
        patch.setattr(self, "listening", True)
        pymongo.monitoring.register(_Commands(self))  # for ever: pymongo knows no way back
        self._before_the_end_of_stacks(patch)
        self._before_a_drop(patch)
        self._before_the_end_of_services(patch)
        self._logs(patch)
        self._requests(patch)
        self._topics_in_memory(patch)

    def end(self) -> None:
        """What is read last: logs of what was killed, and this process's own metrics."""
        for log in self._read:
            self.log(log)
        with self.safely("own metrics"):
            self.written.note("metrics of the tests' process", generate_latest())

    @contextmanager
    def safely(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as problem:
            self.troubles.append(f"{what}: {type(problem).__name__}: {problem}")

    async def all_of(self, kind: str, source: AsyncIterator[tuple[str, bytes]]) -> None:
        async with asyncio.timeout(_PATIENCE):
            async for place, content in source:
                self.written.note(f"{kind}{place}", content)

    def log(self, log: Path) -> None:
        """What is new in it."""
        with self.safely(f"log {log.name}"):
            if log.is_file():
                with log.open("rb") as file:
                    file.seek(self._read.get(log, 0))
                    self.written.note(f"log {log.name}", file.read())
                    self._read[log] = file.tell()

    def _before_the_end_of_stacks(self, patch: pytest.MonkeyPatch) -> None:
        stop = LocalStack.stop

        async def look_and_stop(stack: LocalStack) -> None:
            # What was started elsewhere is looked at where it ends; what a test killed cannot be asked any more.
            if stack.kafka and stack.kafka.child.running:
                with self.safely("topics"):
                    await self.all_of("topic ", records(stack.kafka_bootstrap))
            if stack.mongo and stack.mongo.child.running:
                with self.safely("stores"):
                    await self.all_of(STORE, every_document(stack.mongo_url, lambda _: True))
            await stop(stack)

        patch.setattr(LocalStack, "stop", look_and_stop)

    def _before_a_drop(self, patch: pytest.MonkeyPatch) -> None:
        drop = Database.drop

        async def look_and_drop(database: Database) -> None:
            with self.safely(f"database {database.name}"):
                await self.all_of(STORE, documents_of(database))
            await drop(database)

        patch.setattr(Database, "drop", look_and_drop)

    def _before_the_end_of_services(self, patch: pytest.MonkeyPatch) -> None:
        stop, retire = Supervisor.stop, Supervisor.retire

        async def look(supervisor: Supervisor, *names: str) -> None:
            kept = [supervisor._kept[name] for name in names or supervisor._kept]
            addresses = {each.program.name: each.program.address for each in kept if each.program.address}
            with self.safely("metrics"):
                await self.all_of("metrics of ", metrics(addresses))

        async def look_and_stop(supervisor: Supervisor) -> None:
            await look(supervisor)
            await stop(supervisor)

        async def look_and_retire(supervisor: Supervisor, name: str) -> None:
            await look(supervisor, name)
            await retire(supervisor, name)

        patch.setattr(Supervisor, "stop", look_and_stop)
        patch.setattr(Supervisor, "retire", look_and_retire)

    def _logs(self, patch: pytest.MonkeyPatch) -> None:
        start, stop = Child.__init__, Child.stop

        def start_and_note(child: Child, name: str, process: Any, log: Path) -> None:
            start(child, name, process, log)
            self._read.setdefault(log, 0)

        async def stop_and_look(child: Child, patience: float = 20.0) -> None:
            await stop(child, patience)
            self.log(child.log)

        patch.setattr(Child, "__init__", start_and_note)
        patch.setattr(Child, "stop", stop_and_look)

    def _requests(self, patch: pytest.MonkeyPatch) -> None:
        send = aiohttp.ClientSession._request

        async def note_and_send(session: aiohttp.ClientSession, method: str, url: str | URL, **more: Any) -> Any:
            with self.safely("a request"):
                self.typed_in.request(method, URL(url).path, more.get("json"), more.get("data"))
            return await send(session, method, url, **more)

        patch.setattr(aiohttp.ClientSession, "_request", note_and_send)

    def _topics_in_memory(self, patch: pytest.MonkeyPatch) -> None:
        append = MemoryBroker.append

        def append_and_note(
            broker: MemoryBroker, topic: str, key: bytes | None, value: bytes | None, *more: Any
        ) -> Any:
            with self.safely("a topic in memory"):
                parts = (key or b"", repr(more).encode(), value or b"")
                self.written.note(f"topic {topic} in memory", b"\n".join(parts))
            return append(broker, topic, key, value, *more)

        patch.setattr(MemoryBroker, "append", append_and_note)


class _Commands(pymongo.monitoring.CommandListener):
    """Every write of this process as it leaves for the store: also what is overwritten or removed before anybody
    looks."""

    def __init__(self, overhearing: Overhearing) -> None:
        self._to = overhearing

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
        part = _WRITES.get(event.command_name)
        if part is None or not self._to.listening:
            return
        with self._to.safely("a write to a store"):
            place = f"{STORE}{event.database_name}.{event.command[event.command_name]}"
            written = event.command[part]
            for each in written if isinstance(written, list) else [written]:
                self._to.written.note(place, bson.encode(each if part != "update" else {"update": each}))

    def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:
        pass
